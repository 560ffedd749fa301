// SPDX-License-Identifier: Apache-2.0
#include "clerk/brake.hpp"

#include <gtest/gtest.h>

namespace posthouse::clerk {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
constexpr Brake::Limits limits{.failures = 3, .window = 60s, .clients = 8};

TEST(Brake, HoldsAClientThatFailedTooOftenUntilItsWhileIsOver)
{
    Brake brake(limits);
    brake.failed("192.0.2.1", start);
    brake.failed("192.0.2.1", start + 10s);
    EXPECT_FALSE(brake.holds("192.0.2.1", start + 20s));
    brake.failed("192.0.2.1", start + 20s);
    EXPECT_TRUE(brake.holds("192.0.2.1", start + 20s));
    EXPECT_TRUE(brake.holds("192.0.2.1", start + 59s));
    EXPECT_FALSE(brake.holds("192.0.2.1", start + 60s));
    EXPECT_FALSE(brake.holds("192.0.2.2", start + 20s));
}

TEST(Brake, CountsAnewInTheNextWhile)
{
    Brake brake(limits);
    for (int i = 0; i < 3; ++i)
        brake.failed("192.0.2.1", start);
    brake.failed("192.0.2.1", start + 61s);
    EXPECT_FALSE(brake.holds("192.0.2.1", start + 61s));
}

TEST(Brake, TakesTheAddressesOfOneNetworkForOneClient)
{
    EXPECT_EQ(client_key("2001:db8:1:2::1"), client_key("2001:db8:1:2:ffff::9"));
    EXPECT_NE(client_key("2001:db8:1:2::1"), client_key("2001:db8:1:3::1"));
    EXPECT_EQ(client_key("::ffff:192.0.2.1"), client_key("192.0.2.1"));
    EXPECT_NE(client_key("192.0.2.1"), client_key("192.0.2.2"));
    EXPECT_EQ(client_key(""), "");
}

TEST(Brake, RemembersNoMoreClientsThanTheLimit)
{
    Brake brake(limits);
    for (int i = 0; i < 1000; ++i) {
        brake.failed("192.0.2." + std::to_string(i % 256), start + i * 1ms);
        ASSERT_LE(brake.clients(), limits.clients);
    }
}

TEST(Brake, ForgetsThoseThatFailedFirst)
{
    Brake brake(limits);
    for (int client = 0; client < 8; ++client)
        for (int i = 0; i < 3; ++i)
            brake.failed("192.0.2." + std::to_string(client), start + client * 1s);
    brake.failed("192.0.2.100", start + 20s);
    EXPECT_FALSE(brake.holds("192.0.2.0", start + 20s));
    EXPECT_TRUE(brake.holds("192.0.2.7", start + 20s));
}

} // namespace
} // namespace posthouse::clerk
