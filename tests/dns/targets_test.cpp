// SPDX-License-Identifier: Apache-2.0
#include "dns/site.hpp"
#include "tests/dns/search.hpp"

#include <gtest/gtest.h>

#include <set>

namespace posthouse::dns {
namespace {

TEST(FindTargets, TriesHostsByPreference)
{
    FakeLookup dns;
    dns.mx("a.test", 20, "second.test")
        .mx("a.test", 10, "first.test")
        .mx("a.test", 300, "third.test");
    dns.address("first.test", "192.0.2.1").address("second.test", "192.0.2.2");
    dns.address("third.test", "192.0.2.3");
    EXPECT_EQ(names(find(dns, "a.test")), (Strings{"first.test", "second.test", "third.test"}));
}

TEST(FindTargets, ShufflesHostsOfOnePreference)
{
    FakeLookup dns;
    for (const std::string host : {"a", "b", "c"})
        dns.mx("d.test", 10, host + ".test").address(host + ".test", "192.0.2.1");
    dns.mx("d.test", 20, "last.test").address("last.test", "192.0.2.2");
    std::set<Strings> orders;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        orders.insert(names(find(dns, "d.test", seed)));
        EXPECT_EQ(orders.begin()->back(), "last.test");
    }
    EXPECT_EQ(orders.size(), 6u);
}

TEST(FindTargets, OffersBothFamiliesByTurnsIpv6First)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "m.test");
    dns.address("m.test", "192.0.2.1")
        .address("m.test", "192.0.2.2")
        .address("m.test", "192.0.2.3");
    dns.address("m.test", "2001:db8::1");
    const auto found = find(dns, "a.test");
    ASSERT_EQ(verdict(found), "found");
    ASSERT_EQ(found->hosts[0].addresses.size(), 4u);
    EXPECT_EQ(found->hosts[0].addresses[0], ip("2001:db8::1"));
    EXPECT_EQ(found->hosts[0].addresses[1].family(), IpAddress::Family::v4);
}

TEST(FindTargets, TakesTheDomainsOwnAddressesWhereThereIsNoMx)
{
    FakeLookup dns;
    dns.address("a.test", "192.0.2.1").address("a.test", "2001:db8::1");
    const auto found = find(dns, "a.test");
    ASSERT_EQ(names(found), Strings{"a.test"});
    EXPECT_EQ(addresses(found->hosts[0]), "2001:db8::1 192.0.2.1");
    EXPECT_EQ(found->port, 25);
    EXPECT_EQ(found->site, "a.test");
}

TEST(FindTargets, NeverTakesTheDomainsOwnAddressesWhereThereIsAnMx)
{
    FakeLookup dns;
    dns.address("a.test", "192.0.2.1").mx("a.test", 10, "gone.test");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 550 5.4.4");
    FakeLookup unclear;
    unclear.address("a.test", "192.0.2.1").says("a.test", RecordType::mx, Status::servfail);
    EXPECT_EQ(verdict(find(unclear, "a.test")), "temporary 451 4.4.3");
    FakeLookup malformed;
    malformed.address("a.test", "192.0.2.1").malformed("a.test", RecordType::mx);
    EXPECT_EQ(verdict(find(malformed, "a.test")), "permanent 550 5.4.4");
}

TEST(FindTargets, RefusesADomainWithoutAnyAddress)
{
    FakeLookup dns;
    dns.exists("a.test");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 550 5.4.4");
}

// RFC 7505 §3.
TEST(FindTargets, RefusesForGoodADomainThatAcceptsNoMail)
{
    FakeLookup dns;
    dns.mx("a.test", 0, ".").address("a.test", "192.0.2.1");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 556 5.1.10");
}

TEST(FindTargets, IgnoresANullMxBesideOthers)
{
    FakeLookup dns;
    dns.mx("a.test", 0, ".").mx("a.test", 10, "m.test").address("m.test", "192.0.2.1");
    EXPECT_EQ(names(find(dns, "a.test")), Strings{"m.test"});
    FakeLookup odd;
    odd.mx("a.test", 10, ".");
    EXPECT_EQ(verdict(find(odd, "a.test")), "permanent 550 5.4.4");
}

