// SPDX-License-Identifier: Apache-2.0
#include "tables/formats.hpp"
#include "tables/network.hpp"

#include <gtest/gtest.h>

namespace posthouse::tables {
namespace {

std::string read(std::string_view text)
{
    const auto parsed = parse_network(text);
    if (!parsed)
        return "none";
    return parsed->network ? parsed->network->text : "fault";
}

TEST(TableNetworks, HaveOneSpelling)
{
    EXPECT_EQ(read("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(read("192.0.2.1/32"), "192.0.2.1");
    EXPECT_EQ(read("[192.0.2.1]"), "192.0.2.1");
    EXPECT_EQ(read("10"), "10.0.0.0/8");
    EXPECT_EQ(read("0.0.0.0/0"), "0.0.0.0/0");
    EXPECT_EQ(read("2001:DB8:0:0::1"), "2001:db8::1");
    EXPECT_EQ(read("IPv6:2001:db8::1"), "2001:db8::1");
    EXPECT_EQ(read("ipv6:2001:db8"), "2001:db8::/32");
    EXPECT_EQ(read("ipv6:2001"), "2001::/16");
    EXPECT_EQ(read("2001:db8::/29"), "2001:db8::/29");
    EXPECT_EQ(read("::/0"), "::/0");
    EXPECT_EQ(read("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(TableNetworks, AreToldFromNames)
{
    EXPECT_EQ(read("example.org"), "none");
    EXPECT_EQ(read("3com.example"), "none");
    EXPECT_EQ(read("2001:db8"), "none");
    EXPECT_EQ(read(""), "none");
}

TEST(TableNetworks, ThatAreNoneAreFaults)
{
    for (const auto* wrong : {"256", "1.2.3.4.5", "192.0.2.", ".1", "1..2", "192.0.2.01", "1/8",
                              "192.0.2.1/8", "10.0.0.0/33", "2001:db8::/129", "ipv6:x",
                              "ipv6:", "IPv6:1.2.3.4", "10.0.0.0/", "example.org/8"})
        EXPECT_EQ(read(wrong), "fault") << wrong;
}

std::string found(const Image& image, std::string_view tag, std::string_view address)
{
    const auto entry = find_network(image, tag, address);
    return entry ? std::string(entry->key()) : "";
}

TEST(TableNetworks, AreFoundByTheLongestPrefix)
{
    const std::array<Source, 1> sources = {
        Source{"f", "192.0.2.7 OK\n192.0.2 OK\n192 OK\nConnect:192.0.2.128/25 OK\n"
                    "2001:db8::/32 OK\nConnect:2001:db8:0:1::/64 OK\n2001:db8::7 OK\n"}};
    const auto compiled = compile(Table::access, sources);
    const auto image = *Image::open(compiled.image);
    EXPECT_EQ(found(image, "", "192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(found(image, "", "::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(found(image, "", "192.0.2.8"), "192.0.2.0/24");
    EXPECT_EQ(found(image, "", "192.0.3.8"), "192.0.0.0/8");
    EXPECT_EQ(found(image, "", "193.0.3.8"), "");
    EXPECT_EQ(found(image, "connect:", "192.0.2.200"), "connect:192.0.2.128/25");
    EXPECT_EQ(found(image, "connect:", "192.0.2.7"), "");
    EXPECT_EQ(found(image, "", "2001:db8::7"), "2001:db8::7");
    EXPECT_EQ(found(image, "", "2001:db8::8"), "2001:db8::/32");
    EXPECT_EQ(found(image, "connect:", "2001:db8:0:1::8"), "connect:2001:db8:0:1::/64");
    EXPECT_EQ(found(image, "", "no address"), "");
    EXPECT_TRUE(image.has_ipv4_prefix(24));
    EXPECT_FALSE(image.has_ipv4_prefix(23));
    EXPECT_FALSE(image.has_ipv4_prefix(99));
    EXPECT_TRUE(image.has_ipv6_prefix(64));
}

TEST(TableNetworks, OfAllAddressesAreFoundLast)
{
    const std::array<Source, 1> sources = {Source{"f", "0.0.0.0/0 REJECT\n::/0 REJECT\n"}};
    const auto compiled = compile(Table::access, sources);
    const auto image = *Image::open(compiled.image);
    EXPECT_EQ(found(image, "", "192.0.2.7"), "0.0.0.0/0");
    EXPECT_EQ(found(image, "", "2001:db8::7"), "::/0");
}

} // namespace
} // namespace posthouse::tables
