// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "imap/search_key.hpp"
#include "mail/message_entry.hpp"
#include "mail/message_index.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap::rehearsal {

struct FakeMessage {
    mail::MessageEntry entry;
    std::shared_ptr<const std::string> letter;
    std::shared_ptr<const mail::MessageIndex> index;
};

inline bool fake_contains(std::string_view text, std::string_view wanted)
{
    return lowercase(text).find(lowercase(wanted)) != std::string::npos;
}

/// The first field of that name, unfolded by nobody.
inline bool fake_header_matches(std::string_view letter, std::string_view field,
                                std::string_view wanted)
{
    auto header = letter.substr(0, letter.find("\r\n\r\n"));
    while (!header.empty()) {
        const auto end = header.find("\r\n");
        const auto line = header.substr(0, end);
        header = end == header.npos ? std::string_view() : header.substr(end + 2);
        const auto colon = line.find(':');
        if (colon != line.npos && equal_ignoring_case(line.substr(0, colon), field) &&
            fake_contains(line.substr(colon + 1), wanted))
            return true;
    }
    return false;
}

struct FakeMatch {
    const FakeMessage& message;
    const std::vector<std::string>& keywords;
    std::int64_t now;

    bool all(const std::vector<SearchKey>& keys) const
    {
        return std::ranges::all_of(keys, [&](const SearchKey& key) { return (*this)(key); });
    }
    bool operator()(const SearchKey& key) const { return std::visit(*this, key.is); }

    bool operator()(const search::All&) const { return true; }
    bool operator()(const search::Recent&) const { return false; }
    bool operator()(const search::Messages&) const { return false; }
    bool operator()(const search::SaveDateSupported&) const { return true; }
    bool operator()(const search::Flag& is) const { return message.entry.flags.has(is.flag); }
    bool operator()(const search::Keyword& is) const
    {
        for (std::size_t bit = 0; bit < keywords.size(); ++bit)
            if (equal_ignoring_case(keywords[bit], is.keyword))
                return message.entry.keywords >> bit & 1U;
        return false;
    }
    bool operator()(const search::Uids& is) const
    {
        return std::ranges::any_of(is.set.ranges, [&](const SequenceRange& range) {
            return message.entry.uid >= range.first && message.entry.uid <= range.last;
        });
    }
    bool operator()(const search::Date& is) const
    {
        auto at = message.entry.internal_date;
        if (is.day == search::Day::saved)
            at = message.entry.save_date;
        if (is.day == search::Day::sent) {
            if (!message.index->sent)
                return false;
            at = to_microseconds(*message.index->sent) +
                 60'000'000LL * message.index->sent_zone_minutes;
        }
        const std::chrono::year_month_day day(
            std::chrono::floor<std::chrono::days>(from_microseconds(at)));
        switch (is.order) {
        case search::Order::before:
            return day < is.date;
        case search::Order::on:
            return day == is.date;
        case search::Order::since:
            return day >= is.date;
        }
        return false;
    }
    bool operator()(const search::Size& is) const
    {
        return is.comparison == search::Comparison::larger ? message.entry.size > is.bytes
                                                           : message.entry.size < is.bytes;
    }
    bool operator()(const search::Within& is) const
    {
        const auto edge = now - 1'000'000LL * is.interval.count();
        return is.age == search::Age::older ? message.entry.internal_date <= edge
                                            : message.entry.internal_date >= edge;
    }
    bool operator()(const search::Header& is) const
    {
        return fake_header_matches(*message.letter, is.field, is.text);
    }
    bool operator()(const search::Text& is) const
    {
        auto text = std::string_view(*message.letter);
        if (is.where == search::Where::body) {
            const auto end = text.find("\r\n\r\n");
            text = end == text.npos ? std::string_view() : text.substr(end + 4);
        }
        return fake_contains(text, is.text);
    }
    bool operator()(const search::ModSeq& is) const { return message.entry.modseq >= is.value; }
    bool operator()(const search::EmailId& is) const
    {
        return is.id == "M" + base32_encode(message.entry.email);
    }
    bool operator()(const search::ThreadId& is) const
    {
        return is.id == "T" + base32_encode(message.entry.thread);
    }
    bool operator()(const search::And& is) const { return all(is.keys); }
    bool operator()(const search::Or& is) const
    {
        return std::ranges::any_of(is.keys, [&](const SearchKey& key) { return (*this)(key); });
    }
    bool operator()(const search::Not& is) const { return !(*this)(is.keys.front()); }
    bool operator()(const search::Fuzzy& is) const { return (*this)(is.keys.front()); }
};

inline bool fake_match(const SearchKey& key, const FakeMessage& message,
                       const std::vector<std::string>& keywords, std::int64_t now)
{
    return FakeMatch{message, keywords, now}(key);
}

} // namespace posthouse::imap::rehearsal
