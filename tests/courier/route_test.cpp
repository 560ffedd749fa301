// SPDX-License-Identifier: Apache-2.0
#include "courier/policy.hpp"
#include "courier/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::courier {
namespace {

using Kind = Hop::Kind;
using ::testing::ElementsAre;

TEST(Route, LeadsToTheHostsOfADomain)
{
    const auto route = parse_destination("smtp:b.test").value();
    EXPECT_EQ(route.protocol, smtp::ClientProtocol::smtp);
    EXPECT_THAT(route.hops, ElementsAre(Hop{Kind::domain, "b.test"}));
}

TEST(Route, LeadsToNextHopsInTheirOrder)
{
    const auto route = parse_destination("via:[one.test]:587|two.test|[2001:db8::1]").value();
    EXPECT_EQ(route.protocol, smtp::ClientProtocol::smtp);
    EXPECT_THAT(route.hops,
                ElementsAre(Hop{Kind::next_hop, "[one.test]:587"}, Hop{Kind::next_hop, "two.test"},
                            Hop{Kind::next_hop, "[2001:db8::1]"}));
}

TEST(Route, LeadsToAMailStore)
{
    const auto by_tcp = parse_destination("lmtp:[store.test]:24").value();
    EXPECT_EQ(by_tcp.protocol, smtp::ClientProtocol::lmtp);
    EXPECT_THAT(by_tcp.hops, ElementsAre(Hop{Kind::next_hop, "[store.test]:24"}));
    const auto by_path = parse_destination("lmtp:unix:/run/store").value();
    EXPECT_EQ(by_path.protocol, smtp::ClientProtocol::lmtp);
    EXPECT_THAT(by_path.hops, ElementsAre(Hop{Kind::socket, "/run/store"}));
}

TEST(Route, DoesNotLeadWhereNoCourierGoes)
{
    for (const char* destination : {"", "smtp:", "via:", "via:a|", "via:|a", "via:a||b",
                                    "lmtp:", "lmtp:unix:", "lmtp:unix:relative",
                                    "mailbox:", "agent:", "discard:", "b.test", "http://b.test"})
        EXPECT_FALSE(parse_destination(destination)) << destination;
}

TEST(Route, HasNoMoreHopsThanItsLimit)
{
    std::string destination = "via:h";
    for (std::size_t i = 1; i < Limits::hops; ++i)
        destination += "|h";
    EXPECT_TRUE(parse_destination(destination));
    EXPECT_FALSE(parse_destination(destination + "|h"));
}

} // namespace
} // namespace posthouse::courier
