// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// What SEARCH, SORT, THREAD and ESEARCH have in common.
namespace posthouse::imap {

/// The program with all sets of messages as UIDs, and without what only the session knows (`$`,
/// `*`, RECENT). Numbers beyond the mailbox match nothing.
SearchKey by_uids(const SearchKey&, const Selected&);
/// Does it name messages, and nothing else of them?
std::optional<mail::UidSet> known_at_once(const SearchKey&, const mail::UidSet& all);

/// What the selected mailbox has of it.
Task<std::expected<Found, Reply>> find(Dialogue&, const SearchKey& program, std::string charset);

/// An ESEARCH response: RFC 9051 §7.3.4. `numbers` in the command's numbering.
struct EsearchResult {
    std::string_view tag;
    Numbering by = Numbering::sequence;
    command::SearchReturn want;
    mail::UidSet numbers;
    std::uint64_t highest_modseq = 0; ///< 0: not told
};
void say_esearch(Dialogue&, const EsearchResult&);
/// PARTIAL's cut of a set, by RFC 9394 §3.1: from the front, or from the back.
mail::UidSet cut(const mail::UidSet&, const command::PartialRange&);

} // namespace posthouse::imap
