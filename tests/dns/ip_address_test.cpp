// SPDX-License-Identifier: Apache-2.0
#include "dns/ip_address.hpp"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

using namespace std::string_view_literals;

TEST(IpAddress, HasOneFormForOneHost)
{
    EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(IpAddress::parse("2001:DB8:0:0::1")->text(), "2001:db8::1");
    EXPECT_EQ(IpAddress::from_bytes(IpAddress::parse("2001:db8::1")->bytes()),
              IpAddress::parse("2001:db8::1"));
}

TEST(IpAddress, RefusesWhatIsNone)
{
    for (const auto text :
         {""sv, "192.0.2"sv, "192.0.2.1.1"sv, "192.0.2.256"sv, "192.0.2.01"sv, "0x7f.1"sv, "1"sv,
          "fe80::1%eth0"sv, ":::"sv, " 192.0.2.1"sv, "192.0.2.1\0"sv, "mx.test"sv})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    EXPECT_FALSE(IpAddress::from_bytes("12345"));
}

TEST(IpAddress, TellsHostsFromOthers)
{
    for (const auto* text :
         {"192.0.2.1", "127.0.0.1", "10.0.0.1", "223.255.255.255", "::1", "2001:db8::1", "fd00::1"})
        EXPECT_TRUE(IpAddress::parse(text)->is_host()) << text;
    for (const auto* text : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255",
                             "::", "::ffff:0.0.0.0", "ff02::1", "fe80::1"})
        EXPECT_FALSE(IpAddress::parse(text)->is_host()) << text;
    EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
    EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
}

TEST(Endpoint, ReadsEachOfItsForms)
{
    const auto read = [](std::string_view text) {
        const auto endpoint = Endpoint::parse(text, 53);
        return endpoint ? endpoint->text() : "none";
    };
    EXPECT_EQ(read("192.0.2.1"), "192.0.2.1:53");
    EXPECT_EQ(read("192.0.2.1:5353"), "192.0.2.1:5353");
    EXPECT_EQ(read("::1"), "[::1]:53");
    EXPECT_EQ(read("[::1]"), "[::1]:53");
    EXPECT_EQ(read("[::1]:5353"), "[::1]:5353");
    for (const auto* text :
         {"", ":53", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:5 3", "[::1",
          "[::1]5353", "[192.0.2.1]:53", "dns.test", "dns.test:53"})
        EXPECT_EQ(read(text), "none") << text;
}

} // namespace
} // namespace posthouse::dns
