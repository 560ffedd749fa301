// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace posthouse::load {

namespace {

void allow_many_descriptors()
{
    rlimit limit{1 << 17, 1 << 17};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

class Watchers {
public:
    Watchers(const Task& task)
        : task_(task),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          watchers_(task.count)
    {
        const auto openers = std::min<std::uint64_t>(task.connections, task.count);
        on_threads(static_cast<unsigned>(openers), [&](unsigned which) {
            for (std::uint64_t i = which; i < task.count; i += openers) {
                open(i);
            }
        });
    }

    /**
     * A change by the user with that number, and until each of his watchers has heard: milliseconds
     * from when the command was sent; the last watcher's, or nothing if some have not heard in 40
     * s.
     */
    void change(std::size_t user, const std::string& how, Times& each, Times& last)
    {
        Imap changer(task_.peer);
        changer.login(task_.users[user], task_.password);
        changer.must("SELECT " + task_.mailbox);
        changer.must("STORE 1 -FLAGS.SILENT (\\Flagged)"); // As an earlier run may have left it.
        settle();
        std::vector<bool> heard(watchers_.size());
        auto waited_for = (watchers_.size() + task_.users.size() - 1 - user) / task_.users.size();
        const auto start = Clock::now();
        std::jthread acting([&] {
            if (how == "append") {
                changer.send_append(task_.mailbox, letter(1, {2048, 2048}));
                changer.next_answer();
            } else {
                changer.must(how);
            }
        });
        while (waited_for > 0) {
            epoll_event events[256];
            const int count = ::epoll_wait(epoll_, events, 256, 40'000);
            if (count <= 0) {
                give_up(fmt::format("{} watchers have not heard of a change in 40 s", waited_for));
            }
            for (int i = 0; i < count; ++i) {
                const auto which = events[i].data.u64;
                if (drain(which) && which % task_.users.size() == user && !heard[which]) {
                    heard[which] = true;
                    each.add(seconds_since(start));
                    --waited_for;
                }
            }
        }
        last.add(seconds_since(start));
    }

private:
    void open(std::uint64_t which)
    {
        watchers_[which] = std::make_unique<Imap>(task_.peer);
        auto& imap = *watchers_[which];
        imap.login(task_.user(which), task_.password);
        imap.must("SELECT " + task_.mailbox);
        imap.start_idle();
        imap.stream().stop_waiting();
        epoll_event event{.events = EPOLLIN, .data = {.u64 = which}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, imap.stream().descriptor(), &event);
    }

    /** Whether it heard of FETCH or EXISTS; a server's "still here" does not count. */
    bool drain(std::uint64_t which)
    {
        bool news = false;
        while (const auto bytes = watchers_[which]->stream().some_now()) {
            if (bytes->empty()) {
                give_up("the server ended an idle session");
            }
            news = news || bytes->contains(" EXISTS") || bytes->contains(" FETCH") ||
                   bytes->contains(" EXPUNGE") || bytes->contains("VANISHED");
        }
        return news;
    }

    void settle()
    {
        epoll_event events[256];
        for (int count = 0; (count = ::epoll_wait(epoll_, events, 256, 700)) > 0;) {
            for (int i = 0; i < count; ++i) {
                drain(events[i].data.u64);
            }
        }
    }

    const Task& task_;
    int epoll_;
    std::vector<std::unique_ptr<Imap>> watchers_;
};

} // namespace

void run_idle(const Task& task)
{
    allow_many_descriptors();
    const auto start = Clock::now();
    Watchers watchers(task);
    fmt::print("{{\"sessions\": {}, \"opening_seconds\": {:.3f}}}\n", task.count,
               seconds_since(start));
    std::fflush(stdout);
    for (std::string line;
         std::getline(std::cin, line);) { // "ROUNDS CHANGE"; the end of input ends it
        Times each, last;
        const auto rounds = std::stoul(line);
        const auto how = line.substr(line.find(' ') + 1);
        for (std::size_t round = 0; round < rounds; ++round) {
            const auto user = round % task.users.size();
            watchers.change(user, how == "flag" ? "STORE 1 +FLAGS (\\Flagged)" : how, each, last);
        }
        fmt::print("{{\"each_p50_ms\": {:.3f}, \"each_p99_ms\": {:.3f}, \"last_p50_ms\": {:.3f}, "
                   "\"last_max_ms\": {:.3f}}}\n",
                   each.quantile_ms(0.5), each.quantile_ms(0.99), last.quantile_ms(0.5),
                   last.quantile_ms(1));
        std::fflush(stdout);
    }
    std::fflush(nullptr);
    ::_exit(0); // Without a farewell to 10,000.
}

} // namespace posthouse::load
