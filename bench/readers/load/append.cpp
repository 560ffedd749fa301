// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>

namespace posthouse::load {

namespace {

constexpr std::size_t WINDOW = 32; // APPENDs under way on a connection while a mailbox is filled

constexpr std::uint64_t BATCH = 100;

void append_batch(Imap& imap, const Task& task, std::uint64_t number, std::uint64_t end)
{
    std::string text;
    for (; number < end; ++number) { // RFC 3502 §2
        const auto next = letter(task.first + number, task.sizes);
        text +=
            fmt::format("{}{{{}+}}\r\n", number % 4 == 3 ? " " : " (\\Seen) ", next.size()) + next;
    }
    imap.send(fmt::format("APPEND {}{}", task.mailbox, text));
}

void expect(const Answer& answer)
{
    if (!answer.ok) {
        give_up(fmt::format("APPEND: {}", answer.text));
    }
}

} // namespace

void run_prepare(const Task& task)
{
    // Letters of one mailbox keep their order only on one connection; each user has one.
    const auto start = Clock::now();
    on_threads(static_cast<unsigned>(task.users.size()), [&](unsigned which) {
        Imap imap(task.peer);
        imap.login(task.user(which), task.password);
        const bool many_at_once = imap.must("CAPABILITY").last_untagged.contains("MULTIAPPEND");
        const std::uint64_t batch = many_at_once ? BATCH : 1;
        for (std::uint64_t number = 0; number < task.count; number += batch) {
            append_batch(imap, task, number, std::min(number + batch, task.count));
            if (imap.open_commands() >= WINDOW / batch + 1) {
                expect(imap.next_answer());
            }
        }
        while (imap.open_commands() > 0) {
            expect(imap.next_answer());
        }
        imap.run("LOGOUT");
    });
    const auto seconds = seconds_since(start);
    fmt::print("{{\"seconds\": {:.3f}, \"per_second\": {:.1f}}}\n", seconds,
               static_cast<double>(task.count * task.users.size()) / seconds);
}

void run_append(const Task& task)
{
    std::vector<std::string> letters;
    for (std::uint64_t number = 0; number < 64; ++number) {
        letters.push_back(letter(number, task.sizes));
    }
    std::vector<Imap> connections;
    for (unsigned i = 0; i < task.connections; ++i) {
        connections.emplace_back(task.peer).login(task.user(i), task.password);
    }
    Times times;
    std::mutex joining;
    std::atomic<std::uint64_t> next = 0;
    const auto start = Clock::now();
    on_threads(task.connections, [&](unsigned which) {
        Times own;
        for (std::uint64_t number = 0; (number = next++) < task.count;) {
            if (task.seconds > 0 && seconds_since(start) > task.seconds) {
                break;
            }
            connections[which].send_append(task.mailbox, letters[number % letters.size()]);
            const auto answer = connections[which].next_answer();
            expect(answer);
            own.add(answer.seconds);
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
