// SPDX-License-Identifier: Apache-2.0
#include "gate/login_times.hpp"

#include <gtest/gtest.h>

namespace posthouse::gate {
namespace {

using namespace std::chrono_literals;

TEST(LoginTimes, LetAnAccountWaitFromOneLoginToTheNext)
{
    LoginTimes times;
    const Instant now{1h};
    EXPECT_TRUE(times.admit("a", 10s, now));
    EXPECT_FALSE(times.admit("a", 10s, now + 9s));
    EXPECT_TRUE(times.admit("b", 10s, now + 9s));
    EXPECT_TRUE(times.admit("a", 10s, now + 10s)); // What is refused does not count.
    EXPECT_FALSE(times.admit("a", 10s, now + 19s));
}

TEST(LoginTimes, AskNothingWithoutADelay)
{
    LoginTimes times;
    EXPECT_TRUE(times.admit("a", 0s, {}));
    EXPECT_TRUE(times.admit("a", 0s, {}));
    EXPECT_EQ(times.accounts(), 0);
}

TEST(LoginTimes, KeepToTheirBoundAndForgetTheOldestFirst)
{
    LoginTimes times;
    Instant now{1h};
    for (std::size_t i = 0; i < LoginTimes::Limits::accounts; ++i)
        EXPECT_TRUE(times.admit(std::to_string(i), 1h, now += 1us));
    EXPECT_TRUE(times.admit("one more", 1h, now));
    EXPECT_LE(times.accounts(), LoginTimes::Limits::accounts);
    EXPECT_FALSE(times.admit(std::to_string(LoginTimes::Limits::accounts - 1), 1h, now));
    EXPECT_TRUE(times.admit("0", 1h, now)); // Better too early than not at all.
}

} // namespace
} // namespace posthouse::gate
