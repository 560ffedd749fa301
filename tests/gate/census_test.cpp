// SPDX-License-Identifier: Apache-2.0
#include "gate/census.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace posthouse::gate {
namespace {

using boost::asio::ip::make_address;

TEST(Census, CountsAClientsPlacesAndTakesThemBack)
{
    Census census;
    const Census::Limits limits{.sessions = 10, .sessions_per_client = 2};
    const auto client = make_address("192.0.2.1");
    std::vector<Census::Place> places;
    places.push_back(*census.enter(client, limits));
    places.push_back(*census.enter(client, limits));
    EXPECT_EQ(census.enter(client, limits).error(), Census::Full::client);
    EXPECT_TRUE(census.enter(make_address("192.0.2.2"), limits).has_value());
    EXPECT_EQ(census.sessions(), 2);
    places.pop_back();
    EXPECT_TRUE(census.enter(client, limits).has_value());
    places.clear();
    EXPECT_EQ(census.sessions(), 0);
}

TEST(Census, TakesOneIpv6NetworkForOneClient)
{
    Census census;
    const Census::Limits limits{.sessions = 10, .sessions_per_client = 1};
    const auto place = census.enter(make_address("2001:db8:0:1::1"), limits);
    ASSERT_TRUE(place.has_value());
    EXPECT_FALSE(census.enter(make_address("2001:db8:0:1:ffff::2"), limits).has_value());
    EXPECT_TRUE(census.enter(make_address("2001:db8:0:2::1"), limits).has_value());
}

TEST(Census, KnowsAnIpv4ClientInIpv6sDisguise)
{
    Census census;
    const Census::Limits limits{.sessions = 10, .sessions_per_client = 1};
    const auto place = census.enter(make_address("192.0.2.1"), limits);
    ASSERT_TRUE(place.has_value());
    EXPECT_FALSE(census.enter(make_address("::ffff:192.0.2.1"), limits).has_value());
}

TEST(Census, HasAnEndForAll)
{
    Census census;
    const Census::Limits limits{.sessions = 1, .sessions_per_client = 1};
    const auto place = census.enter(make_address("192.0.2.1"), limits);
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(census.enter(make_address("192.0.2.2"), limits).error(), Census::Full::all);
}

} // namespace
} // namespace posthouse::gate
