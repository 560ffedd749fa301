// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/ids.hpp"
#include "store/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Under which keys an account's partition keeps its rows. docs/mailboxes.md
namespace posthouse::mailbox::key {

inline const std::string account = "A";
std::string mailbox(MailboxId);
/// Index pages: entries of page_uids UIDs each.
constexpr std::uint32_t page_uids = 128;
std::string page(MailboxId, std::uint32_t page);
std::string pages(MailboxId);
/// What has changed of a page's entries since it was written, mailbox/marks.hpp: behind the page.
std::string marks(MailboxId, std::uint32_t page);
/// Of a row under pages() or all_pages: marks, and no page.
bool is_marks(std::string_view key);
/// Are they of this page?
bool is_marks_of(std::string_view marks, std::string_view page);
/// Of a page's key or that of its marks
std::uint32_t page_number(std::string_view key);
std::string email(std::uint64_t);   ///< a Message
std::string summary(std::uint64_t); ///< of that message: bytes
/// The folded fields of fold_emails emails, out of their summaries, once a search has asked for
/// them: made again when they are missing.
constexpr std::uint64_t fold_emails = 64;
std::string folds(std::uint64_t page);
/// In how many places each of page_emails emails is, where that is more than one.
constexpr std::uint64_t page_emails = 256;
std::string names(std::uint64_t page);
std::string vanished(MailboxId, std::uint64_t modseq, std::uint32_t part);
std::string trail(MailboxId);
std::string subscription(std::string_view name);
std::string metadata(MailboxId, std::string_view entry); ///< mailbox 0: the account
std::string all_metadata(MailboxId);
std::string uidl(MailboxId, std::uint32_t uid); ///< of POP3, where it came from another server
std::string uidls(MailboxId);
/// What readers who are not the owner have seen: mailbox/seen_runs.hpp
std::string all_seen(MailboxId);
std::string seen_by(MailboxId, AccountId reader);
std::string seen_page(MailboxId, AccountId reader, std::uint32_t page);
std::string thread(std::uint64_t message_id_hash);
std::string delivered(std::uint64_t delivery);
std::string release(const store::BlobId&, std::uint64_t delivery);

/// Messages that were expunged and can be brought back, the oldest first; docs/mailboxes.md.
inline const std::string all_graced = "g";
std::string graced(std::int64_t microseconds, std::uint64_t modseq, std::uint32_t part);
/// When they were expunged.
std::int64_t graced_at(std::string_view key);
inline const std::string upkeep = "w";
inline const std::string all_threads = "t";
inline const std::string all_pages = "p";

/// How far an import (16 bytes name it) has come: mailbox/imports.proto, and of each commit the
/// identities of its letters, 16 bytes each.
std::string import(std::string_view id);
std::string imported_mailbox(std::string_view id, MailboxId);
std::string imported_letters(std::string_view id, MailboxId);
std::string imported_letters(std::string_view id, MailboxId, std::uint64_t modseq);

/// Of format 0, which had an INBOX alone: a Message for each UID.
std::string old_messages(MailboxId);

} // namespace posthouse::mailbox::key
