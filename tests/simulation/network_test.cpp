// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/network.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <unistd.h>

namespace posthouse::simulation {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise)
{
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

char playing[64] = "";

/// A broken contract ends the program: which seed it was must be known even then.
void name_the_seed(int signal)
{
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, playing, std::strlen(playing));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// POSTHOUSE_SIMULATION_SEED plays one seed again; POSTHOUSE_SIMULATION_SEEDS says how many.
struct Simulation : testing::Test {
    static void SetUpTestSuite()
    {
        const auto one = number_from("POSTHOUSE_SIMULATION_SEED", 0);
        const auto first = one != 0 ? one : 1;
        const auto many = one != 0 ? 1 : number_from("POSTHOUSE_SIMULATION_SEEDS", 1'000);
        std::signal(SIGABRT, name_the_seed);
        for (std::uint64_t seed = first; seed < first + many; ++seed) {
            std::snprintf(playing, sizeof playing, "POSTHOUSE_SIMULATION_SEED=%llu\n",
                          static_cast<unsigned long long>(seed));
            const auto story = Network(seed).run();
            total.letters += story.letters;
            total.crashes += story.crashes;
            total.courier_losses += story.courier_losses;
            total.delivered += story.delivered;
            total.returned += story.returned;
            total.duplicates += story.duplicates;
            total.steps += story.steps;
            for (const auto& fault : story.faults)
                if (total.faults.size() < 20)
                    total.faults.push_back("POSTHOUSE_SIMULATION_SEED=" + std::to_string(seed) +
                                           ": " + fault);
        }
        std::signal(SIGABRT, SIG_DFL);
    }
    static inline Story total;
};

TEST_F(Simulation, EveryAcknowledgedLetterEndsOncePerRecipientAndNothingIsLeft)
{
    for (const auto& fault : total.faults)
        ADD_FAILURE() << fault;
}

TEST_F(Simulation, TheStormWasOne) // What never happens proves nothing.
{
    RecordProperty("letters", static_cast<int>(total.letters));
    std::printf("letters %zu, delivered %zu, returned %zu, duplicates %zu, crashes %zu, courier "
                "losses %zu, events %llu\n",
                total.letters, total.delivered, total.returned, total.duplicates, total.crashes,
                total.courier_losses, static_cast<unsigned long long>(total.steps));
    EXPECT_GT(total.letters, 0u);
    EXPECT_GT(total.delivered, total.letters / 2);
    EXPECT_GT(total.crashes, 0u);
    if (total.letters > 1'000) {
        EXPECT_GT(total.returned, 0u);
        EXPECT_GT(total.duplicates, 0u); // Power cuts between 250 and its record.
        EXPECT_GT(total.courier_losses, 0u);
    }
}

TEST(SimulationSeed, TellsTheSameStoryTwice)
{
    const auto first = Network(42).run(), second = Network(42).run();
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_EQ(first.took, second.took);
    EXPECT_EQ(first.delivered, second.delivered);
    EXPECT_EQ(first.crashes, second.crashes);
}

} // namespace
} // namespace posthouse::simulation
