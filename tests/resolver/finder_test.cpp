// SPDX-License-Identifier: Apache-2.0
#include "resolver/finder.hpp"
#include "tests/dns/fake_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::resolver {
namespace {

using dns::FakeLookup;
using dns::ip;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

config::Config listening_at(const std::vector<config::Endpoint>& places)
{
    config::Config config{.hostname = mail::Domain::parse("mail.a.test").value()};
    for (const auto& place : places)
        config.listen.push_back({.address = place});
    return config;
}

wire::Targets ask(const std::shared_ptr<FakeLookup>& lookup, const wire::FindTargets& question)
{
    SeededRandom random(1);
    const auto self = self_of(listening_at({{"192.0.2.1", 25}}), {});
    const auto finder = std::make_shared<const Finder>(self, lookup);
    return dns::finish(Finder::find(finder, question, random));
}

wire::Targets find(const std::shared_ptr<FakeLookup>& lookup, const std::string& domain)
{
    wire::FindTargets question;
    question.set_domain(domain);
    return ask(lookup, question);
}

wire::Targets find_hop(const std::shared_ptr<FakeLookup>& lookup, const std::string& hop)
{
    wire::FindTargets question;
    question.set_next_hop(hop);
    return ask(lookup, question);
}

TEST(Finder, FindsTheHostsOfADomain)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->mx("b.test", 10, "mx1.b.test").address("mx1.b.test", "192.0.2.10");
    lookup->mx("b.test", 20, "mx2.b.test").address("mx2.b.test", "192.0.2.20");
    const auto targets = find(lookup, "b.test");
    EXPECT_FALSE(targets.failed());
    ASSERT_EQ(targets.targets_size(), 2);
    EXPECT_EQ(targets.targets(0).host(), "mx1.b.test");
    EXPECT_EQ(targets.targets(0).preference(), 10U);
    EXPECT_THAT(targets.targets(0).addresses(), ElementsAre("192.0.2.10"));
    EXPECT_EQ(targets.targets(0).port(), 0U); // The one configured for all.
    EXPECT_EQ(targets.targets(1).host(), "mx2.b.test");
    EXPECT_FALSE(targets.site().empty());
    EXPECT_GT(targets.steps_size(), 0);
}

TEST(Finder, SaysWhetherAFailureIsForGood)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->mx("null.test", 0, "."); // RFC 7505
    lookup->says("ill.test", dns::RecordType::mx, dns::Status::servfail);
    auto targets = find(lookup, "null.test");
    EXPECT_TRUE(targets.failed());
    EXPECT_TRUE(targets.permanent());
    EXPECT_EQ(targets.status(), "5.1.10");
    EXPECT_FALSE(targets.text().empty());
    targets = find(lookup, "ill.test");
    EXPECT_TRUE(targets.failed());
    EXPECT_FALSE(targets.permanent());
    targets = find(lookup, "not a domain");
    EXPECT_TRUE(targets.permanent());
}

TEST(Finder, TakesAnAddressLiteral)
{
    const auto targets = find(std::make_shared<FakeLookup>(), "[192.0.2.7]");
    ASSERT_EQ(targets.targets_size(), 1);
    EXPECT_THAT(targets.targets(0).addresses(), ElementsAre("192.0.2.7"));
}

TEST(Finder, FindsTheHostsOfANextHop)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->mx("relay.test", 10, "mx.relay.test").address("mx.relay.test", "192.0.2.30");
    lookup->address("relay.test", "192.0.2.40");
    const auto address_of = [&](const std::string& hop, unsigned port) {
        const auto targets = find_hop(lookup, hop);
        EXPECT_EQ(targets.targets_size(), 1) << hop;
        EXPECT_EQ(targets.targets(0).port(), port) << hop;
        return targets.targets(0).addresses(0);
    };
    EXPECT_EQ(address_of("relay.test", 0), "192.0.2.30");
    EXPECT_EQ(address_of("relay.test:2525", 2525), "192.0.2.30");
    EXPECT_EQ(address_of("[relay.test]", 0), "192.0.2.40");
    EXPECT_EQ(address_of("[relay.test]:25", 25), "192.0.2.40");
    EXPECT_EQ(address_of("[192.0.2.50]", 0), "192.0.2.50");
    EXPECT_EQ(address_of("[192.0.2.50]:587", 587), "192.0.2.50");
    EXPECT_EQ(address_of("[2001:db8::1]", 0), "2001:db8::1");
}

TEST(Finder, LetsMailWaitForANextHopThatIsWrong)
{
    const auto lookup = std::make_shared<FakeLookup>();
    for (const char* hop : {"[relay.test", "relay.test:0", "not a name", "[nowhere.test]"}) {
        const auto targets = find_hop(lookup, hop);
        EXPECT_TRUE(targets.failed()) << hop;
        EXPECT_FALSE(targets.permanent()) << hop;
        EXPECT_EQ(targets.status().front(), '4') << hop;
    }
}

TEST(Finder, KnowsItselfByNameAndByWhereItListens)
{
    const std::vector interfaces{ip("198.51.100.1")};
    auto self = self_of(listening_at({{"192.0.2.1", 25}}), interfaces);
    EXPECT_THAT(self.names, ElementsAre("mail.a.test"));
    EXPECT_THAT(self.addresses, ElementsAre(ip("192.0.2.1")));
    EXPECT_TRUE(self.loopback);

    // Who listens on all addresses has them all, on the port that others connect to.
    self = self_of(listening_at({{"0.0.0.0", 25}, {"192.0.2.1", 25}}), interfaces);
    EXPECT_THAT(self.addresses, UnorderedElementsAre(ip("198.51.100.1"), ip("192.0.2.1")));
    self = self_of(listening_at({{"0.0.0.0", 2525}}), interfaces);
    EXPECT_THAT(self.addresses, IsEmpty());

    // Several servers on one machine: there, loopback is others too.
    self = self_of(listening_at({{"127.0.0.2", 25}}), interfaces);
    EXPECT_FALSE(self.loopback);
    auto elsewhere = listening_at({{"192.0.2.1", 2525}});
    elsewhere.outbound.port = 2525;
    EXPECT_FALSE(self_of(elsewhere, interfaces).loopback);
}

} // namespace
} // namespace posthouse::resolver
