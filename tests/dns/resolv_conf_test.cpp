// SPDX-License-Identifier: Apache-2.0
#include "dns/resolv_conf.hpp"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

Strings servers(std::string_view text)
{
    Strings servers;
    for (const auto& server : parse_resolv_conf(text).servers)
        servers.push_back(server.text());
    return servers;
}

TEST(ResolvConf, ReadsServersInTheirOrder)
{
    EXPECT_EQ(servers("# made by hand\n"
                      "; nameserver 192.0.2.9\n"
                      "search example.org\n"
                      "nameserver 192.0.2.1\n"
                      "nameserver\t2001:db8::1  # the second\r\n"
                      "nameserver 127.0.0.53"),
              (Strings{"192.0.2.1:53", "[2001:db8::1]:53", "127.0.0.53:53"}));
}

TEST(ResolvConf, MeansTheLocalServerWhereItNamesNone)
{
    EXPECT_EQ(servers(""), Strings{"127.0.0.1:53"});
    EXPECT_EQ(servers("#nameserver 192.0.2.1\nnameserver\nnameservers 192.0.2.1\n"),
              Strings{"127.0.0.1:53"});
}

TEST(ResolvConf, SaysWhichServersItCannotUse)
{
    const auto conf = parse_resolv_conf(
        "nameserver fe80::1%eth0\nnameserver dns.example.org\nnameserver 192.0.2.1\n");
    EXPECT_EQ(conf.servers.size(), 1u);
    EXPECT_EQ(conf.ignored, (Strings{"fe80::1%eth0", "dns.example.org"}));
}

TEST(ResolvConf, ReadsTimeoutAndAttemptsWithinTheirBounds)
{
    EXPECT_EQ(parse_resolv_conf("").timeout, 5s);
    EXPECT_EQ(parse_resolv_conf("").attempts, 2u);
    const auto conf = parse_resolv_conf("options ndots:2 timeout:3 rotate attempts:4\n");
    EXPECT_EQ(conf.timeout, 3s);
    EXPECT_EQ(conf.attempts, 4u);
    const auto large = parse_resolv_conf("options timeout:999999999999 attempts:99\n");
    EXPECT_EQ(large.timeout, 30s);
    EXPECT_EQ(large.attempts, 5u);
    const auto small = parse_resolv_conf("options timeout:0 attempts:0\n");
    EXPECT_EQ(small.timeout, 1s);
    EXPECT_EQ(small.attempts, 1u);
    const auto odd = parse_resolv_conf("options timeout:-1 attempts:x timeout:\n");
    EXPECT_EQ(odd.timeout, 5s);
    EXPECT_EQ(odd.attempts, 2u);
}

TEST(ResolvConf, TakesNoMoreThanItsLimits)
{
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "nameserver 192.0.2.1\n";
    const auto conf = parse_resolv_conf(text);
    EXPECT_EQ(conf.servers.size(), ResolvConf::Limits::servers);
    EXPECT_EQ(conf.ignored.size(), ResolvConf::Limits::ignored);
    text = std::string(ResolvConf::Limits::bytes, '\n') + "nameserver 192.0.2.1\n";
    EXPECT_EQ(servers(text), Strings{"127.0.0.1:53"});
}

} // namespace
} // namespace posthouse::dns
