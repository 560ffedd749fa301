// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "scanner.hpp"
#include "stream.hpp"

#include <chrono>
#include <deque>

namespace posthouse::load {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/** What a command brought. */
struct Answer {
    bool ok = false;
    std::string text; // the tagged line
    std::string last_untagged;
    double seconds = 0;
    std::uint64_t bytes = 0;
    std::uint64_t literal_bytes = 0;
    std::uint64_t fetches = 0;
    std::uint64_t untagged = 0;
    std::uint64_t found = 0;    // numbers in SEARCH; COUNT in ESEARCH
    std::uint64_t exists = 0;   // the last one said
    std::uint64_t expunged = 0; // after it
    std::uint64_t uid_validity = 0;
    std::uint64_t uid_next = 0;
    std::uint64_t mod_seq = 0;
};

class Imap {
public:
    /** Connected and greeted. */
    explicit Imap(const Peer& peer);

    Answer run(std::string_view command);
    /** As run, but ends the program where it is refused. */
    Answer must(std::string_view command);
    /** Sends a command; answers come in `next_answer` in turn. */
    void send(std::string_view command);
    Answer next_answer();
    std::size_t open_commands() const { return open_.size(); }

    /** APPEND with a literal that is not waited for (RFC 7888); `extra` stands before it: flags. */
    void send_append(std::string_view mailbox, std::string_view letter,
                     std::string_view extra = {});
    void login(std::string_view user, std::string_view password);
    void start_idle();
    /** Ends IDLE; the tagged answer is read. */
    Answer end_idle();

    Stream& stream() { return stream_; }

private:
    bool next_response();
    /** What is left lies in a buffer that the thread's next connection reads into. */
    void keep_unread();

    Stream stream_;
    Scanner scanner_;
    std::string_view unread_;
    std::string text_, left_;
    struct Open {
        std::string tag;
        Clock::time_point since;
    };
    std::deque<Open> open_;
    unsigned number_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace posthouse::load
