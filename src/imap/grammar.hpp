// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/reader.hpp"

#include <string_view>
#include <vector>

/// The parsers of single commands. Each begins behind the command's name and reads to the end but
/// for trailing spaces; what it returns counts only if the reader has not failed.
namespace posthouse::imap::grammar {

// parse_session.cpp
CommandBody id(Reader&);
CommandBody authenticate(Reader&);
CommandBody login(Reader&);
CommandBody compress(Reader&);
CommandBody enable(Reader&);

// parse_mailbox.cpp
CommandBody select(Reader&, command::Access);
CommandBody create(Reader&);
CommandBody rename(Reader&);
CommandBody status(Reader&);
std::vector<command::StatusItem> status_items(Reader&);

// parse_list.cpp
CommandBody list(Reader&);
CommandBody lsub(Reader&);

// parse_append.cpp
CommandBody append(Reader&);
CommandBody replace(Reader&, Numbering);

// parse_fetch.cpp
CommandBody fetch(Reader&, Numbering);
std::vector<FetchItem> fetch_items(Reader&);
command::PartialRange partial_range(Reader&);

// parse_store.cpp
CommandBody store(Reader&, Numbering);
CommandBody copy(Reader&, Numbering, command::Transfer);
CommandBody uid_expunge(Reader&);

// parse_search_program.cpp
/// Keys up to the end of the command.
SearchKey search_program(Reader&);

// parse_search.cpp
CommandBody search(Reader&, Numbering);
CommandBody esearch(Reader&);
CommandBody sort(Reader&, Numbering);
CommandBody thread(Reader&, Numbering);
CommandBody cancel_update(Reader&);

// parse_access.cpp
CommandBody get_quota(Reader&);
CommandBody set_quota(Reader&);
CommandBody set_acl(Reader&);
CommandBody delete_acl(Reader&);
CommandBody list_rights(Reader&);

// parse_metadata.cpp
CommandBody get_metadata(Reader&);
CommandBody set_metadata(Reader&);
/// An entry's name, in lower case.
std::string metadata_entry(Reader&);

// parse_notify.cpp
CommandBody notify(Reader&);
/// "personal", "subtree (a b)", …: RFC 5465 §6, RFC 7377 §2.2.
MailboxFilter mailbox_filter(Reader&);

} // namespace posthouse::imap::grammar
