// SPDX-License-Identifier: Apache-2.0
#include "resolver/client_name.hpp"

#include "tests/dns/fake_lookup.hpp"

#include <gtest/gtest.h>

namespace posthouse::resolver {
namespace {

using dns::FakeLookup;

constexpr Instant noon{std::chrono::hours(12)};

std::string find(const std::shared_ptr<ClientNames>& names, const std::string& address,
                 Instant now = noon)
{
    return dns::finish(ClientNames::find(names, address, now));
}

TEST(ClientNames, TurnsAddressesRound)
{
    EXPECT_EQ(reverse_name(dns::ip("192.0.2.1")), "1.2.0.192.in-addr.arpa");
    EXPECT_EQ(reverse_name(dns::ip("2001:db8::567:89ab")),
              "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(ClientNames, TakeANameWhoseAddressesHoldTheClients)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->pointer("1.2.0.192.in-addr.arpa", "other.test")
        .pointer("1.2.0.192.in-addr.arpa", "mail.a.test")
        .address("other.test", "192.0.2.9")
        .address("mail.a.test", "192.0.2.7")
        .address("mail.a.test", "192.0.2.1");
    const auto names = std::make_shared<ClientNames>(lookup);
    EXPECT_EQ(find(names, "192.0.2.1"), "mail.a.test");
    EXPECT_EQ(find(names, "::ffff:192.0.2.1"), "mail.a.test");
    EXPECT_EQ(find(names, "192.0.2.2"), "");
    EXPECT_EQ(find(names, ""), "");
}

TEST(ClientNames, BelieveNoNameThatItsOwnAddressesDoNotConfirm)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->pointer("1.2.0.192.in-addr.arpa", "bank.test").address("bank.test", "192.0.2.99");
    lookup->pointer("2.2.0.192.in-addr.arpa", "odd_name.test")
        .address("odd_name.test", "192.0.2.2");
    const auto names = std::make_shared<ClientNames>(lookup);
    EXPECT_EQ(find(names, "192.0.2.1"), "");
    EXPECT_EQ(find(names, "192.0.2.2"), "") << "It is no host's name.";
}

TEST(ClientNames, TryNoMoreNamesThanTheLimit)
{
    const auto lookup = std::make_shared<FakeLookup>();
    for (std::size_t i = 0; i <= ClientNames::Limits::names; ++i)
        lookup->pointer("1.2.0.192.in-addr.arpa", "n" + std::to_string(i) + ".test");
    lookup->address("n" + std::to_string(ClientNames::Limits::names) + ".test", "192.0.2.1");
    EXPECT_EQ(find(std::make_shared<ClientNames>(lookup), "192.0.2.1"), "");
    EXPECT_EQ(lookup->asked.size(), 1 + ClientNames::Limits::names);
}

TEST(ClientNames, KeepWhatTheyFoundForAWhile)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->pointer("1.2.0.192.in-addr.arpa", "a.test").address("a.test", "192.0.2.1");
    const auto names = std::make_shared<ClientNames>(lookup);
    find(names, "192.0.2.1");
    find(names, "192.0.2.2");
    const auto asked = lookup->asked.size();
    EXPECT_EQ(find(names, "192.0.2.1"), "a.test");
    EXPECT_EQ(find(names, "192.0.2.2"), "") << "That there is none is kept, too.";
    EXPECT_EQ(lookup->asked.size(), asked);
    EXPECT_EQ(find(names, "192.0.2.1", noon + ClientNames::Limits::keep), "a.test");
    EXPECT_GT(lookup->asked.size(), asked);
}

TEST(ClientNames, KeepNothingThatCouldNotBeFoundOut)
{
    const auto lookup = std::make_shared<FakeLookup>();
    lookup->says("1.2.0.192.in-addr.arpa", dns::RecordType::ptr, dns::Status::timeout);
    const auto names = std::make_shared<ClientNames>(lookup);
    EXPECT_EQ(find(names, "192.0.2.1"), "");
    EXPECT_EQ(find(names, "192.0.2.1"), "");
    EXPECT_EQ(lookup->asked.size(), 2);
}

TEST(ClientNames, KeepNoMoreThanTheLimit)
{
    const auto lookup = std::make_shared<FakeLookup>();
    const auto names = std::make_shared<ClientNames>(lookup);
    for (std::size_t i = 0; i <= ClientNames::Limits::kept; ++i)
        find(names, "10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
    const auto asked = lookup->asked.size();
    EXPECT_EQ(find(names, "10.0.0.1"), "");
    EXPECT_EQ(lookup->asked.size(), asked + 1) << "It was forgotten.";
}

} // namespace
} // namespace posthouse::resolver
