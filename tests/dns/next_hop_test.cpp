// SPDX-License-Identifier: Apache-2.0
#include "tests/dns/search.hpp"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

TEST(NextHop, ReadsEachOfItsForms)
{
    const auto read = [](std::string_view text) { return NextHop::parse(text).value(); };
    EXPECT_EQ(read("Example.org"), (NextHop{NextHop::Kind::domain, "example.org", {}, 25}));
    EXPECT_EQ(read("example.org:587"), (NextHop{NextHop::Kind::domain, "example.org", {}, 587}));
    EXPECT_EQ(read("[m.example.org]"), (NextHop{NextHop::Kind::host, "m.example.org", {}, 25}));
    EXPECT_EQ(read("[m.example.org]:24"), (NextHop{NextHop::Kind::host, "m.example.org", {}, 24}));
    EXPECT_EQ(read("[192.0.2.1]:26"), (NextHop{NextHop::Kind::address, "", ip("192.0.2.1"), 26}));
    EXPECT_EQ(read("[2001:db8::1]"), (NextHop{NextHop::Kind::address, "", ip("2001:db8::1"), 25}));
    EXPECT_EQ(read("[IPv6:2001:db8::1]:26"),
              (NextHop{NextHop::Kind::address, "", ip("2001:db8::1"), 26}));
    for (const auto* text :
         {"example.org", "[m.example.org]:24", "[192.0.2.1]", "[2001:db8::1]:26"})
        EXPECT_EQ(read(text).text(), text);
}

TEST(NextHop, RefusesWhatCannotBeReached)
{
    for (const auto* text : {"", "[]", "[a.test", "[a.test]x", "a.test:", "a.test:0",
                             "a.test:65536", "a.test:x", "192.0.2.1", "192.0.2.1:25", "192.0.2.1.",
                             "[192.0.2.1.]", "2001:db8::1", "a b.test", "a..test", "[a.test]:"})
        EXPECT_FALSE(NextHop::parse(text)) << text;
}

TEST(FindNextHop, TakesAHostWithoutItsMx)
{
    FakeLookup dns;
    dns.mx("m.test", 10, "other.test")
        .address("other.test", "192.0.2.2")
        .address("m.test", "192.0.2.1");
    const auto found = find_hop(dns, "[m.test]:587");
    ASSERT_EQ(names(found), Strings{"m.test"});
    EXPECT_EQ(found->port, 587);
    EXPECT_EQ(found->site, "m.test:587");
    EXPECT_EQ(names(find_hop(dns, "m.test")), Strings{"other.test"});
}

TEST(FindNextHop, MayBeThisHostOnAnotherPort)
{
    FakeLookup dns;
    dns.address("here.test", "192.0.2.99");
    EXPECT_EQ(verdict(find_hop(dns, "[here.test]:10025")), "found");
    EXPECT_EQ(verdict(find_hop(dns, "[192.0.2.99]:10025")), "found");
    EXPECT_EQ(find_hop(dns, "[192.0.2.99]:10025")->site, "[192.0.2.99]:10025");
}

TEST(FindNextHop, NeverRefusesMailForTheAdministratorsMistake)
{
    FakeLookup dns;
    dns.mx("null.test", 0, ".").exists("empty.test");
    EXPECT_EQ(verdict(find_hop(dns, "gone.test")), "temporary 451 4.1.2");
    EXPECT_EQ(verdict(find_hop(dns, "[gone.test]")), "temporary 451 4.4.4");
    EXPECT_EQ(verdict(find_hop(dns, "[empty.test]")), "temporary 451 4.4.4");
    EXPECT_EQ(verdict(find_hop(dns, "null.test")), "temporary 451 4.1.10");
}

} // namespace
} // namespace posthouse::dns
