// SPDX-License-Identifier: Apache-2.0
#include "tests/spool/model_keeper.hpp"

#include <gtest/gtest.h>

namespace posthouse::spool {
namespace {

using namespace std::chrono_literals;
using Company = decision::Start::Company;

TEST(Scheduler, StartsWhatIsDueAtOnceAndSleepsOtherwise)
{
    ModelKeeper keeper;
    EXPECT_TRUE(keeper.run().empty());
    EXPECT_FALSE(keeper.wake);
    EXPECT_EQ(keeper.add("smtp:a", 1, 10), Placement::in_memory);
    EXPECT_EQ(keeper.add("smtp:a", 1, 10), Placement::known);
    const auto started = keeper.run();
    ASSERT_EQ(started.size(), 1u);
    EXPECT_EQ(keeper.started(started[0]).destination, "smtp:a");
    EXPECT_EQ(keeper.started(started[0]).deliveries, std::vector{DeliveryId{10}});
    keeper.finish(started[0]);
    EXPECT_TRUE(keeper.run().empty());
    EXPECT_EQ(keeper.scheduler.stats().under_way, 0u);
}

TEST(Scheduler, PutsRecipientsOfOneLetterIntoOneAttemptUpToTheLimit)
{
    Policy policy;
    policy.recipients = 3;
    ModelKeeper keeper(policy);
    for (std::uint64_t delivery = 0; delivery < 7; ++delivery)
        keeper.add("smtp:a", 1, delivery);
    const auto started = keeper.run();
    ASSERT_EQ(started.size(), 3u);
    EXPECT_EQ(keeper.started(started[0]).deliveries.size(), 3u);
    EXPECT_EQ(keeper.started(started[2]).deliveries.size(), 1u);
}

TEST(Scheduler, NeverPutsTwoLettersOrTwoDestinationsIntoOneAttempt)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.add("smtp:a", 2, 2);
    keeper.add("smtp:b", 1, 3);
    EXPECT_EQ(keeper.run().size(), 3u);
}

TEST(Scheduler, TriesADeferredDeliveryAgainWhenItIsDueAndNotBefore)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.fail(keeper.run().at(0), Health::answered);
    EXPECT_TRUE(keeper.run().empty());
    ASSERT_TRUE(keeper.wake);
    EXPECT_GE(*keeper.wake - keeper.now, 4min);
    EXPECT_LE(*keeper.wake - keeper.now, 6min);
    keeper.now = *keeper.wake;
    EXPECT_EQ(keeper.run().size(), 1u);
}

TEST(Scheduler, HoldsNothingInMemoryForWhatIsNotDue)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.fail(keeper.run().at(0), Health::answered);
    EXPECT_EQ(keeper.scheduler.stats().waiting, 0u);
    EXPECT_EQ(keeper.scheduler.stats().under_way, 0u);
}

TEST(Scheduler, ReportsTheEndOfALifetime)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    const auto attempt = keeper.run().at(0);
    keeper.advance(std::chrono::days(5));
    keeper.fail(attempt, Health::answered);
    EXPECT_EQ(keeper.expired.size(), 1u);
    EXPECT_EQ(keeper.left(), 0u);
}

TEST(Scheduler, FindsAfterARestartWhatIsOnDisk)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 0);
    for (std::uint64_t i = 0; i < 100; ++i)
        keeper.add("smtp:a", i, i);
    Scheduler second([](auto) { return std::make_shared<Policy>(); }, keeper.random);
    second.capacity(Carrier::courier, 10);
    second.has_more("smtp:a", keeper.now - 1h);
    const auto decision = second.next(keeper.now);
    const auto* load = std::get_if<decision::Load>(&decision);
    ASSERT_NE(load, nullptr);
    EXPECT_EQ(load->destination, "smtp:a");
    const Item item{.letter = {5}, .delivery = {6}, .due = keeper.now, .accepted = keeper.now};
    second.loaded("smtp:a", {&item, 1}, std::nullopt, keeper.now);
    EXPECT_TRUE(std::holds_alternative<decision::Start>(second.next(keeper.now)));
}