TEST(FindTargets, FollowsADomainThatIsAnAlias)
{
    FakeLookup dns;
    dns.alias("a.test", "b.test").mx("b.test", 10, "m.test").address("m.test", "192.0.2.1");
    EXPECT_EQ(names(find(dns, "a.test")), Strings{"m.test"});
    FakeLookup implicit;
    implicit.alias("a.test", "b.test").address("b.test", "192.0.2.1");
    const auto found = find(implicit, "a.test");
    EXPECT_EQ(names(found), Strings{"a.test"});
    EXPECT_EQ(found->site, "b.test"); // All that point there are one site.
}

TEST(FindTargets, ToleratesAnMxThatIsAnAlias)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "m.test").alias("m.test", "real.test").address("real.test", "192.0.2.1");
    const auto found = find(dns, "a.test");
    ASSERT_EQ(names(found), Strings{"m.test"});
    EXPECT_EQ(addresses(found->hosts[0]), "192.0.2.1");
}

TEST(FindTargets, LeavesOutThisHostAndWhatIsNotPreferredToIt)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "better.test")
        .mx("a.test", 10, "MX.here.test")
        .mx("a.test", 10, "equal.test");
    dns.mx("a.test", 20, "worse.test").address("better.test", "192.0.2.1");
    dns.address("equal.test", "192.0.2.2").address("worse.test", "192.0.2.3");
    dns.address("mx.here.test", "192.0.2.4");
    const auto found = find(dns, "a.test");
    EXPECT_EQ(names(found), Strings{"better.test"});
    EXPECT_EQ(found->site, "better.test");
}

TEST(FindTargets, KnowsItselfByItsAddress)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "better.test")
        .mx("a.test", 10, "alias.test")
        .mx("a.test", 10, "equal.test");
    dns.mx("a.test", 20, "worse.test").address("better.test", "192.0.2.1");
    dns.address("equal.test", "192.0.2.2").address("worse.test", "192.0.2.3");
    dns.address("alias.test", "192.0.2.7").address("alias.test", "192.0.2.99");
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        EXPECT_EQ(names(find(dns, "a.test", seed)), Strings{"better.test"});
}

TEST(FindTargets, KnowsItselfBehindAnAlias)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "m.test")
        .alias("m.test", "mx.here.test")
        .address("mx.here.test", "192.0.2.4");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 554 5.4.6");
}

TEST(FindTargets, RefusesForGoodWhatLoopsBackToThisHost)
{
    FakeLookup best;
    best.mx("a.test", 5, "mx.here.test")
        .mx("a.test", 10, "worse.test")
        .address("worse.test", "192.0.2.3");
    EXPECT_EQ(verdict(find(best, "a.test")), "permanent 554 5.4.6");
    FakeLookup implicit;
    implicit.address("a.test", "192.0.2.99");
    EXPECT_EQ(verdict(find(implicit, "a.test")), "permanent 554 5.4.6");
    FakeLookup none;
    EXPECT_EQ(verdict(find(none, "[192.0.2.99]")), "permanent 554 5.4.6");
}

TEST(FindTargets, TakesLoopbackForItselfWhereToldSo)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "m.test").address("m.test", "127.3.2.1");
    EXPECT_EQ(verdict(find(dns, "a.test")), "found");
    SeededRandom random(1);
    const Self alone{.names = {}, .addresses = {}, .loopback = true};
    const auto domain = mail::Domain::parse("a.test");
    EXPECT_EQ(verdict(finish(find_targets(dns, *domain, alone, random))), "permanent 554 5.4.6");
}

TEST(FindTargets, WaitsWhenTheMxLookupFails)
{
    for (const auto status : {Status::servfail, Status::timeout, Status::bogus}) {
        FakeLookup dns;
        dns.says("a.test", RecordType::mx, status);
        EXPECT_EQ(verdict(find(dns, "a.test")), "temporary 451 4.4.3");
    }
}

