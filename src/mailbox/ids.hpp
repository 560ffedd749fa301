// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace posthouse::mailbox {

enum class AccountId : std::uint64_t {};
/// Grows within a mailbox and is never given twice. RFC 9051 §2.3.1.1
enum class Uid : std::uint32_t {};
enum class UidValidity : std::uint32_t {};
/// Of one account's mailboxes; never given twice.
enum class MailboxId : std::uint32_t {};
inline constexpr MailboxId inbox{1};

store::PartitionId partition_of(AccountId);

/// What a caller can do about it.
enum class Error : std::uint8_t {
    nonexistent,  // no such mailbox, or no such message
    exists,       // there is a mailbox of this name
    bad_name,     // no mailbox can be called that
    has_children, // RFC 9051 §6.3.5
    cannot,       // it makes no sense: to delete INBOX
    over_quota,   //
    limit,        // too many mailboxes, keywords, …
    no_space,     // the disk is full
    unavailable,  // nothing was done; try again
    unknown,      // it may or may not have been done
    corrupt,      // a record is damaged
};
std::string_view describe(Error);
Error from_store(store::Error);

template <class T>
using Result = std::expected<T, Error>;

} // namespace posthouse::mailbox
