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

/// What the selected mailbox has of it. Numbers beyond the mailbox are the client's fault, and so
/// are any where UIDONLY is enabled.
Task<std::expected<Found, Reply>> find(Dialogue&, const command::Search&);

/// An ESEARCH reply's part that is the same for all.
void say_esearch(Dialogue&, EsearchReply, const command::Search&, std::uint64_t modseq);

/// A SEARCH whose result the client wants to be kept told of: RFC 5267 §4.3. Called where a search
/// asks for UPDATE.
/// Nothing: there are too many, which the client was told. Valid until the next one.
Context* keep_context(Dialogue&, const command::Search&, const mail::UidSet& uids);

/// The UIDs of those that are there, in the order of a SORT.
Task<std::expected<std::vector<std::uint32_t>, Reply>> in_order(Dialogue&, mail::UidSet,
                                                                std::vector<command::SortKey>);

} // namespace posthouse::imap
