// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>

namespace posthouse::load {

void run_logins(const Task& task)
{
    Times times;
    std::mutex joining;
    std::atomic<std::uint64_t> next = 0;
    const auto start = Clock::now();
    on_threads(task.connections, [&](unsigned) {
        Times own;
        for (std::uint64_t number = 0; (number = next++) < task.count;) {
            if (task.seconds > 0 && seconds_since(start) > task.seconds) {
                break;
            }
            const auto began = Clock::now();
            Imap imap(task.peer);
            imap.login(task.user(number), task.password);
            own.add(seconds_since(began));
            imap.run("LOGOUT");
        }
        const std::scoped_lock lock(joining);
        times.join(own);
    });
    const auto seconds = seconds_since(start);
    fmt::print(
        "{{\"per_second\": {:.1f}, \"count\": {}, \"p50_ms\": {:.3f}, \"p99_ms\": {:.3f}}}\n",
        static_cast<double>(times.count()) / seconds, times.count(), times.quantile_ms(0.5),
        times.quantile_ms(0.99));
}

} // namespace posthouse::load
