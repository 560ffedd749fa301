// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How SEARCH and SORT are answered: RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 4731, RFC 5267,
/// RFC 7377, RFC 9394.
namespace posthouse::imap {

/// "* SEARCH 2 84 882 (MODSEQ 917162500)"; 0 for no MODSEQ, which an empty result never has.
void append_search_response(std::string& to, const mail::UidSet& found, std::uint64_t mod_seq);
/// "* SORT 5 3 4": the same, in the order given.
void append_sort_response(std::string& to, std::span<const std::uint32_t> sorted,
                          std::uint64_t mod_seq);

/// "5,3:4,2": numbers in the order given; consecutive ascending ones as ranges.
std::string ordered_set_text(std::span<const std::uint32_t>);

/// From which index of so many results up to which (exclusive) a PARTIAL reaches; first == last if
/// there are none. RFC 9394 §3.1
std::pair<std::uint64_t, std::uint64_t> partial_span(const command::PartialRange&,
                                                     std::uint64_t results);

/// A change to what a SEARCH with UPDATE found: RFC 5267 §4.3.
struct ContextChange {
    std::uint32_t position = 0; ///< 0 where the order does not matter.
    std::string numbers;
};

struct EsearchReply {
    std::string tag;
    Numbering by = Numbering::sequence;
    /// Of RFC 7377: which mailbox this is of.
    std::optional<std::pair<MailboxName, std::uint32_t>> mailbox_and_uid_validity;
    std::optional<std::uint32_t> min, max;
    std::optional<std::uint64_t> count;
    std::string all; ///< Empty: not told
    std::optional<std::pair<command::PartialRange, std::string>> partial;
    std::optional<std::uint64_t> mod_seq;
    std::vector<unsigned> relevancy; ///< RFC 6203 §4: 1 to 100, one each of `all` or `partial`.
    std::vector<ContextChange> added, removed;
};
void append_esearch(std::string& to, const EsearchReply&, NameForm);

/// What is to be told of the numbers found. Tag, numbering, mailbox, MODSEQ and relevancy are left
/// to the caller.
EsearchReply esearch_reply(const command::SearchReturn&, const mail::UidSet& found);
/// The same of SORT: MIN and MAX are the first and the last in its order.
EsearchReply esearch_reply(const command::SearchReturn&, std::span<const std::uint32_t> sorted);

/// What `$` holds behind a search with SAVE: RFC 9051 §6.4.4.1, RFC 9394 §3.2.
mail::UidSet saved_by(const command::SearchReturn&, const mail::UidSet& found);
/// The same of UIDs in the order of a SORT.
mail::UidSet saved_of_sorted(const command::SearchReturn&, std::span<const std::uint32_t> sorted);

} // namespace posthouse::imap
