// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;

TEST(Mailers, TakeTheLongestSuffix)
{
    House house;
    house.table(Table::mailers, "example.com     esmtp:[mail.example.com]\n"
                                ".example.com    relay:hub.example.com\n"
                                ".a.example.com  esmtp:[192.0.2.1]\n"
                                ".               relay:[gate.example.net]\n");
    EXPECT_EQ(house.goes("x@example.com"), "via:[mail.example.com] x@example.com");
    EXPECT_EQ(house.goes("x@b.example.com"), "via:hub.example.com x@b.example.com");
    EXPECT_EQ(house.goes("x@a.example.com"), "via:hub.example.com x@a.example.com");
    EXPECT_EQ(house.goes("x@b.a.example.com"), "via:[192.0.2.1] x@b.a.example.com");
    EXPECT_EQ(house.goes("x@other.example"), "via:[gate.example.net] x@other.example");
    EXPECT_EQ(house.goes("x@[203.0.113.7]"), "smtp:[203.0.113.7] x@[203.0.113.7]");
}

TEST(Mailers, HaveAllTheKinds)
{
    House house;
    house.people.account("keeper@mx.example.net").account("x@mx.example.net");
    house.table(Table::mailers, "a.example  esmtp:one.example:two.example\n"
                                "b.example  error:5.7.1:550 Not there\n"
                                "c.example  discard:\n"
                                "d.example  local:keeper\n"
                                "e.example  local:\n"
                                "f.example  lmtp:[127.0.0.1]:24\n");
    EXPECT_EQ(house.goes("x@a.example"), "via:one.example|two.example x@a.example");
    EXPECT_EQ(house.goes("x@b.example"), "refused 5.7.1 Not there");
    EXPECT_EQ(house.goes("x@c.example"), "discard: x@c.example");
    EXPECT_EQ(house.goes("x@d.example"), "mailbox: keeper@mx.example.net");
    EXPECT_EQ(house.goes("x@e.example"), "mailbox: x@mx.example.net");
    EXPECT_EQ(house.goes("x@f.example"), "lmtp:[127.0.0.1]:24 x@f.example");
}

TEST(Mailers, AreNotAskedAboutLocalDomains)
{
    House house;
    house.people.account("x@example.org");
    house.table(Table::mailers, "example.org  error:5.7.1:550 no\n");
    EXPECT_EQ(house.goes("x@example.org"), "mailbox: x@example.org");
}

TEST(NextHops, TakeWhatNoTableTakes)
{
    House house;
    house.rules.next_hops = {"[smart.example]:587", "backup.example"};
    house.table(Table::mailers, "a.example esmtp:[b.example]\n");
    EXPECT_EQ(house.goes("x@y.example"), "via:[smart.example]:587|backup.example x@y.example");
    EXPECT_EQ(house.goes("x@[203.0.113.7]"),
              "via:[smart.example]:587|backup.example x@[203.0.113.7]");
    EXPECT_EQ(house.goes("x@a.example"), "via:[b.example] x@a.example");
}

TEST(SenderRelays, AreAskedFirst)
{
    House house;
    house.table(Table::sender_relays, "boss@example.org [one.example]:587\n"
                                      "@example.org     two.example\n");
    house.table(Table::mailers, "y.example esmtp:[b.example]\n");
    const auto destination = [&](std::string_view sender) {
        return house.route({"x@y.example"}, sender).deliveries.at(0).destination;
    };
    EXPECT_EQ(destination("Boss@example.org"), "via:[one.example]:587");
    EXPECT_EQ(destination("a@example.org"), "via:two.example");
    EXPECT_EQ(destination("a@other.example"), "via:[b.example]");
    EXPECT_EQ(destination(""), "via:[b.example]");
}

TEST(Destinations, AreTakenInTheirFormsAndNoOthers)
{
    for (const auto* good :
         {"mailbox:", "agent:", "discard:", "smtp:example.org", "smtp:[192.0.2.1]", "via:a.example",
          "via:[a.example]:587|b.example:25", "via:[2001:db8::1]", "lmtp:[h.example]:24",
          "lmtp:unix:/run/lmtp"})
        EXPECT_TRUE(is_destination(good)) << good;
    for (const auto* bad : {"", "smtp:", "smtp:EXAMPLE.org", "smtp:a b", "via:", "via:|a", "via:a|",
                            "via:[a", "via:a:0", "via:a:99999", "lmtp:unix:", "lmtp:unix:x",
                            "lmtp:unix:/a\nb", "mailbox:x", "program:/bin/sh", "via:[a]b"})
        EXPECT_FALSE(is_destination(bad)) << bad;
}

TEST(Copies, AreMadeOfEachLetterAndBySenderAndRecipient)
{
    House house;
    house.people.account("archive@example.org").account("alice@example.org");
    house.rules.copies = {house::mailbox("archive@example.org")};
    house.table(Table::copies, "sender:boss@example.org  log@else.example\n"
                               "recipient:@y.example  out@else.example\n");
    const auto outcome = house.route({"alice@example.org", "x@y.example"}, "boss@example.org");
    std::vector<std::string> told;
    for (const auto& delivery : outcome.deliveries)
        told.push_back(std::to_string(delivery.recipient) + ' ' + House::told(delivery) + " by " +
                       delivery.rule);
    EXPECT_THAT(told, testing::ElementsAre("0 mailbox: alice@example.org by account",
                                           "1 smtp:y.example x@y.example by remote",
                                           "0 mailbox: archive@example.org by copy",
                                           "0 smtp:else.example log@else.example by copy",
                                           "1 smtp:else.example out@else.example by copy"));
    // None of what everybody gets anyway, and none where none is wanted.
    EXPECT_EQ(house.route({"archive@example.org"}).deliveries.size(), 1u);
    const auto without = route({.sender = house::from("boss@example.org"),
                                .recipients = {"alice@example.org"},
                                .client = {},
                                .copies = false},
                               house.rules, house.tables, house.people);
    EXPECT_EQ(without.deliveries.size(), 1u);
}

} // namespace
} // namespace posthouse::routing
