// SPDX-License-Identifier: Apache-2.0
#include "clerk/brake.hpp"
#include "clerk/remembered.hpp"

#include <gtest/gtest.h>

namespace posthouse::clerk {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
const Secret right("correct horse"), wrong("guess");

Identified who(std::uint64_t account)
{
    return {.account = account, .address = "alice@example.org"};
}

TEST(Remembered, KnowsTheSameLoginUntilItsTimeIsOver)
{
    Remembered remembered({.lasts = 5min, .most = 10});
    const Remembered::Login login{"alice@example.org", "imap", right};
    remembered.remember(login, {who(12), remembered.changes()}, start);
    ASSERT_TRUE(remembered.find(login, start + 299s));
    EXPECT_EQ(remembered.find(login, start)->account, 12u);
    EXPECT_FALSE(remembered.find(login, start + 300s));
    EXPECT_FALSE(remembered.find({"alice@example.org", "imap", wrong}, start));
    EXPECT_FALSE(remembered.find({"alice@example.org", "pop3", right}, start));
    EXPECT_FALSE(remembered.find({"bob@example.org", "imap", right}, start));
    // Where one ends and the next begins counts.
    EXPECT_FALSE(remembered.find({"alice@example.or", "gimap", right}, start));
    remembered.remember(login, {who(12), remembered.changes(), 10s}, start);
    EXPECT_FALSE(remembered.find(login, start + 10s));
}

TEST(Remembered, ForgetsAnAccountThatChangesAndWhatWasProvedBefore)
{
    Remembered remembered({.lasts = 5min, .most = 10});
    const Remembered::Login alice{"alice@example.org", "imap", right};
    const Remembered::Login bob{"bob@example.org", "imap", right};
    const auto before = remembered.changes();
    remembered.remember(alice, {who(12), before}, start);
    remembered.remember(bob, {who(13), before}, start);
    remembered.forget(12);
    EXPECT_FALSE(remembered.find(alice, start));
    EXPECT_TRUE(remembered.find(bob, start));
    remembered.remember(alice, {who(12), before}, start);
    EXPECT_FALSE(remembered.find(alice, start));
    remembered.remember(alice, {who(12), remembered.changes()}, start);
    remembered.forget_all();
    EXPECT_EQ(remembered.size(), 0u);
}

TEST(Remembered, HoldsNoMoreThanItMay)
{
    Remembered remembered({.lasts = 5min, .most = 8});
    for (int i = 0; i < 1000; ++i) {
        const auto name = std::to_string(i);
        remembered.remember({name, "imap", right}, {who(1), 0}, start + i * 1ms);
        ASSERT_LE(remembered.size(), 8u);
    }
    EXPECT_TRUE(remembered.find({"999", "imap", right}, start + 1s));
    Remembered nothing({.lasts = 0s, .most = 8});
    nothing.remember({"a", "imap", right}, {who(1), 0}, start);
    EXPECT_EQ(nothing.size(), 0u);
}

// ---- the brake on accounts ------------------------------------------------------------------

constexpr Brake::Limits limits{.failures = 100,
                               .window = 60s,
                               .clients = 8,
                               .account_failures = 3,
                               .first_delay = 100ms,
                               .longest_delay = 1s,
                               .places = 4};

std::string client(int number)
{
    return "192.0.2." + std::to_string(number);
}

TEST(Brake, HoldsAnAccountThatManyGuessAtButNotWhereItsUserIs)
{
    Brake brake(limits);
    brake.succeeded(Brake::Try{"198.51.100.1", "alice"}, start);
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(brake.holds(Brake::Try{client(9), "alice"}, start));
        brake.failed(Brake::Try{client(i), "alice"}, start);
    }
    EXPECT_TRUE(brake.holds(Brake::Try{client(9), "alice"}, start));
    EXPECT_FALSE(brake.holds(Brake::Try{client(9), "bob"}, start));
    EXPECT_FALSE(brake.holds(Brake::Try{"198.51.100.1", "alice"}, start));
    EXPECT_EQ(brake.left(Brake::Try{client(9), "alice"}, start + 20s), Duration(40s));
    EXPECT_FALSE(brake.holds(Brake::Try{client(9), "alice"}, start + 60s));
    for (int i = 0; i < 1000; ++i)
        brake.failed(Brake::Try{client(i % 250), "user" + std::to_string(i)}, start + i * 1ms);
    EXPECT_LE(brake.accounts(), limits.clients);
    for (int i = 0; i < 100; ++i)
        brake.succeeded(Brake::Try{client(i), "alice"}, start);
    EXPECT_LE(brake.places(), limits.places);
}

TEST(Brake, AnswersEachFailureLaterThanTheOneBeforeUpToALimit)
{
    Brake brake(limits);
    EXPECT_EQ(brake.failed(Brake::Try{client(1), "a"}, start), Duration(100ms));
    EXPECT_EQ(brake.failed(Brake::Try{client(1), "b"}, start), Duration(200ms));
    EXPECT_EQ(brake.failed(Brake::Try{client(1), "c"}, start), Duration(400ms));
    EXPECT_EQ(brake.failed(Brake::Try{client(1), "d"}, start), Duration(800ms));
    EXPECT_EQ(brake.failed(Brake::Try{client(1), "e"}, start), Duration(1s));
    EXPECT_EQ(brake.failed(Brake::Try{client(2), "x"}, start), Duration(100ms));
    EXPECT_EQ(brake.failed(Brake::Try{client(3), "x"}, start),
              Duration(200ms)); // Another client, one account
    EXPECT_EQ(Brake().failed(Brake::Try{client(1), "a"}, start), Duration());
}

} // namespace
} // namespace posthouse::clerk