TEST(FindTargets, RefusesForGoodADomainThatDoesNotExist)
{
    FakeLookup dns;
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 550 5.1.2");
    EXPECT_EQ(find(dns, "a.test").error().text, "The domain a.test does not exist");
}

TEST(FindTargets, SkipsHostsWithoutAddresses)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "gone.test").mx("a.test", 10, "empty.test").mx("a.test", 15, "ill.test");
    dns.mx("a.test", 20, "m.test").exists("empty.test").address("m.test", "192.0.2.1");
    dns.says("ill.test", RecordType::a, Status::timeout)
        .says("ill.test", RecordType::aaaa, Status::servfail);
    EXPECT_EQ(names(find(dns, "a.test")), Strings{"m.test"});
}

TEST(FindTargets, WaitsIfAHostMayYetHaveAnAddress)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "gone.test").mx("a.test", 15, "ill.test");
    dns.says("ill.test", RecordType::a, Status::timeout).exists("ill.test");
    EXPECT_EQ(verdict(find(dns, "a.test")), "temporary 451 4.4.3");
}

TEST(FindTargets, UsesOneFamilyIfTheOthersLookupFails)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "m.test").address("m.test", "192.0.2.1");
    dns.says("m.test", RecordType::aaaa, Status::servfail);
    EXPECT_EQ(names(find(dns, "a.test")), Strings{"m.test"});
}

TEST(FindTargets, NeverConnectsToWhatIsNoHost)
{
    FakeLookup dns;
    dns.mx("a.test", 5, "m.test").address("m.test", "0.0.0.0").address("m.test", "224.0.0.1");
    dns.address("m.test", "255.255.255.255").address("m.test", "::").address("m.test", "ff02::1");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 550 5.4.4");
    EXPECT_EQ(verdict(find(dns, "[0.0.0.0]")), "permanent 550 5.4.4");
}

TEST(FindTargets, TakesAddressLiteralsWithoutAskingAnyone)
{
    FakeLookup dns;
    const auto v4 = find(dns, "[192.0.2.1]");
    ASSERT_EQ(verdict(v4), "found");
    EXPECT_EQ(addresses(v4->hosts[0]), "192.0.2.1");
    EXPECT_EQ(v4->site, "[192.0.2.1]");
    const auto v6 = find(dns, "[IPv6:2001:db8::1]");
    ASSERT_EQ(verdict(v6), "found");
    EXPECT_EQ(addresses(v6->hosts[0]), "2001:db8::1");
    EXPECT_TRUE(dns.asked.empty());
}

TEST(FindTargets, AsksForInternationalizedDomainsByTheirALabels)
{
    FakeLookup dns;
    dns.mx("xn--bcher-kva.test", 10, "m.test").address("m.test", "192.0.2.1");
    EXPECT_EQ(names(find(dns, "Bücher.test")), Strings{"m.test"});
}

TEST(FindTargets, GivesAllDomainsOfOneProviderOneSite)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "x.test").mx("a.test", 10, "y.test").mx("b.test", 5, "y.test");
    dns.mx("b.test", 7, "x.test").mx("c.test", 10, "x.test");
    dns.address("x.test", "192.0.2.1").address("y.test", "192.0.2.2");
    EXPECT_EQ(find(dns, "a.test", 1)->site, "x.test,y.test");
    EXPECT_EQ(find(dns, "a.test", 2)->site, "x.test,y.test");
    EXPECT_EQ(find(dns, "b.test")->site, "x.test,y.test");
    EXPECT_EQ(find(dns, "c.test")->site, "x.test");
}

TEST(FindTargets, KeepsTheSiteWhileOneOfItsHostsHasNoAddress)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "x.test").mx("a.test", 20, "y.test").address("x.test", "192.0.2.1");
    dns.says("y.test", RecordType::a, Status::timeout);
    EXPECT_EQ(find(dns, "a.test")->site, "x.test,y.test");
}

