// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "imap/search_key.hpp"
#include "mail/message_entry.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

/// Whether a message meets a search program: RFC 9051 §6.4.4.
namespace posthouse::imap {

enum class Truth : std::uint8_t { no, yes, unknown };

/// What a key asks for that the mailbox's entry of the message does not say; the costlier the
/// later.
enum class SearchCost : std::uint8_t {
    entry,   ///< Nothing: it is in the entry.
    summary, ///< SENTBEFORE, …; header fields, where they are cached
    body,    ///< BODY, TEXT
};

/// What keys mean in one mailbox at one time.
struct SearchScene {
    std::span<const std::string> keywords; ///< Bit n of an entry's keywords is the n-th.
    Timestamp now{};                       ///< For OLDER and YOUNGER
};

/// A program made ready for many messages. Messages in it are named by UID, without `$`; `*` is
/// no more than the largest UID there can be, so the session resolves both before
/// (search_wire.hpp). RECENT is never true.
class SearchPlan {
public:
    SearchPlan(SearchKey program, const SearchScene&);
    SearchPlan(const SearchPlan&) = delete;
    SearchPlan& operator=(const SearchPlan&) = delete;

    /// As far as the entry alone tells.
    Truth by_entry(const mail::MessageEntry&) const;

    /// Asks about leaves that the entry does not decide (Header, Text, and Date of Day::sent), the
    /// cheapest first, and only while the answer matters. Behind FUZZY the leaf's answer may be
    /// loose; the plan itself takes FUZZY key for key.
    bool matches(const mail::MessageEntry&,
                 const std::function<bool(const SearchKey& leaf)>& ask) const;

    /// The same where who is asked may not know: what it is whatever the unknown leaves are, as far
    /// as Kleene's logic tells.
    Truth weigh(const mail::MessageEntry&,
                const std::function<Truth(const SearchKey& leaf)>& ask) const;

    /// The largest cost of any key.
    SearchCost cost() const { return nodes_.front().cost; }

private:
    struct Node {
        enum class Op : std::uint8_t { leaf, all_of, any_of, none_of } op = Op::leaf;
        SearchCost cost = SearchCost::entry;
        const SearchKey* key = nullptr; // Of a leaf that costs more than the entry
        std::function<bool(const mail::MessageEntry&)> holds; // Of one that does not
        std::vector<std::size_t> children;                    // The cheapest first
    };

    std::size_t add(const SearchKey&, const SearchScene&);
    Truth entry_truth(const Node&, const mail::MessageEntry&) const;
    Truth weigh(const Node&, const mail::MessageEntry&,
                const std::function<Truth(const SearchKey&)>& ask) const;

    struct Question;
    bool answer(const Node&, const Question&) const;

    SearchKey program_;
    std::vector<Node> nodes_; // The root is the first.
};

} // namespace posthouse::imap