TEST(Scheduler, TakesEverythingOnDiskInTurnThoughMemoryIsSmall)
{
    Policy policy;
    policy.in_memory = 10;
    ModelKeeper keeper(policy, {.in_memory = 40, .open_loads = 2});
    for (std::uint64_t i = 0; i < 500; ++i)
        keeper.add("smtp:" + std::to_string(i % 7), i, i);
    EXPECT_LE(keeper.scheduler.stats().waiting, 40u);
    while (keeper.left() > 0) {
        const auto started = keeper.run();
        ASSERT_FALSE(started.empty());
        for (const auto attempt : started)
            keeper.finish(attempt);
    }
    EXPECT_EQ(keeper.delivered.size(), 500u);
    EXPECT_LT(keeper.loads_read, 500u); // In pages, not one by one.
}

TEST(Scheduler, NeverStartsADoneDeliveryAgainThoughAnOpenLoadReadItsRow)
{
    ModelKeeper keeper;
    keeper.loads = ModelKeeper::Loads::later;
    keeper.add("smtp:a", 1, 1);
    keeper.scheduler.has_more("smtp:a", keeper.now);
    const auto started = keeper.run();
    ASSERT_EQ(started.size(), 1u);
    ASSERT_EQ(keeper.open_loads.size(), 1u); // It has read the row,
    keeper.finish(started[0]);               // which is erased
    keeper.answer_load(0);                   // before the page arrives.
    EXPECT_TRUE(keeper.run().empty());
    EXPECT_EQ(keeper.scheduler.stats().under_way, 0u);
}

TEST(Scheduler, NeverStartsARemovedDeliveryThoughAnOpenLoadReadItsRow)
{
    for (const bool whole_letter : {false, true}) {
        ModelKeeper keeper;
        keeper.scheduler.capacity(Carrier::courier, 0);
        keeper.add("smtp:a", 1, 1);
        const Item row{.letter = {9}, .delivery = {9}, .due = keeper.now, .accepted = keeper.now};
        keeper.scheduler.capacity(Carrier::courier, 1);
        keeper.loads = ModelKeeper::Loads::later;
        keeper.scheduler.has_more("smtp:b", keeper.now);
        keeper.run();
        ASSERT_EQ(keeper.open_loads.size(), 1u);
        whole_letter ? keeper.scheduler.removed(row.letter)
                     : keeper.scheduler.removed(row.letter, row.delivery);
        keeper.open_loads[0].items = {row};
        keeper.answer_load(0);
        EXPECT_TRUE(keeper.run().empty());
    }
}

TEST(Scheduler, NeverLosesARowThatWasWrittenWhileALoadWasOpen)
{
    Policy policy;
    policy.in_memory = 2;
    ModelKeeper keeper(policy);
    keeper.loads = ModelKeeper::Loads::later;
    keeper.scheduler.has_more("smtp:a", keeper.now);
    keeper.run();
    ASSERT_EQ(keeper.open_loads.size(), 1u); // It has read that there is nothing.
    for (std::uint64_t i = 0; i < 5; ++i)
        EXPECT_EQ(keeper.add("smtp:a", i, i), Placement::on_disk);
    keeper.answer_load(0);
    keeper.loads = ModelKeeper::Loads::at_once;
    while (keeper.left() > 0) {
        const auto started = keeper.run();
        ASSERT_FALSE(started.empty());
        for (const auto attempt : started)
            keeper.finish(attempt);
    }
}

TEST(Scheduler, NeverHasMoreAttemptsAtASiteThanItsWindowAllows)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 500; ++i)
        keeper.add("smtp:a", i, i);
    std::size_t most = 0;
    for (int round = 0; round < 100 && keeper.left() > 0; ++round) {
        keeper.run();
        most = std::max(most, keeper.attempts.size());
        keeper.finish(keeper.attempts.begin()->first);
    }
    EXPECT_EQ(most, 20u);
}

