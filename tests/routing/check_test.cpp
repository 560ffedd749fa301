// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using Kind = Verdict::Kind;
using tables::Table;
using testing::StartsWith;

Client client(std::string address, std::string name = {})
{
    return {.address = std::move(address), .name = std::move(name), .login = {}};
}

/// "250", or "550 5.7.1 Access denied"
std::string answer(const Verdict& verdict)
{
    switch (verdict.kind) {
    case Kind::accept:
        return std::to_string(verdict.code);
    case Kind::refuse:
        return std::to_string(verdict.code) + ' ' + verdict.text;
    case Kind::discard:
        return "discard";
    case Kind::quarantine:
        return "quarantine: " + verdict.text;
    }
    return "?";
}

class Access : public testing::Test {
protected:
    Access() { house.people.account("alice@example.org").account("postmaster@mx.example.net"); }

    std::string of_client(std::string address, std::string name = {})
    {
        return answer(house.check("alice@example.org", "a@remote.example", client(address, name)));
    }
    std::string of_sender(std::string_view sender)
    {
        return answer(house.check("alice@example.org", sender));
    }
    House house;
};

constexpr std::string_view denied = "550 5.7.1 Access denied";

TEST_F(Access, OfAClientGoesByItsNameThenByItsAddressWithTheLongestPrefix)
{
    house.table(Table::access, "Connect:203.0.113        REJECT\n"
                               "Connect:203.0.113.7      OK\n"
                               "Connect:198.51.100.0/22  REJECT\n"
                               "198.51.100.128/25        OK\n"
                               "Connect:2001:db8::/32    ERROR:5.7.8:550 not today\n"
                               "Connect:bad.example      REJECT\n"
                               "Connect:good.bad.example OK\n");
    EXPECT_EQ(of_client("203.0.113.9"), denied);
    EXPECT_EQ(of_client("203.0.113.7"), "250");
    EXPECT_EQ(of_client("198.51.101.1"), denied);
    EXPECT_EQ(of_client("198.51.100.200"), "250");
    EXPECT_EQ(of_client("2001:db8:1::5"), "550 5.7.8 not today");
    EXPECT_EQ(of_client("::ffff:203.0.113.9"), denied);
    EXPECT_EQ(of_client("192.0.2.200", "host.bad.example"), denied);
    EXPECT_EQ(of_client("192.0.2.200", "x.good.bad.example"), "250");
    EXPECT_EQ(of_client("203.0.113.9", "good.bad.example"), "250");
}

TEST_F(Access, OfASenderGoesByAddressThenUserThenDomain)
{
    house.table(Table::access, "From:spam.example       REJECT\n"
                               "From:ok@spam.example    OK\n"
                               "From:list@              ERROR:\"551 no lists\"\n"
                               "evil.example            REJECT\n"
                               "From:sub.evil.example   SKIP\n");
    EXPECT_EQ(of_sender("x@spam.example"), denied);
    EXPECT_EQ(of_sender("x@deep.spam.example"), denied);
    EXPECT_EQ(of_sender("OK+more@spam.example"), "250");
    EXPECT_EQ(of_sender("list@any.example"), "551 5.7.1 no lists");
    EXPECT_EQ(of_sender("x@evil.example"), denied);
    EXPECT_EQ(of_sender("x@a.sub.evil.example"), "250");
    EXPECT_EQ(of_sender(""), "250");
}

TEST_F(Access, OfARecipientMayCloseAMailbox)
{
    house.people.account("bob@example.org").account("carol@unix.example");
    house.table(Table::access, "To:bob@example.org  REJECT\n"
                               "To:carol@           ERROR:4.2.1:450 later\n"
                               "To:unix.example     DISCARD\n");
    EXPECT_EQ(answer(house.check("bob+x@example.org")),
              "550 5.2.1 Mailbox disabled for this recipient");
    EXPECT_EQ(answer(house.check("carol@unix.example")), "450 4.2.1 later");
    EXPECT_EQ(answer(house.check("dan@unix.example")), "discard");
    EXPECT_EQ(answer(house.check("alice@example.org")), "250");
}

TEST_F(Access, MayDiscardAndQuarantine)
{
    house.table(Table::access, "Connect:203.0.113.1  DISCARD\n"
                               "From:odd@a.example   QUARANTINE:odd one\n");
    EXPECT_EQ(of_client("203.0.113.1"), "discard");
    EXPECT_EQ(of_sender("odd@a.example"), "quarantine: odd one");
    EXPECT_THAT(answer(house.check("nobody@example.org", "odd@a.example")),
                StartsWith("550 5.1.1"));
}

TEST_F(Access, IsNotAskedAboutClientsThatAreKnown)
{
    house.table(Table::access, "Connect:203.0.113  REJECT\nFrom:remote.example REJECT\n");
    auto known = house::House::stranger();
    known.login = "alice@example.org";
    EXPECT_EQ(answer(house.check("x@else.example", "a@remote.example", known)), "250");
    EXPECT_EQ(answer(house.check("x@else.example", "a@remote.example",
                                 {.address = {}, .name = {}, .login = {}, .local = true})),
              "250");
}