TEST(FindTargets, NamesAHostOnceWhereItIsPreferredMost)
{
    FakeLookup dns;
    dns.mx("a.test", 30, "x.test").mx("a.test", 10, "x.test").mx("a.test", 20, "y.test");
    dns.address("x.test", "192.0.2.1").address("y.test", "192.0.2.2");
    EXPECT_EQ(names(find(dns, "a.test")), (Strings{"x.test", "y.test"}));
}

TEST(FindTargets, UsesNoMoreThanAHundredHosts)
{
    FakeLookup dns;
    for (int i = 0; i < 300; ++i)
        dns.mx("a.test", static_cast<std::uint16_t>(i), "m" + std::to_string(i) + ".test");
    EXPECT_EQ(verdict(find(dns, "a.test")), "permanent 550 5.4.4");
    EXPECT_EQ(dns.asked.size(), 1u + TargetLimits::mx_hosts); // One NXDOMAIN each.
}

TEST(FindTargets, UsesNoMoreThanItsLimitsOfAddresses)
{
    FakeLookup dns;
    for (int host = 0; host < 20; ++host) {
        const auto name = "m" + std::to_string(host) + ".test";
        dns.mx("a.test", 10, name);
        for (int i = 0; i < 100; ++i)
            dns.address(name, "198.51.100." + std::to_string(i));
    }
    const auto found = find(dns, "a.test");
    ASSERT_EQ(found->hosts.size(), TargetLimits::addresses / TargetLimits::host_addresses);
    for (const auto& host : found->hosts)
        EXPECT_EQ(host.addresses.size(), TargetLimits::host_addresses);
    EXPECT_LE(found->site.size(), longest_site_key);
}

TEST(FindTargets, GivesUpOnADomainWhoseHostsLookupsAllFail)
{
    FakeLookup dns;
    for (int i = 0; i < 100; ++i) {
        const auto name = "m" + std::to_string(i) + ".test";
        dns.mx("a.test", 10, name).says(name, RecordType::a, Status::timeout);
        dns.says(name, RecordType::aaaa, Status::timeout);
    }
    EXPECT_EQ(verdict(find(dns, "a.test")), "temporary 451 4.4.3");
    EXPECT_LE(dns.asked.size(), 1 + TargetLimits::failed_lookups + 1);
}

TEST(FindTargets, SaysWhatDnssecVouchesFor)
{
    FakeLookup dns;
    dns.mx("a.test", 10, "x.test").mx("a.test", 20, "y.test").secure("a.test", RecordType::mx);
    dns.address("x.test", "192.0.2.1").address("y.test", "192.0.2.2");
    dns.secure("x.test", RecordType::a).secure("x.test", RecordType::aaaa);
    const auto found = find(dns, "a.test");
    EXPECT_TRUE(found->secure);
    EXPECT_TRUE(found->hosts[0].secure);
    EXPECT_FALSE(found->hosts[1].secure);
}

TEST(FindTargets, TellsHowTheHostsWereFound)
{
    FakeLookup dns;
    dns.alias("a.test", "b.test").mx("b.test", 10, "x.test").mx("b.test", 15, "gone.test");
    dns.mx("b.test", 20, "mx.here.test").address("x.test", "192.0.2.1");
    EXPECT_EQ(find(dns, "a.test")->steps,
              (Strings{"a.test is an alias of b.test",
                       "a.test MX: 10 x.test, 15 gone.test, 20 mx.here.test",
                       "mx.here.test is this host: preference 20 and above is left out",
                       "x.test: 192.0.2.1", "gone.test: no such name"}));
    FakeLookup ill;
    ill.says("a.test", RecordType::mx, Status::timeout);
    EXPECT_EQ(find(ill, "a.test").error().steps, Strings{"a.test MX: no answer in time"});
}

} // namespace
} // namespace posthouse::dns