TEST(Scheduler, NeverHasMoreAttemptsThanItsCarriersCanCarry)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 7);
    for (std::uint64_t i = 0; i < 100; ++i)
        keeper.add("smtp:" + std::to_string(i), i, i);
    EXPECT_EQ(keeper.run().size(), 7u);
    keeper.finish(keeper.attempts.begin()->first);
    EXPECT_EQ(keeper.run().size(), 1u);
    keeper.scheduler.capacity(Carrier::courier, 9);
    EXPECT_EQ(keeper.run().size(), 2u);
}

TEST(Scheduler, KeepsEachKindOfCarrierApart)
{
    const auto far = std::make_shared<Policy>(), near = std::make_shared<Policy>(Policy::mailbox());
    SeededRandom random(1);
    Scheduler scheduler([&](std::string_view key) { return key == "mailbox:" ? near : far; },
                        random);
    scheduler.capacity(Carrier::sorter, 1);
    const Timestamp now = from_microseconds(1);
    scheduler.added("smtp:a", {.letter = {1}, .delivery = {1}, .due = now, .accepted = now}, now);
    scheduler.added("mailbox:", {.letter = {1}, .delivery = {2}, .due = now, .accepted = now}, now);
    const auto decision = scheduler.next(now);
    ASSERT_TRUE(std::holds_alternative<decision::Start>(decision));
    EXPECT_EQ(std::get<decision::Start>(decision).destination, "mailbox:");
    EXPECT_TRUE(std::holds_alternative<decision::Sleep>(scheduler.next(now)));
}

TEST(Scheduler, LetsASingleLetterPassOneOfTenThousandRecipients)
{
    Policy policy;
    policy.site.most_attempts = policy.site.initial_attempts = 2;
    ModelKeeper keeper(policy);
    for (std::uint64_t i = 0; i < 10'000; ++i)
        keeper.add("smtp:a", 1, i, priority_for(10'000));
    keeper.run();
    keeper.add("smtp:a", 2, 1, priority_for(1));
    keeper.finish(keeper.attempts.begin()->first);
    const auto next = keeper.run();
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(keeper.started(next[0]).letter, LetterId{2});
}

TEST(Scheduler, TakesTurnsAmongLettersOfOneBand)
{
    Policy policy;
    policy.recipients = 10;
    policy.site.most_attempts = policy.site.initial_attempts = 1;
    ModelKeeper keeper(policy);
    for (std::uint64_t i = 0; i < 400; ++i)
        keeper.add("smtp:a", 1, i);
    keeper.add("smtp:a", 2, 1);
    int before = 0;
    for (; before < 5; ++before) {
        const auto attempt = keeper.run().at(0);
        if (keeper.started(attempt).letter == LetterId{2})
            break;
        keeper.finish(attempt);
    }
    EXPECT_LE(before, 1);
}

TEST(Scheduler, TakesTurnsAmongSites)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 1);
    for (std::uint64_t i = 0; i < 300; ++i)
        keeper.add("smtp:big", i, i);
    keeper.add("smtp:small", 1000, 1);
    for (int round = 0; round < 2; ++round) {
        const auto attempt = keeper.run().at(0);
        if (keeper.started(attempt).destination == "smtp:small")
            return;
        keeper.finish(attempt);
    }
    FAIL() << "the small site waited for more than one attempt of the big one";
}

TEST(Scheduler, PrefersUrgentBandsButStarvesNone)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 1);
    for (std::uint64_t i = 0; i < 100; ++i) {
        keeper.add("smtp:a", 1000 + i, i, 3);
        keeper.add("smtp:a", 2000 + i, i, 0);
    }
    int bulk = 0;
    for (int round = 0; round < 80; ++round) {
        const auto attempt = keeper.run().at(0);
        bulk += keeper.started(attempt).letter.value < 2000 ? 1 : 0;
        keeper.finish(attempt);
    }
    EXPECT_EQ(bulk, 10);
}

