// SPDX-License-Identifier: Apache-2.0
#include "imap.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace posthouse::load {

namespace {

std::uint64_t number_at(std::string_view text)
{
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::uint64_t number_behind(std::string_view text, std::string_view mark)
{
    const auto at = text.find(mark);
    return at == std::string_view::npos ? 0 : number_at(text.substr(at + mark.size()));
}

void note_untagged(std::string_view text, Answer& answer)
{
    ++answer.untagged;
    text.remove_prefix(std::min<std::size_t>(2, text.size()));
    if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        const auto space = text.find(' ');
        const auto what =
            space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
        if (what.starts_with("FETCH")) {
            ++answer.fetches;
        } else if (what.starts_with("EXISTS")) {
            answer.exists = number_at(text);
            answer.expunged = 0;
        } else if (what.starts_with("EXPUNGE")) {
            ++answer.expunged;
        }
    } else if (text.starts_with("SEARCH")) {
        answer.found = static_cast<std::uint64_t>(std::ranges::count(text, ' '));
        if (const auto mod_seq = text.find(" (MODSEQ"); mod_seq != std::string_view::npos) {
            answer.found -= 2;
        }
    } else if (text.starts_with("ESEARCH")) {
        answer.found = number_behind(text, "COUNT ");
    } else if (text.starts_with("OK [")) {
        answer.uid_validity = std::max(answer.uid_validity, number_behind(text, "[UIDVALIDITY "));
        answer.uid_next = std::max(answer.uid_next, number_behind(text, "[UIDNEXT "));
        answer.mod_seq = std::max(answer.mod_seq, number_behind(text, "[HIGHESTMODSEQ "));
    }
}

} // namespace

Imap::Imap(const Peer& peer) : stream_(peer)
{
    if (!next_response() || !scanner_.response().starts_with("* OK")) {
        give_up(fmt::format("no greeting: {}", scanner_.response()));
    }
}

bool Imap::next_response()
{
    for (;;) {
        const auto before = unread_.size();
        const bool whole = scanner_.take(unread_);
        bytes_ += before - unread_.size();
        if (whole) {
            return true;
        }
        unread_ = stream_.some();
        if (unread_.empty()) {
            return false;
        }
    }
}

void Imap::keep_unread()
{
    left_ = std::string(unread_);
    unread_ = left_;
}

void Imap::send(std::string_view command)
{
    open_.push_back({fmt::format("a{}", ++number_), Clock::now()});
    text_ = fmt::format("{} {}\r\n", open_.back().tag, command);
    stream_.write(text_);
}

Answer Imap::next_answer()
{
    const auto [tag, since] = open_.front();
    open_.pop_front();
    Answer answer;
    const auto bytes = bytes_, literals = scanner_.literal_bytes();
    while (next_response()) {
        const auto text = scanner_.response();
        if (text.starts_with("* ")) {
            note_untagged(text, answer);
            if (!text.starts_with("* OK [") && text.size() < 2000) {
                answer.last_untagged = text;
            }
        } else if (text.starts_with("+")) {
            continue;
        } else if (text.starts_with(tag) && text.size() > tag.size() && text[tag.size()] == ' ') {
            answer.text = text.substr(tag.size() + 1);
            answer.ok = answer.text.starts_with("OK");
            answer.mod_seq = std::max(answer.mod_seq, number_behind(text, "HIGHESTMODSEQ "));
            answer.seconds = seconds_since(since);
            answer.bytes = bytes_ - bytes;
            answer.literal_bytes = scanner_.literal_bytes() - literals;
            keep_unread();
            return answer;
        } else {
            give_up(fmt::format("unexpected: {}", text));
        }
    }
    give_up(fmt::format("the server ended the session while {} was open; last it said: {}", tag,
                        answer.last_untagged));
}

Answer Imap::run(std::string_view command)
{
    send(command);
    return next_answer();
}

Answer Imap::must(std::string_view command)
{
    auto answer = run(command);
    if (!answer.ok) {
        give_up(fmt::format("{}: {}", command.substr(0, 100), answer.text));
    }
    return answer;
}

void Imap::send_append(std::string_view mailbox, std::string_view letter, std::string_view extra)
{
    open_.push_back({fmt::format("a{}", ++number_), Clock::now()});
    text_ =
        fmt::format("{} APPEND {} {}{{{}+}}\r\n", open_.back().tag, mailbox, extra, letter.size());
    text_ += letter;
    text_ += "\r\n";
    stream_.write(text_);
}

void Imap::login(std::string_view user, std::string_view password)
{
    must(fmt::format("LOGIN \"{}\" \"{}\"", user, password));
}

void Imap::start_idle()
{
    send("IDLE");
    while (next_response()) {
        if (scanner_.response().starts_with("+")) {
            keep_unread();
            return;
        }
        if (!scanner_.response().starts_with("* ")) {
            give_up(fmt::format("IDLE: {}", scanner_.response()));
        }
    }
    give_up("the server ended the session at IDLE");
}

Answer Imap::end_idle()
{
    stream_.write("DONE\r\n");
    return next_answer();
}

} // namespace posthouse::load
