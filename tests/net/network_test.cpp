// SPDX-License-Identifier: Apache-2.0
#include "net/network.hpp"

#include <gtest/gtest.h>

namespace posthouse::net {
namespace {

bool contains(std::string_view network, const char* address)
{
    return Network::parse(network)->contains(boost::asio::ip::make_address(address));
}

TEST(Network, HoldsTheAddressesThatBeginAlike)
{
    EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
    EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
    EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.200"));
    EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_FALSE(contains("::/0", "192.0.2.1"));
}

TEST(Network, SeesThroughTheDressOfAnIpv4Address)
{
    EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
    EXPECT_FALSE(contains("::/0", "::ffff:192.0.2.7"));
    EXPECT_EQ(plain_address(boost::asio::ip::make_address("::ffff:192.0.2.7")).to_string(),
              "192.0.2.7");
}

TEST(Network, RefusesWhatIsNone)
{
    for (const auto* text : {"", "x", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2/24",
                             "192.0.2.0/-1", "/8"})
        EXPECT_FALSE(Network::parse(text)) << text;
}

} // namespace
} // namespace posthouse::net
