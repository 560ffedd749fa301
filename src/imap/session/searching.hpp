// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/search_reply.hpp"
#include "imap/session/dialogue.hpp"

#include <cstdint>
#include <expected>
#include <string>

/// What SEARCH, SORT, THREAD and ESEARCH have in common.
namespace posthouse::imap {

/// The program with all sets of messages as UIDs, and without what only the session knows (`$`,
/// `*`, RECENT).
SearchKey by_uids(const SearchKey&, const Selected&);
/// Does it name messages, and nothing else of them? Then these are they.
std::optional<mail::UidSet> known_at_once(const SearchKey&, const mail::UidSet& all);

/// Why it cannot be searched for: sequence numbers, where UIDONLY is enabled.
std::optional<Reply> fault_in(const Dialogue&, const SearchKey&);
/// What the selected mailbox has of it; numbers beyond the mailbox are nobody's. With a
/// mod-sequence if the program asks for one.
Task<std::expected<Found, Reply>> find(Dialogue&, const command::Search&);

/// The selected mailbox's part of SEARCH or, with its name, of ESEARCH.
enum class Correlators : std::uint8_t { tag, tag_and_mailbox };
Task<Reply> search_selected(Dialogue&, const command::Search&, Correlators);

/// The highest mod-sequence of those that are told of what was found (RFC 4731 §3.2); 0: none is
/// told.
Task<std::uint64_t> modseq_of(Dialogue&, Handle, const Found&, mail::UidSet returned);

/// Is anything to be told of the result? RFC 5182 §2.1: not by SAVE alone.
bool tells(const command::SearchReturn&);
/// RFC 6203 §4: all match as well as can be known.
void add_relevancy(EsearchReply&, const command::SearchReturn&, std::uint64_t found);

/// An ESEARCH reply's part that is the same for all.
void say_esearch(Dialogue&, EsearchReply, const command::Search&, std::uint64_t modseq);

/// RFC 5267 §4.3: a tag that has a search kept up to date already.
std::optional<Reply> tag_in_use(const Dialogue&, const command::Search&);
/// A SEARCH whose result the client wants to be kept told of: RFC 5267 §4.3. Called where a search
/// asks for UPDATE.
/// Nothing: there are too many, which the client was told. Valid until the next one.
Context* keep_context(Dialogue&, const command::Search&, const mail::UidSet& uids);

/// The UIDs of those that are there, in the order of a SORT.
Task<std::expected<std::vector<std::uint32_t>, Reply>> in_order(Dialogue&, mail::UidSet,
                                                                std::vector<command::SortKey>);

} // namespace posthouse::imap
