// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;

TEST(ConfigValues, ReadDurationsWithTheirUnit)
{
    EXPECT_EQ(parse_span("500ms"), 500ms);
    EXPECT_EQ(parse_span("30s"), 30s);
    EXPECT_EQ(parse_span("5m"), 5min);
    EXPECT_EQ(parse_span("4h"), 4h);
    EXPECT_EQ(parse_span("5d"), 120h);
    for (const auto* wrong : {"", "5", "s", "-5s", "5 s", "1.5h", "5w", "5S", "99999999999999999d"})
        EXPECT_EQ(parse_span(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, ReadSizesWithTheirUnit)
{
    EXPECT_EQ(parse_size("1024"), 1024u);
    EXPECT_EQ(parse_size("64KiB"), 65536u);
    EXPECT_EQ(parse_size("32MiB"), 32u << 20);
    EXPECT_EQ(parse_size("2GiB"), 2u << 30);
    for (const auto* wrong : {"", "MiB", "32MB", "32 MiB", "32mib", "-1", "9999999999999GiB"})
        EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, AreWrittenAsTheyAreRead)
{
    EXPECT_TRUE(rc::check([] {
        const auto number = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
        RC_ASSERT(parse_span(span_text(Span(number))) == Span(number));
        RC_ASSERT(parse_size(size_text(static_cast<std::uint64_t>(number))) == number);
    }));
    EXPECT_EQ(span_text(5min), "5m");
    EXPECT_EQ(size_text(50 << 20), "50MiB");
}

TEST(ConfigValues, ReadNextHops)
{
    using Kind = NextHop::Kind;
    EXPECT_EQ(parse_next_hop("Relay.example:587"), (NextHop{Kind::domain, "relay.example", 587}));
    EXPECT_EQ(parse_next_hop("relay.example"), (NextHop{Kind::domain, "relay.example", 0}));
    EXPECT_EQ(parse_next_hop("[relay.example]"), (NextHop{Kind::host, "relay.example", 0}));
    EXPECT_EQ(parse_next_hop("[192.0.2.1]:2525"), (NextHop{Kind::address, "192.0.2.1", 2525}));
    EXPECT_EQ(parse_next_hop("[2001:db8::1]"), (NextHop{Kind::address, "2001:db8::1", 0}));
    for (const auto* wrong :
         {"", ":25", "[]:25", "192.0.2.1:25", "[relay.example", "relay.example:", "relay.example:0",
          "a b", "[192.0.2.1]25", "2001:db8::1"})
        EXPECT_EQ(parse_next_hop(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, WriteNextHopsAsTheyAreRead)
{
    for (const auto* text : {"relay.example", "relay.example:587", "[relay.example]",
                             "[192.0.2.1]:2525", "[2001:db8::1]"})
        EXPECT_EQ(parse_next_hop(text)->text(), text);
}

TEST(ConfigValues, ReadFingerprintsAsTheyAreShown)
{
    const std::string digits(64, 'a');
    std::string shown;
    for (int i = 0; i < 32; ++i)
        shown += i == 0 ? "AA" : ":AA";
    EXPECT_EQ(parse_fingerprint(digits), digits);
    EXPECT_EQ(parse_fingerprint(shown), digits);
    shown[2] = 'A';
    for (const auto& wrong : {std::string(), digits.substr(1), digits + "a", shown,
                              digits.substr(1) + "g", digits.substr(0, 40)})
        EXPECT_EQ(parse_fingerprint(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, WriteEndpointsAsTheyAreRead)
{
    for (const auto* text : {"192.0.2.1:25", "[2001:db8::1]:110"})
        EXPECT_EQ(parse_endpoint(text)->text(), text);
    EXPECT_EQ(parse_endpoint("::1", 53), (Endpoint{"::1", 53}));
    EXPECT_EQ(parse_endpoint("[::1]", 53), (Endpoint{"::1", 53}));
    EXPECT_EQ(parse_endpoint("::1"), std::nullopt);
}

} // namespace
} // namespace posthouse::config
