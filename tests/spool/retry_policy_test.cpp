// SPDX-License-Identifier: Apache-2.0
#include "spool/retry_policy.hpp"

#include "spool/scheduler.hpp"

#include <gtest/gtest.h>

namespace posthouse::spool {
namespace {

using namespace std::chrono_literals;
const Timestamp accepted = from_microseconds(1'700'000'000'000'000);

TEST(RetryPolicy, DoublesFromFiveMinutesAndThenRepeatsTheLongestWait)
{
    SeededRandom random(1);
    const RetryPolicy policy{.jitter_parts = 0};
    EXPECT_EQ(policy.next_due(accepted, 1, accepted, random), accepted + 5min);
    EXPECT_EQ(policy.next_due(accepted, 2, accepted, random), accepted + 10min);
    EXPECT_EQ(policy.next_due(accepted, 6, accepted, random), accepted + 160min);
    EXPECT_EQ(policy.next_due(accepted, 60, accepted, random), accepted + 160min);
    EXPECT_EQ(policy.next_due(accepted, 0, accepted, random), accepted + 5min);
}

TEST(RetryPolicy, OfMailboxesOfOursBeginsSoonAndIsBounded)
{
    SeededRandom random(4);
    auto policy = Policy::mailbox().retry;
    EXPECT_LE(*policy.next_due(accepted, 1, accepted, random), accepted + 12s);
    EXPECT_LE(*policy.next_due(accepted, 2, accepted, random), accepted + 34s);
    policy.jitter_parts = 0;
    EXPECT_EQ(policy.next_due(accepted, 50, accepted, random), accepted + 20min);
}

TEST(RetryPolicy, TriesAtLeastTwiceInTheFirstHourAndOftenEnoughAfterIt)
{
    SeededRandom random(2);
    const RetryPolicy policy;
    Timestamp now = accepted;
    std::uint32_t attempts = 1, in_first_hour = 1;
    while (const auto due = policy.next_due(accepted, attempts, now, random)) {
        EXPECT_GT(*due, now);
        EXPECT_LE(*due - now, 3h);
        now = *due;
        ++attempts;
        in_first_hour += now - accepted <= 1h ? 1 : 0;
    }
    EXPECT_GE(in_first_hour, 2u);
    EXPECT_LT(attempts, 100u);
    EXPECT_EQ(now, accepted + policy.lifetime); // The last chance is at the very end.
}

TEST(RetryPolicy, GivesUpWhenTheLifetimeIsOver)
{
    SeededRandom random(3);
    const RetryPolicy policy;
    EXPECT_TRUE(policy.next_due(accepted, 3, accepted + policy.lifetime - 1s, random));
    EXPECT_FALSE(policy.next_due(accepted, 3, accepted + policy.lifetime, random));
}

TEST(RetryPolicy, SpreadsWhatFailedTogetherByNoMoreThanOnePartInEight)
{
    SeededRandom random(4);
    const RetryPolicy policy;
    Timestamp least = Timestamp::max(), most{};
    for (int i = 0; i < 1000; ++i) {
        const auto due = policy.next_due(accepted, 4, accepted, random).value();
        least = std::min(least, due);
        most = std::max(most, due);
    }
    EXPECT_GE(least, accepted + 35min);
    EXPECT_LE(most, accepted + 45min);
    EXPECT_GT(most - least, 9min);
}

TEST(RetryPolicy, FollowsAConfiguredSchedule)
{
    SeededRandom random(5);
    const RetryPolicy policy{.delays = {15min, 4h}, .lifetime = 24h, .jitter_parts = 0};
    EXPECT_EQ(policy.next_due(accepted, 1, accepted, random), accepted + 15min);
    EXPECT_EQ(policy.next_due(accepted, 2, accepted, random), accepted + 4h);
    EXPECT_EQ(policy.next_due(accepted, 9, accepted + 23h, random), accepted + 24h);
}

} // namespace
} // namespace posthouse::spool
