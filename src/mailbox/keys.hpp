// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/ids.hpp"
#include "store/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Under which keys an account's partition keeps its rows. docs/mailboxes.md
namespace posthouse::mailbox::key {

void append_u32(std::string& to, std::uint32_t value);
std::uint32_t read_u32(std::string_view four_bytes);

inline const std::string account = "A";
std::string mailbox(MailboxId);
/// Index pages: entries of page_uids UIDs each.
constexpr std::uint32_t page_uids = 128;
std::string page(MailboxId, std::uint32_t page);
std::string pages(MailboxId);
std::string email(std::uint64_t);   ///< a Message
std::string summary(std::uint64_t); ///< of that message: bytes
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
std::string access_list(MailboxId);
std::string thread(std::uint64_t message_id_hash);
std::string delivered(std::uint64_t delivery);
std::string release(const store::BlobId&, std::uint64_t delivery);

/// Of format 0, which had an INBOX alone: a Message for each UID.
std::string old_messages(MailboxId);

} // namespace posthouse::mailbox::key
