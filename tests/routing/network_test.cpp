// SPDX-License-Identifier: Apache-2.0
#include "routing/engine.hpp"

#include <gtest/gtest.h>

namespace posthouse::routing {
namespace {

TEST(Network, HoldsTheAddressesThatShareItsFirstBits)
{
    EXPECT_TRUE(in_network("192.0.2.77", "192.0.2.0/24"));
    EXPECT_FALSE(in_network("192.0.3.1", "192.0.2.0/24"));
    EXPECT_TRUE(in_network("192.0.3.1", "192.0.2.0/23"));
    EXPECT_TRUE(in_network("192.0.2.127", "192.0.2.0/25"));
    EXPECT_FALSE(in_network("192.0.2.128", "192.0.2.0/25"));
    EXPECT_TRUE(in_network("255.255.255.255", "0.0.0.0/0"));
    EXPECT_TRUE(in_network("2001:db8:ffff::1", "2001:db8::/32"));
    EXPECT_FALSE(in_network("2001:db9::1", "2001:db8::/32"));
    EXPECT_TRUE(in_network("2001:db8::1", "2001:db8::/127"));
    EXPECT_FALSE(in_network("2001:db8::2", "2001:db8::/127"));
}

TEST(Network, WithoutALengthIsOneAddress)
{
    EXPECT_TRUE(in_network("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(in_network("192.0.2.2", "192.0.2.1"));
    EXPECT_TRUE(in_network("::1", "::1"));
    EXPECT_TRUE(in_network("0:0:0::1", "::1"));
    EXPECT_TRUE(in_network("192.0.2.1", "192.0.2.1/32"));
    EXPECT_TRUE(in_network("::1", "::1/128"));
}

TEST(Network, KnowsAnIpv4ClientOfASocketForBoth)
{
    EXPECT_TRUE(in_network("::ffff:192.0.2.1", "192.0.2.0/24"));
    EXPECT_FALSE(in_network("::ffff:192.0.3.1", "192.0.2.0/24"));
    EXPECT_FALSE(in_network("::192.0.2.1", "192.0.2.0/24"));
}

TEST(Network, HoldsNothingOfTheOtherFamily)
{
    EXPECT_FALSE(in_network("192.0.2.1", "::/0"));
    EXPECT_FALSE(in_network("2001:db8::1", "0.0.0.0/0"));
}

TEST(Network, HoldsNothingWhereEitherTextIsNone)
{
    for (const auto* network : {"", "/", "/0", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
                                "192.0.2.0/24x", "192.0.2/24", "::/129", "192.0.2.0/0/0",
                                "0.0.0.0/18446744073709551616", "any", "192.0.2.0/ 0"})
        EXPECT_FALSE(in_network("192.0.2.1", network)) << network;
    for (const auto* address : {"", "unknown", "192.0.2", "192.0.2.1/32", "[192.0.2.1]",
                                " 192.0.2.1", "192.0.2.1 ", "2001:db8::1%eth0", "0300.0.2.1"})
        EXPECT_FALSE(in_network(address, "0.0.0.0/0")) << address;
}

} // namespace
} // namespace posthouse::routing
