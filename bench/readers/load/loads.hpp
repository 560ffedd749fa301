// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "imap.hpp"
#include "letters.hpp"

#include <functional>
#include <string>
#include <vector>

namespace posthouse::load {

/** What every load is told. */
struct Task {
    Peer peer;
    std::vector<std::string> users{"user"};
    std::string password = "secret";
    std::string mailbox = "INBOX";
    Sizes sizes;
    unsigned connections = 1;
    std::uint64_t count =
        1000;                // of letters, operations, logins or sessions: all connections together
    double seconds = 0;      // if not 0, when to end though `count` is not reached
    std::uint64_t first = 0; // number of the first letter

    const std::string& user(std::size_t connection) const
    {
        return users[connection % users.size()];
    }
};

/**
 * Reads lines: "do COMMAND", "time NAME COMMAND", "again" for a new connection; $UIDVALIDITY and $MODSEQ are what
 * the last SELECT said.
 */
void run_script(const Task& task);
void run_prepare(const Task& task);
void run_append(const Task& task);
void run_mix(const Task& task);
void run_logins(const Task& task);
void run_idle(const Task& task);
void run_pop3(const Task& task);

/** Seconds each took; sorted when asked. */
class Times {
public:
    void add(double seconds) { seconds_.push_back(seconds); }
    void join(const Times& other);
    std::size_t count() const { return seconds_.size(); }
    /** In milliseconds: of 0.5 the median, of 1 the longest. */
    double quantile_ms(double share);

private:
    std::vector<double> seconds_;
};

/** One thread each; returns when all are done. */
void on_threads(unsigned count, const std::function<void(unsigned)>& work);

} // namespace posthouse::load