TEST(Scheduler, LeavesADeadSiteAloneAndThenProbesItWithOneAttempt)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 100; ++i)
        keeper.add("smtp:a", i, i);
    for (const auto attempt : keeper.run())
        keeper.fail(attempt);
    EXPECT_TRUE(keeper.run().empty());
    const auto site = keeper.scheduler.site_of("smtp:a", keeper.now);
    ASSERT_EQ(site->state, SiteHealth::State::dead);
    EXPECT_EQ(keeper.scheduler.stats().waiting, 0u); // Its room is free for others.
    EXPECT_EQ(keeper.add("smtp:a", 500, 500), Placement::on_disk);

    keeper.now = *site->dead_until;
    const auto probe = keeper.run();
    ASSERT_EQ(probe.size(), 1u);
    keeper.finish(probe[0]);
    const auto next = keeper.run();
    EXPECT_EQ(next.size(), 2u);
    for (const auto attempt : next)
        keeper.finish(attempt);
    for (int round = 0; round < 200 && keeper.left() > 0; ++round) {
        const auto started = keeper.run();
        for (const auto attempt : started)
            keeper.finish(attempt);
        if (started.empty())
            keeper.now = keeper.wake.value();
    }
    EXPECT_EQ(keeper.left(), 0u);
}

TEST(Scheduler, NeverLetsADeadSitesThousandsDelayAnother)
{
    ModelKeeper keeper(Policy::smtp(), {.in_memory = 2'000});
    for (std::uint64_t i = 0; i < 20'000; ++i)
        keeper.add("smtp:dead" + std::to_string(i % 10), i, i);
    for (int minute = 0; minute < 60; ++minute) {
        for (const auto attempt : keeper.run()) {
            const bool dead = keeper.started(attempt).destination.starts_with("smtp:dead");
            dead ? keeper.fail(attempt) : keeper.finish(attempt);
        }
        keeper.add("smtp:alive", 100'000 + static_cast<std::uint64_t>(minute), 1);
        std::size_t alive = 0;
        for (const auto attempt : keeper.run())
            if (keeper.started(attempt).destination == "smtp:alive") {
                ++alive;
                keeper.finish(attempt);
            }
        ASSERT_EQ(alive, 1u);
        for (auto left = keeper.attempts; const auto& [attempt, _] : left)
            keeper.fail(attempt);
        keeper.advance(1min);
    }
    EXPECT_LT(keeper.loads_read, 5'000u);
}

TEST(Scheduler, LeavesRoomForOneMoreSiteThoughManySlowOnesWait)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 40'000; ++i)
        keeper.add("smtp:slow" + std::to_string(i % 40), i, i);
    keeper.run();
    EXPECT_LE(keeper.scheduler.stats().waiting + keeper.scheduler.stats().under_way, 20'000u);
    EXPECT_EQ(keeper.add("smtp:new", 100'000, 1), Placement::in_memory);
}

TEST(Scheduler, HoldsAtMostAThousandDeliveriesOfASiteInMemory)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 3'000; ++i)
        keeper.add("smtp:a", i, i);
    keeper.run();
    EXPECT_LE(keeper.scheduler.site_of("smtp:a", keeper.now)->in_memory, 1'000u);
}

TEST(Scheduler, TreatsDestinationsWithTheSameHostsAsOneSite)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 50; ++i)
        keeper.add("smtp:" + std::to_string(i), i, i);
    const auto first = keeper.run();
    ASSERT_EQ(first.size(), 50u); // Nothing is known: each is its own site.
    for (const auto attempt : first)
        keeper.fail(attempt, Health::troubled, "mx.provider.example");
    EXPECT_EQ(keeper.scheduler.stats().sites, 1u);
    EXPECT_EQ(keeper.scheduler.site_of("smtp:7", keeper.now)->state, SiteHealth::State::dead);
    keeper.add("smtp:7", 100, 100);
    keeper.add("smtp:8", 101, 101);
    EXPECT_TRUE(keeper.run().empty());
    keeper.now = *keeper.scheduler.site_of("smtp:7", keeper.now)->dead_until;
    EXPECT_EQ(keeper.run().size(), 1u);
}

TEST(Scheduler, MovesADestinationWhoseHostsChanged)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.add("smtp:b", 2, 2);
    for (const auto attempt : keeper.run()) {
        keeper.end(attempt, 1, Health::answered, "mx.one.example");
        keeper.record(attempt);
    }
    EXPECT_EQ(keeper.scheduler.stats().sites, 1u);
    keeper.add("smtp:a", 3, 3);
    keeper.add("smtp:a", 4, 4);
    const auto started = keeper.run();
    keeper.fail(started.at(0), Health::troubled, "mx.two.example");
    EXPECT_EQ(keeper.scheduler.stats().sites, 2u);
    EXPECT_EQ(keeper.scheduler.site_of("smtp:a", keeper.now)->key, "mx.two.example");
    EXPECT_EQ(keeper.scheduler.site_of("smtp:a", keeper.now)->attempts, 1u);
    EXPECT_EQ(keeper.scheduler.site_of("smtp:b", keeper.now)->attempts, 0u);
}

TEST(Scheduler, TriesWhatACrashedWorkerHadInHandAloneOneAtATimeAfterOtherWork)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 6; ++i)
        keeper.add("smtp:a", 1, i);
    keeper.add("smtp:b", 2, 1);
    for (const auto attempt : keeper.run())
        keeper.lose(attempt, Loss::crashed);
    EXPECT_EQ(keeper.scheduler.stats().suspects, 7u);
    keeper.add("smtp:c", 3, 1);
    const auto started = keeper.run();
    ASSERT_EQ(started.size(), 2u);
    EXPECT_EQ(keeper.started(started[0]).company, Company::shared);
    EXPECT_EQ(keeper.started(started[0]).letter, LetterId{3});
    EXPECT_EQ(keeper.started(started[1]).company, Company::alone);
    EXPECT_EQ(keeper.started(started[1]).deliveries.size(), 1u);
    EXPECT_TRUE(keeper.run().empty());
    keeper.finish(started[1]);
    EXPECT_EQ(keeper.run().size(), 1u);
}

TEST(Scheduler, StartsSuspectsThoughThereIsAlwaysOtherWork)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 1);
    keeper.add("smtp:a", 1, 1);
    keeper.lose(keeper.run().at(0), Loss::crashed);
    for (std::uint64_t i = 0; i < 100; ++i) {
        keeper.add("smtp:b", 10 + i, i);
        keeper.add("smtp:b", 1'000 + i, i);
        const auto attempt = keeper.run().at(0);
        if (keeper.started(attempt).company == Company::alone)
            return;
        keeper.finish(attempt);
    }
    FAIL();
}

TEST(Scheduler, CountsHowOftenALetterCrashedItsWorkerAlone)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.add("smtp:b", 2, 2);
    for (const auto attempt : keeper.run())
        EXPECT_EQ(keeper.lose(attempt, Loss::crashed).at(0).crashes_alone, 0u);
    std::uint32_t crashes = 0;
    while (crashes < 3) {
        const auto attempt = keeper.run().at(0);
        if (keeper.started(attempt).letter == LetterId{2})
            keeper.finish(attempt);
        else
            EXPECT_EQ(keeper.lose(attempt, Loss::crashed).at(0).crashes_alone, ++crashes);
    }
    keeper.remove(1, 1); // Set aside.
    EXPECT_TRUE(keeper.run().empty());
    EXPECT_EQ(keeper.scheduler.stats().suspects, 0u);
}

