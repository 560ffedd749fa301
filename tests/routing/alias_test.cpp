// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Alias, CountsAtAllLocalDomainsAndBeforeAccounts)
{
    House house;
    house.people.account("info@example.org");
    house.table(Table::aliases, "info: team@else.example\n");
    EXPECT_EQ(house.goes("Info@example.org"), "smtp:else.example team@else.example");
    EXPECT_EQ(house.goes("info@unix.example"), "smtp:else.example team@else.example");
    EXPECT_EQ(house.goes("info+x@unix.example"), "smtp:else.example team@else.example");
    EXPECT_EQ(house.goes("info@else.example"), "smtp:else.example info@else.example");
}

TEST(Alias, OfAWholeAddressCountsBeforeThatOfTheName)
{
    House house;
    house.table(Table::aliases, "info: a@else.example\ninfo@example.org: b@else.example\n");
    EXPECT_EQ(house.goes("info@example.org"), "smtp:else.example b@else.example");
    EXPECT_EQ(house.goes("info@unix.example"), "smtp:else.example a@else.example");
}

TEST(Alias, NamesPeopleOfTheDomainAtHand)
{
    House house;
    house.people.account("alice@example.org").account("alice@mx.example.net").login("bob");
    house.table(Table::aliases, "team: alice\nunix: bob, alice\n");
    EXPECT_EQ(house.goes("team@example.org"), "mailbox: alice@example.org");
    EXPECT_EQ(house.goes("team@mx.example.net"), "mailbox: alice@mx.example.net");
    EXPECT_EQ(house.goes("unix@unix.example"),
              "agent: bob@unix.example bob mailbox; mailbox: alice@mx.example.net");
}

TEST(Alias, MayKeepItsOwnMailbox)
{
    House house;
    house.people.account("alice@example.org").login("bob");
    house.table(Table::aliases, "alice: \\alice, copy@else.example\n"
                                "bob: \\bob, copy@else.example\n");
    EXPECT_EQ(house.goes("alice@example.org"),
              "mailbox: alice@example.org; smtp:else.example copy@else.example");
    const auto outcome = house.route({"bob@unix.example"});
    ASSERT_EQ(outcome.deliveries.size(), 2u);
    EXPECT_EQ(House::told(outcome.deliveries[0]), "agent: bob@unix.example bob mailbox");
    EXPECT_TRUE(outcome.deliveries[0].keep);
}

TEST(Alias, MayCallProgramsThatAreAllowedAndNoOthers)
{
    House house;
    house.table(Table::aliases, "v: \"|/usr/bin/vacation alice\"\n"
                                "s: \"|anywhere/slocal -x\"\n"
                                "e: \"|/bin/sh -c evil\"\n"
                                "d: \"|/etc/smrsh/.. x\"\n"
                                "f: /var/spool/archive\n");
    EXPECT_EQ(house.goes("v@example.org"), "agent: v@example.org program:/usr/bin/vacation alice");
    EXPECT_EQ(house.goes("s@example.org"), "agent: s@example.org program:anywhere/slocal -x");
    EXPECT_EQ(house.goes("f@example.org"), "agent: f@example.org file:/var/spool/archive");
    EXPECT_EQ(house.goes("d@example.org"), "refused 5.7.1 Program not allowed");
    house.rules.programs_allowed = {"/usr/bin/vacation"};
    EXPECT_EQ(house.goes("s@example.org"), "refused 5.7.1 Program not allowed");
    EXPECT_EQ(house.goes("e@example.org"), "refused 5.7.1 Program not allowed");
    house.rules.programs_allowed = {};
    EXPECT_EQ(house.goes("v@example.org"), "refused 5.7.1 Program not allowed");
}

TEST(Alias, WithMoreWordsThanFitIsRefused)
{
    House house;
    house.table(Table::aliases, "p: \"|/usr/bin/vacation " + std::string(5000, 'x') + "\"\n" +
                                    "f: /" + std::string(4500, 'y') + "\n");
    EXPECT_THAT(house.goes("p@example.org"), HasSubstr("refused 5.3.5"));
    EXPECT_THAT(house.goes("f@example.org"), HasSubstr("refused 5.3.5"));
}

TEST(Alias, LoopsAreRefused)
{
    House house;
    house.table(Table::virtusers, "a@example.org  b\n");
    house.table(Table::aliases, "b: a@example.org\nok: fine@else.example, b\n");
    EXPECT_THAT(house.goes("b@example.org"), HasSubstr("refused 5.4.6"));
    EXPECT_THAT(house.goes("a@example.org"), HasSubstr("refused 5.4.6"));
    EXPECT_THAT(house.goes("ok@example.org"), HasSubstr("smtp:else.example fine@else.example"));
    EXPECT_EQ(house.check("b@example.org").kind, Verdict::Kind::refuse);
}

