// SPDX-License-Identifier: Apache-2.0
#include "tests/spool/scheduler_storm.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::spool {
namespace {

/// Longer than RapidCheck's own vectors, so that memory fills and sites die.
std::vector<std::uint8_t> weather()
{
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<std::uint8_t> bytes(*rc::gen::inRange<std::size_t>(0, 4'000));
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random.next());
    return bytes;
}

TEST(SchedulerProperty, EveryDeliveryEndsOnceWhateverHappensAndIsNeverInTwoAttempts)
{
    EXPECT_TRUE(rc::check("storm", [] {
        const auto bytes = weather();
        Storm storm(bytes);
        storm.rage();
        RC_ASSERT(storm.clear_up() == 0u);
        const auto& keeper = storm.keeper();
        RC_ASSERT(keeper.delivered.size() + keeper.expired.size() + keeper.removed.size() ==
                  storm.added());
        RC_ASSERT(storm.keeper().scheduler.stats().suspects == 0u);
        RC_ASSERT(storm.keeper().scheduler.stats().attempts == 0u);
    }));
}

} // namespace
} // namespace posthouse::spool