TEST(Scheduler, GivesBackTheWorkOfAStoppedWorkerWithoutSuspicion)
{
    ModelKeeper keeper;
    keeper.add("smtp:a", 1, 1);
    keeper.add("smtp:a", 1, 2);
    keeper.lose(keeper.run().at(0), Loss::stopped);
    const auto started = keeper.run();
    ASSERT_EQ(started.size(), 1u);
    EXPECT_EQ(keeper.started(started[0]).company, Company::shared);
    EXPECT_EQ(keeper.started(started[0]).deliveries.size(), 2u);
}

TEST(Scheduler, BoundsItsSuspects)
{
    ModelKeeper keeper(Policy::smtp(), {.suspects = 3});
    for (std::uint64_t i = 0; i < 10; ++i)
        keeper.add("smtp:a", 1, i);
    keeper.lose(keeper.run().at(0), Loss::crashed);
    EXPECT_EQ(keeper.scheduler.stats().suspects, 3u);
    EXPECT_EQ(keeper.scheduler.stats().waiting, 10u);
}

TEST(Scheduler, ForgetsWhatWasRemoved)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 1);
    for (std::uint64_t i = 0; i < 4; ++i)
        keeper.add("smtp:a", 1, i);
    const auto attempt = keeper.run().at(0);
    for (std::uint64_t i = 4; i < 9; ++i)
        keeper.add("smtp:a", 1, i);
    keeper.remove(1, 0); // Under way.
    keeper.remove(1, 5); // Waiting.
    keeper.end(attempt, 0, Health::answered);
    EXPECT_EQ(keeper.attempts.at(attempt).deferred.size(), 3u);
    keeper.record(attempt);
    const auto next = keeper.run().at(0);
    EXPECT_EQ(keeper.started(next).deliveries.size(), 4u);
    keeper.scheduler.removed(LetterId{1});
    EXPECT_EQ(keeper.scheduler.attempt_ended(next, {}, keeper.now).size(), 0u);
    keeper.scheduler.recorded(next);
    EXPECT_EQ(keeper.scheduler.stats().under_way, 0u);
}