TEST(Alias, IsExpandedOnceHoweverManyWaysLeadToIt)
{
    House house;
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += fmt::format("l{0}: l{1}, m{0}\nm{0}: l{1}, x{0}@else.example\n", i, i + 1);
    text += "l40: end@else.example\n";
    house.table(Table::aliases, text);
    house.rules.depth_limit = 100;
    EXPECT_EQ(house.route({"l0@example.org"}).deliveries.size(), 41u);
}

TEST(Alias, RefusesWhatIsTooDeep)
{
    House house;
    std::string text;
    for (int i = 0; i < 30; ++i)
        text += fmt::format("l{}: l{}\n", i, i + 1);
    text += "l30: end@else.example\n";
    house.table(Table::aliases, text);
    EXPECT_THAT(house.goes("l0@example.org"), HasSubstr("refused 5.4.6"));
    EXPECT_THAT(house.goes("l15@example.org"), HasSubstr("end@else.example"));
}

TEST(MailingList, WithAnOwnerHasItAsSender)
{
    House house;
    house.people.account("alice@example.org");
    house.table(Table::aliases, "news: alice, bob@else.example\n"
                                "owner-news: alice\n"
                                "plain: bob@else.example\n");
    const auto outcome = house.route({"news@example.org", "plain@example.org"});
    ASSERT_EQ(outcome.deliveries.size(), 3u);
    for (const auto& delivery : outcome.deliveries)
        if (delivery.recipient == 0) {
            EXPECT_EQ(delivery.sender, "owner-news@mx.example.net") << delivery.final_address;
            EXPECT_TRUE(delivery.list);
        } else {
            EXPECT_EQ(delivery.destination, "discard:"); // bob gets it once
            EXPECT_FALSE(delivery.list);
        }
}

TEST(MailingList, LeavesNotificationsWithoutASender)
{
    House house;
    house.table(Table::aliases, "news: bob@else.example\nowner-news: x@else.example\n");
    const auto outcome = house.route({"news@example.org"}, "");
    ASSERT_EQ(outcome.deliveries.size(), 1u);
    EXPECT_EQ(outcome.deliveries[0].sender, std::nullopt);
    EXPECT_TRUE(outcome.deliveries[0].list);
}

TEST(MailingList, OfTheVerpListsHasASenderForEachMember)
{
    House house;
    house.rules.verp_lists = {"news"};
    const auto long_name = std::string(60, 'x') + "@else.example";
    house.table(Table::aliases, "news: alice@one.example, bob@two.example, " + long_name +
                                    "\nowner-news: owner@else.example\n");
    std::vector<std::string> senders;
    for (const auto& delivery : house.route({"news@example.org"}).deliveries)
        senders.push_back(delivery.sender.value());
    EXPECT_THAT(senders, ElementsAre("owner-news+alice=one.example@mx.example.net",
                                     "owner-news+bob=two.example@mx.example.net",
                                     "owner-news@mx.example.net"));
    // What comes back goes to the owner.
    EXPECT_EQ(house.goes(senders[0]), "smtp:else.example owner@else.example");
}

TEST(MailingList, OfTenThousandIsAskedForAtOnceAndIsFast)
{
    House house;
    std::string text = "all: ";
    for (int i = 0; i < 10'000; ++i) {
        text += fmt::format("{}m{}@example.org", i ? ", " : "", i);
        house.people.account(fmt::format("m{}@example.org", i));
    }
    house.table(Table::aliases, text + "\nowner-all: m1@example.org\n");
    house::Told told(house.people);
    const Question question{.sender = house::from("a@remote.example"),
                            .recipients = {"all@example.org", "nobody@example.org"},
                            .client = {},
                            .copies = true};
    auto outcome = route(question, house.rules, house.tables, told);
    EXPECT_TRUE(outcome.deliveries.empty());
    EXPECT_EQ(outcome.unknown.size(), 10'001u); // nobody, too
    for (const auto& person : outcome.unknown)
        told.learn(person);
    outcome = route(question, house.rules, house.tables, told);
    EXPECT_TRUE(outcome.unknown.empty());
    EXPECT_EQ(outcome.deliveries.size(), 10'001u);
}

TEST(MailingList, LongerThanTheLimitIsRefusedAndTheOthersAreNot)
{
    House house;
    house.table(Table::aliases, "big: a@x.example, b@x.example, c@x.example, d@x.example\n");
    house.rules.expansion_limit = 3;
    const auto outcome = house.route({"one@y.example", "big@example.org", "two@y.example"});
    ASSERT_EQ(outcome.deliveries.size(), 3u);
    EXPECT_EQ(House::told(outcome.deliveries[0]), "smtp:y.example one@y.example");
    EXPECT_EQ(House::told(outcome.deliveries[1]), "refused 5.2.4 The list is too long");
    EXPECT_EQ(outcome.deliveries[1].final_address, "big@example.org");
    EXPECT_EQ(House::told(outcome.deliveries[2]), "smtp:y.example two@y.example");
}

} // namespace
} // namespace posthouse::routing
