// SPDX-License-Identifier: Apache-2.0
#include "spool/site.hpp"

#include <gtest/gtest.h>

namespace posthouse::spool {
namespace {

using namespace std::chrono_literals;

struct SiteHealthTest : testing::Test {
    void report(Health health) { site.report(health, policy, now, random); }
    void kill()
    {
        for (int i = 0; i < 100 && site.state() != SiteHealth::State::dead; ++i)
            report(Health::troubled);
        ASSERT_EQ(site.state(), SiteHealth::State::dead);
    }
    Timestamp::duration back_off() { return *site.dead_until() - now; }

    Timestamp now = from_microseconds(1'700'000'000'000'000);
    SeededRandom random{1};
    SitePolicy policy;
    SiteHealth site{policy};
};

TEST_F(SiteHealthTest, WindowOpensWithAnswersUpToItsLimit)
{
    EXPECT_EQ(site.allowed(now), 5u);
    report(Health::answered);
    EXPECT_EQ(site.allowed(now), 6u);
    for (int i = 0; i < 100; ++i)
        report(Health::answered);
    EXPECT_EQ(site.allowed(now), 20u);
}

TEST_F(SiteHealthTest, WindowIsHalvedByTroubleAndOpensSlowlyAfterIt)
{
    for (int i = 0; i < 100; ++i)
        report(Health::answered);
    report(Health::troubled);
    EXPECT_EQ(site.allowed(now), 10u);
    report(Health::answered);
    EXPECT_EQ(site.allowed(now), 10u);
    for (int i = 0; i < 10; ++i)
        report(Health::answered);
    EXPECT_EQ(site.allowed(now), 11u);
}

TEST_F(SiteHealthTest, IsDeadAfterAWindowfulOfTroubleButNotWhenAnswersComeBetween)
{
    report(Health::troubled);
    EXPECT_EQ(site.state(), SiteHealth::State::alive);
    for (int i = 0; i < 100; ++i) {
        report(Health::answered);
        report(Health::troubled);
        report(Health::answered);
        report(Health::answered);
    }
    EXPECT_EQ(site.state(), SiteHealth::State::alive);
    kill();
    EXPECT_EQ(site.allowed(now), 0u);
}

TEST_F(SiteHealthTest, IsProbedByOneAttemptAndTheBackOffDoublesUpToItsLimit)
{
    kill();
    auto expected = policy.first_back_off;
    for (int i = 0; i < 10; ++i) {
        EXPECT_GE(back_off(), expected);
        EXPECT_LE(back_off(), expected * 5 / 4);
        site.probe();
        EXPECT_EQ(site.allowed(now), 1u);
        report(Health::troubled);
        ASSERT_EQ(site.state(), SiteHealth::State::dead);
        expected = std::min(expected * 2, policy.longest_back_off);
    }
    EXPECT_GE(back_off(), 1h);
}

TEST_F(SiteHealthTest, ComesBackWithAnAnsweredProbeAndBeginsSmall)
{
    kill();
    site.probe();
    report(Health::unknown);
    EXPECT_EQ(site.state(), SiteHealth::State::probing);
    report(Health::answered);
    EXPECT_EQ(site.state(), SiteHealth::State::alive);
    EXPECT_EQ(site.allowed(now), 2u);
}

TEST_F(SiteHealthTest, ForgetsItsBackOffOnlyWhenItIsWellAgain)
{
    kill();
    site.probe();
    report(Health::answered);
    kill();
    EXPECT_GE(back_off(), policy.first_back_off * 2); // It only flickered.
    site.probe();
    for (int i = 0; i < 5; ++i)
        report(Health::answered);
    kill();
    EXPECT_LE(back_off(), policy.first_back_off * 5 / 4);
}

TEST_F(SiteHealthTest, AnAnswerThatWasUnderWayProvesADeadSiteAlive)
{
    kill();
    report(Health::troubled); // Changes nothing: that is known.
    EXPECT_LE(back_off(), policy.first_back_off * 5 / 4);
    report(Health::answered);
    EXPECT_EQ(site.state(), SiteHealth::State::alive);
}

TEST_F(SiteHealthTest, KeepsToTheConnectionsThatTheSiteAsksForForAWhile)
{
    site.limit(2, policy, now);
    EXPECT_EQ(site.allowed(now), 2u);
    for (int i = 0; i < 100; ++i)
        report(Health::answered);
    EXPECT_EQ(site.allowed(now), 2u);
    EXPECT_EQ(site.allowed(now + policy.ceiling_holds), 20u);
}

} // namespace
} // namespace posthouse::spool
