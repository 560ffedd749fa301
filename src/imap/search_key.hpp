// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/set.hpp"
#include "mail/flags.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What SEARCH asks for: RFC 9051 §6.4.4, RFC 5032 (OLDER, YOUNGER), RFC 6203 (FUZZY),
/// RFC 7162 §3.1.5 (MODSEQ), RFC 8474 §7 (EMAILID, THREADID), RFC 8514 §4.3 (SAVEDATE).
namespace posthouse::imap {

struct SearchKey;

namespace search {

struct All {};
/// NEW is (RECENT UNSEEN), OLD is NOT RECENT.
struct Recent {};
/// SEEN, ANSWERED, …; UNSEEN is Not of it.
struct Flag {
    mail::SystemFlag flag = mail::SystemFlag::seen;
};
struct Keyword {
    std::string keyword;
};
/// Sequence numbers, or those of `$`, whichever numbering the command has.
struct Messages {
    SequenceSet set;
};
struct Uids {
    SequenceSet set;
};
enum class Day : std::uint8_t { internal, sent, saved };
enum class Order : std::uint8_t { before, on, since };
/// BEFORE, SENTON, SAVEDSINCE, …: the day alone counts, time and zone do not. A message without a
/// date of that kind is not matched.
struct Date {
    Day day = Day::internal;
    Order order = Order::on;
    std::chrono::year_month_day date;
};
struct SaveDateSupported {};
enum class Comparison : std::uint8_t { larger, smaller };
struct Size {
    Comparison comparison = Comparison::larger;
    std::uint64_t bytes = 0;
};
enum class Age : std::uint8_t { older, younger };
/// By the internal date.
struct Within {
    Age age = Age::older;
    std::chrono::seconds interval{};
};
/// FROM, TO, CC, BCC, SUBJECT and HEADER. An empty text asks only whether the field is there.
struct Header {
    std::string field; ///< In lower case.
    std::string text;  ///< In the command's charset.
};
enum class Where : std::uint8_t { body, text };
/// BODY, TEXT.
struct Text {
    Where where = Where::text;
    std::string text; ///< In the command's charset.
};
/// At least this mod-sequence. The entry, where one is named, can be taken for the whole message
/// (RFC 7162 §3.1.5: a server may keep one for all of a message's metadata).
struct ModSeq {
    std::uint64_t value = 0;
    std::string entry; ///< "/flags/\\draft"; or empty.
};
struct EmailId {
    std::string id;
};
struct ThreadId {
    std::string id;
};
struct And {
    std::vector<SearchKey> keys; ///< At least one.
};
struct Or {
    std::vector<SearchKey> keys; ///< Two, or more where ORs stood in one another.
};
struct Not {
    std::vector<SearchKey> keys; ///< One.
};
/// The key may be matched loosely, and messages are to be ranked by how well they match.
struct Fuzzy {
    std::vector<SearchKey> keys; ///< One.
};

} // namespace search

/// A tree no deeper than ParserLimits::search_depth, with ParserLimits::search_keys nodes at most.
struct SearchKey {
    using Is =
        std::variant<search::All, search::Recent, search::Flag, search::Keyword, search::Messages,
                     search::Uids, search::Date, search::SaveDateSupported, search::Size,
                     search::Within, search::Header, search::Text, search::ModSeq, search::EmailId,
                     search::ThreadId, search::And, search::Or, search::Not, search::Fuzzy>;
    Is is;
};

/// Calls `visit` for each node, parents first.
void for_each_key(SearchKey&, const std::function<void(SearchKey&)>& visit);
void for_each_key(const SearchKey&, const std::function<void(const SearchKey&)>& visit);

/// Does any key ask for mod-sequences (and so turns CONDSTORE on, RFC 7162 §3.1)?
bool mentions_modseq(const SearchKey&);
bool is_fuzzy(const SearchKey&);
/// Does any key hold `$`?
bool mentions_saved_result(const SearchKey&);
/// Does any key name messages by their sequence numbers?
bool mentions_numbers(const SearchKey&);

} // namespace posthouse::imap