TEST(Scheduler, ExpiresWhatNeverHadAChanceAtADeadSite)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 3'000; ++i)
        keeper.add("smtp:a", i, i);
    const auto end = keeper.now + std::chrono::days(6);
    while (keeper.now < end && keeper.left() > 0) {
        for (const auto attempt : keeper.run())
            keeper.fail(attempt);
        keeper.now = std::max(keeper.now + 1s, keeper.wake.value_or(keeper.now));
    }
    EXPECT_EQ(keeper.left(), 0u);
    EXPECT_EQ(keeper.expired.size(), 3'000u);
}

TEST(Scheduler, TriesAnOldLetterOnceMoreWhenItsSiteIsNotKnownToBeDead)
{
    ModelKeeper keeper;
    keeper.scheduler.capacity(Carrier::courier, 0);
    keeper.add("smtp:a", 1, 1);
    keeper.advance(std::chrono::days(9));
    keeper.scheduler.capacity(Carrier::courier, 1);
    EXPECT_EQ(keeper.run().size(), 1u);
}

TEST(Scheduler, EndsABackOffWhenToldTo)
{
    ModelKeeper keeper;
    for (std::uint64_t i = 0; i < 20; ++i)
        keeper.add("smtp:a", i, i);
    for (const auto attempt : keeper.run())
        keeper.fail(attempt);
    EXPECT_TRUE(keeper.run().empty());
    keeper.scheduler.retry_now("smtp:a");
    EXPECT_EQ(keeper.run().size(), 1u);
    keeper.scheduler.retry_now("smtp:unknown");
}

TEST(Scheduler, ForgetsDestinationsThatAreLongIdle)
{
    ModelKeeper keeper(Policy::smtp(), {.idle_destinations = 10, .parked_destinations = 5});
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        keeper.add("smtp:" + std::to_string(i), i, i);
        keeper.finish(keeper.run().at(0));
    }
    EXPECT_EQ(keeper.scheduler.stats().destinations, 10u);
    EXPECT_EQ(keeper.scheduler.stats().sites, 10u);
    for (std::uint64_t i = 0; i < 100; ++i)
        keeper.scheduler.has_more("smtp:later" + std::to_string(i), keeper.now + 1h);
    EXPECT_EQ(keeper.scheduler.stats().destinations, 15u);
}

TEST(Scheduler, SurvivesReportsOfAttemptsThatItDoesNotKnow)
{
    ModelKeeper keeper;
    EXPECT_TRUE(keeper.scheduler.attempt_ended(AttemptId{77}, {}, keeper.now).empty());
    keeper.scheduler.recorded(AttemptId{77});
    EXPECT_TRUE(keeper.scheduler.attempt_lost(AttemptId{77}, Loss::crashed).empty());
    keeper.add("smtp:a", 1, 1);
    const auto attempt = keeper.run().at(0);
    keeper.scheduler.recorded(attempt); // Not ended.
    keeper.end(attempt, 1, Health::answered);
    EXPECT_TRUE(keeper.scheduler.attempt_lost(attempt, Loss::stopped).empty());
    keeper.record(attempt);
}

} // namespace
} // namespace posthouse::spool