TEST_F(Access, LetsEveryoneWriteToThePostmaster)
{
    house.table(Table::access, "Connect:203.0.113  REJECT\nFrom:remote.example REJECT\n"
                               "example.org REJECT\n");
    EXPECT_EQ(of_client("203.0.113.9"), denied);
    for (const auto* recipient :
         {"postmaster", "Postmaster@example.org", "abuse@example.org", "abuse@unix.example"})
        EXPECT_EQ(answer(house.check(recipient)), "250") << recipient;
    EXPECT_EQ(answer(house.check("postmaster@else.example")), denied);
    house.table(Table::access, "To:abuse@ REJECT\n");
    EXPECT_EQ(answer(house.check("abuse@example.org")),
              "550 5.2.1 Mailbox disabled for this recipient");
}

TEST_F(Access, WithATagCountsBeforeTheSameKeyWithout)
{
    house.table(Table::access, "a.example  REJECT\nFrom:a.example  OK\n");
    EXPECT_EQ(of_sender("x@a.example"), "250");
    EXPECT_EQ(of_client("203.0.113.9", "h.a.example"), denied);
}

// ---- relaying -------------------------------------------------------------------------------

class Relaying : public testing::Test {
protected:
    std::string of(std::string_view recipient, Client who = House::stranger())
    {
        return answer(house.check(recipient, "a@remote.example", std::move(who)));
    }
    House house;
    const std::string refused = "550 5.7.1 Relaying denied";
};

TEST_F(Relaying, IsForThoseWhoMay)
{
    EXPECT_EQ(of("x@else.example"), refused);
    EXPECT_EQ(of("x@else.example", client("192.0.2.77")), "250");
    EXPECT_EQ(of("x@else.example", client("127.0.0.1")), "250");
    EXPECT_EQ(of("x@else.example", client("::1")), "250");
    EXPECT_EQ(of("x@else.example", client("::ffff:192.0.2.77")), "250");
    EXPECT_EQ(of("x@else.example", client("not an address")), refused);
    EXPECT_EQ(of("x@else.example", client("")), refused);
    auto known = House::stranger();
    known.login = "alice@example.org";
    EXPECT_EQ(of("x@else.example", known), "250");
    house.rules.open_relay = true;
    EXPECT_EQ(of("x@else.example"), "250");
}

TEST_F(Relaying, IsToDomainsThatAreNamed)
{
    house.rules.relay_domains = {house::domain("customer.example")};
    house.rules.backup_domains = {house::domain("primary.example")};
    house.table(Table::relay_domains, "tree.example\n");
    house.table(Table::access, "To:partner.example RELAY\nTo:only.example OK\n");
    EXPECT_EQ(of("x@customer.example"), "250");
    EXPECT_EQ(of("x@sub.customer.example"), refused);
    EXPECT_EQ(of("x@primary.example"), "250");
    EXPECT_EQ(of("x@sub.primary.example"), refused);
    EXPECT_EQ(of("x@tree.example"), "250");
    EXPECT_EQ(of("x@sub.tree.example"), "250");
    EXPECT_EQ(of("x@nottree.example"), refused);
    EXPECT_EQ(of("x@sub.partner.example"), "250");
    EXPECT_EQ(of("x@only.example"), refused);
}

TEST_F(Relaying, IsFromClientsThatAreNamed)
{
    house.table(Table::relay_domains, "tree.example\n");
    house.table(Table::access, "Connect:203.0.113.5  RELAY\nConnect:friend.example RELAY\n"
                               "Connect:203.0.113.6  OK\n");
    EXPECT_EQ(of("x@else.example", client("203.0.113.5")), "250");
    EXPECT_EQ(of("x@else.example", client("203.0.113.6")), refused);
    EXPECT_EQ(of("x@else.example", client("203.0.113.7", "h.friend.example")), "250");
    EXPECT_EQ(of("x@else.example", client("203.0.113.7", "h.tree.example")), "250");
    EXPECT_EQ(of("x@else.example", client("203.0.113.7", "tree.example.evil.example")), refused);
}

