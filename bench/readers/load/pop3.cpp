// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <cstring>
#include <fmt/format.h>

namespace posthouse::load {

namespace {

/** POP3's answers by their ends alone: a line, or a line and more until a dot. RFC 1939 §3 */
class Pop3 {
public:
    explicit Pop3(const Peer& peer) : stream_(peer) { line("greeting"); }

    void command(std::string_view text)
    {
        stream_.write(fmt::format("{}\r\n", text));
        line(text);
    }

    /** The bytes of a multi-line answer. */
    std::uint64_t listing(std::string_view text)
    {
        command(text);
        std::uint64_t bytes = 0;
        // What was before counts: the end is CR LF . CR LF, and the listing may be empty.
        std::string_view end = "\r\n.\r\n";
        std::size_t matched = 2;
        for (;;) {
            if (unread_.empty()) {
                more();
            }
            for (std::size_t i = 0; i < unread_.size(); ++i) {
                if (matched == 0) { // The quick way to the next place where it may begin.
                    const void* at = std::memchr(unread_.data() + i, '\r', unread_.size() - i);
                    if (!at) {
                        break;
                    }
                    i = static_cast<std::size_t>(static_cast<const char*>(at) - unread_.data());
                }
                matched = unread_[i] == end[matched] ? matched + 1 : (unread_[i] == '\r' ? 1 : 0);
                if (matched == end.size()) {
                    bytes += i + 1;
                    unread_.remove_prefix(i + 1);
                    return bytes;
                }
            }
            bytes += unread_.size();
            unread_ = {};
        }
    }

private:
    void more()
    {
        unread_ = stream_.some();
        if (unread_.empty()) {
            give_up("the server ended the session");
        }
    }

    void line(std::string_view about)
    {
        std::string text;
        while (!text.ends_with('\n')) {
            if (unread_.empty()) {
                more();
            }
            const auto end = std::min(unread_.find('\n'), unread_.size() - 1) + 1;
            text += unread_.substr(0, end);
            unread_.remove_prefix(end);
        }
        if (!text.starts_with("+OK")) {
            give_up(fmt::format("{}: {}", about, text));
        }
    }

    Stream stream_;
    std::string_view unread_;
};

} // namespace

void run_pop3(const Task& task)
{
    Pop3 pop3(task.peer);
    const auto start = Clock::now();
    pop3.command("USER " + task.user(0));
    pop3.command("PASS " + task.password);
    const auto logged_in = seconds_since(start);
    pop3.command("STAT");
    const auto stat = seconds_since(start);
    const auto listing = Clock::now();
    pop3.listing("UIDL");
    const auto uidl = seconds_since(listing);
    std::uint64_t bytes = 0;
    const auto fetching = Clock::now();
    for (std::uint64_t number = 1; number <= task.count; ++number) {
        bytes += pop3.listing(fmt::format("RETR {}", number));
    }
    const auto fetched = seconds_since(fetching);
    pop3.command("QUIT");
    fmt::print("{{\"login_ms\": {:.3f}, \"stat_ms\": {:.3f}, \"uidl_ms\": {:.3f}, "
               "\"retr_per_second\": {:.1f}, "
               "\"retr_mb_per_second\": {:.1f}}}\n",
               logged_in * 1e3, stat * 1e3, (stat + uidl) * 1e3,
               static_cast<double>(task.count) / fetched,
               static_cast<double>(bytes) / 1e6 / fetched);
}

} // namespace posthouse::load
