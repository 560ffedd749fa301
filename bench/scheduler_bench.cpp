// SPDX-License-Identifier: Apache-2.0
// benches: spool
// Deliveries a second through the scheduler: added, started, ended, recorded; and what a delivery
// costs it in memory.
#include "spool/scheduler.hpp"

#include <benchmark/benchmark.h>
#include <deque>
#include <malloc.h>
#include <string>
#include <vector>

namespace {

using namespace posthouse;
using namespace posthouse::spool;

struct Queue {
    Queue() : scheduler([this](auto) { return policy; }, random)
    {
        scheduler.capacity(Carrier::courier, 1'000);
        scheduler.capacity(Carrier::sorter, 64);
    }

    void add(const std::string& destination)
    {
        ++last;
        scheduler.added(destination,
                        {.letter = {last}, .delivery = {last * 31}, .due = now, .accepted = now},
                        now);
    }

    /// Starts what can be started, and ends the oldest attempts.
    std::int64_t turn(std::size_t under_way)
    {
        for (;;) {
            auto decision = scheduler.next(now);
            if (auto* start = std::get_if<decision::Start>(&decision))
                started.push_back(std::move(*start));
            else if (auto* load = std::get_if<decision::Load>(&decision))
                scheduler.loaded(load->destination, {}, std::nullopt, now);
            else
                break;
        }
        std::int64_t ended = 0;
        while (started.size() > under_way) {
            auto start = std::move(started.front());
            started.pop_front();
            ended += static_cast<std::int64_t>(start.deliveries.size());
            benchmark::DoNotOptimize(
                scheduler.attempt_ended(start.attempt, {.done = std::move(start.deliveries)}, now));
            scheduler.recorded(start.attempt);
        }
        return ended;
    }

    std::shared_ptr<const Policy> policy = std::make_shared<Policy>();
    SeededRandom random{1};
    Timestamp now = from_microseconds(1'700'000'000'000'000);
    std::deque<decision::Start> started;
    std::uint64_t last = 0;
    Scheduler scheduler;
};

void deliveries(benchmark::State& state)
{
    Queue queue;
    std::vector<std::string> destinations;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        destinations.push_back("smtp:site" + std::to_string(i) + ".example");
    std::int64_t done = 0;
    for (auto _ : state) {
        queue.add(destinations[queue.last % destinations.size()]);
        done += queue.turn(4);
    }
    state.SetItemsProcessed(done);
}
BENCHMARK(deliveries)->Arg(1)->Arg(100)->Arg(10'000);

/// The same while a thousand dead sites have work.
void deliveries_beside_dead_sites(benchmark::State& state)
{
    Queue queue;
    for (int site = 0; site < 1'000; ++site)
        for (int letter = 0; letter < 20; ++letter)
            queue.add("smtp:dead" + std::to_string(site));
    for (bool more = true; more;) {
        auto decision = queue.scheduler.next(queue.now);
        more = !std::holds_alternative<decision::Sleep>(decision);
        if (auto* start = std::get_if<decision::Start>(&decision)) {
            queue.scheduler.attempt_ended(start->attempt, {.health = Health::troubled}, queue.now);
            queue.scheduler.recorded(start->attempt);
        } else if (auto* load = std::get_if<decision::Load>(&decision)) {
            queue.scheduler.loaded(load->destination, {}, queue.now + std::chrono::hours(1),
                                   queue.now);
        }
    }
    std::int64_t done = 0;
    for (auto _ : state) {
        queue.add("smtp:alive");
        done += queue.turn(4);
    }
    state.SetItemsProcessed(done);
}
BENCHMARK(deliveries_beside_dead_sites);

void bytes_per_waiting_delivery(benchmark::State& state)
{
    for (auto _ : state) {
        Queue queue;
        queue.scheduler.capacity(Carrier::courier, 0);
        const auto before = ::mallinfo2().uordblks;
        for (int i = 0; i < 15'000; ++i)
            queue.add("smtp:site" + std::to_string(i % 50));
        const auto waiting = queue.scheduler.stats().waiting;
        state.counters["waiting"] = static_cast<double>(waiting);
        state.counters["bytes_each"] =
            static_cast<double>(::mallinfo2().uordblks - before) / static_cast<double>(waiting);
    }
}
BENCHMARK(bytes_per_waiting_delivery)->Iterations(1);

} // namespace