/// Every way in which a stranger has ever made a host pass on mail for others.
TEST_F(Relaying, IsDeniedInEveryFormOfAddress)
{
    house.table(Table::local_hosts, "here.example\n");
    house.people.account("a@example.org");
    for (const std::string victim : {"user", "a"})
        for (const std::string domain :
             {"example.org", "here.example", "mx.example.net", "unix.example", "localhost"}) {
            for (const auto& form : {victim + "%else.example@" + domain,
                                     victim + "%else.example%" + domain + "@" + domain,
                                     "else.example!" + victim + "@" + domain,
                                     "else.example!" + victim + "%x.example@" + domain,
                                     "\"" + victim + "@else.example\"@" + domain,
                                     "\"" + victim + "%else.example\"@" + domain,
                                     "\"@else.example:" + victim + "\"@" + domain,
                                     "\"else.example!" + victim + "\"@" + domain,
                                     "\"<" + victim + "@else.example>\"@" + domain}) {
                const auto verdict = house.check(form);
                EXPECT_EQ(verdict.kind, Kind::refuse) << form;
                EXPECT_THAT(verdict.text, StartsWith("5.1.1")) << form;
                EXPECT_THAT(house.goes(form), StartsWith("refused 5.1.1")) << form;
            }
        }
    for (const std::string form :
         {"user@else.example", "@example.org:user@else.example",
          "@mx.example.net,@example.org:user@else.example", "user%example.org@else.example",
          "example.org!user@else.example", "\"user@example.org\"@else.example",
          "user@[203.0.113.1]", "user@[192.0.2.1]", "user@[IPv6:2001:db8::1]",
          "user@example.org.else.example", "user@xexample.org", "@else.example:user@else.example"})
        EXPECT_EQ(of(form), refused) << form;
    // A route through another host to one of ours is ours: the route is dropped.
    EXPECT_EQ(of("@else.example:a@example.org"), "250");
}

TEST_F(Relaying, IsAskedBeforeWhoExists)
{
    house.check("x@else.example");
    EXPECT_TRUE(house.people.asked.empty());
    const house::Told nobody(house.people);
    const auto verdict = check(house::from("a@remote.example"), house::to("x@else.example"),
                               House::stranger(), house.rules, house.tables, nobody);
    EXPECT_EQ(verdict.kind, Kind::refuse);
    EXPECT_TRUE(verdict.unknown.empty());
}

// ---- who exists -----------------------------------------------------------------------------

TEST(Recipient, IsRefusedForWhatIsKnownNow)
{
    House house;
    house.people.account("alice@example.org");
    house.table(Table::virtusers, "gone@example.org error:5.1.6:551 moved\n");
    house.table(Table::aliases, "loop: loop2\nloop2: loop\n"
                                "half: nobody, alice@else.example\n");
    EXPECT_EQ(answer(house.check("alice@example.org")), "250");
    EXPECT_EQ(answer(house.check("gone@example.org")), "551 5.1.6 moved");
    EXPECT_THAT(answer(house.check("loop@example.org")), StartsWith("554 5.4.6"));
    EXPECT_THAT(answer(house.check("bob@example.org")), StartsWith("550 5.1.1"));
    // A list is taken while it has someone.
    EXPECT_EQ(answer(house.check("half@example.org")), "250");
}

TEST(Recipient, OfALongListIsAcceptedWithoutAskingForAllOfIt)
{
    House house;
    std::string text = "all: ";
    for (int i = 0; i < 1000; ++i)
        text += (i ? ", m" : "m") + std::to_string(i) + "@example.org";
    house.table(Table::aliases, text + '\n');
    house::Told told(house.people);
    std::size_t asked = 0;
    int questions = 0;
    for (;; ++questions) {
        const auto verdict = check(house::from("a@remote.example"), house::to("all@example.org"),
                                   House::stranger(), house.rules, house.tables, told);
        if (verdict.unknown.empty()) {
            EXPECT_EQ(verdict.kind, Kind::refuse); // Nobody is there.
            break;
        }
        EXPECT_LE(verdict.unknown.size(), questions == 0 ? 100u : 500u);
        asked += verdict.unknown.size();
        for (const auto& person : verdict.unknown)
            told.learn(person);
    }
    EXPECT_EQ(asked, 1000u);
    EXPECT_EQ(questions, 3);
    house.people.account("m150@example.org");
    house::Told again(house.people);
    std::size_t rounds = 0;
    for (;; ++rounds) {
        const auto verdict = check(house::from("a@remote.example"), house::to("all@example.org"),
                                   House::stranger(), house.rules, house.tables, again);
        if (verdict.unknown.empty()) {
            EXPECT_EQ(verdict.kind, Kind::accept);
            break;
        }
        for (const auto& person : verdict.unknown)
            again.learn(person);
    }
    EXPECT_EQ(rounds, 2u);
}

TEST(Explanation, TellsEachRuleThatLooked)
{
    House house;
    house.people.account("alice@example.org");
    house.table(Table::virtusers, "sales@example.org  alice@example.org\n");
    house.table(Table::access, "From:remote.example  OK\n");
    const auto verdict = house.check("sales@example.org");
    const auto has = [&](std::string_view words) {
        return std::ranges::any_of(verdict.steps,
                                   [&](const auto& step) { return step.contains(words); });
    };
    for (const auto* words : {"access:1, from: OK", "relaying: allowed by local domain",
                              "virtusertable:1: sales@example.org is alice@example.org",
                              "account alice@example.org: found"})
        EXPECT_TRUE(has(words)) << words << "\n" << testing::PrintToString(verdict.steps);
    EXPECT_TRUE(house.route({"sales@example.org"}).steps.empty());
    EXPECT_EQ(verdict.rule, "virtusertable:1, account");
}

} // namespace
} // namespace posthouse::routing
