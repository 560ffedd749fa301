// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/account.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::mailbox {

/// The bits of those keywords that the mailbox knows.
std::uint64_t known_bits(const Mailbox&, const std::vector<std::string>& keywords);
/// The same, and it learns the others as long as it has room; those it has no room for are left
/// out.
std::uint64_t learnt_bits(Mailbox&, const std::vector<std::string>& keywords);
bool has_room_for(const Mailbox&, const std::vector<std::string>& keywords);
/// The bits that a STORE is about; a mailbox learns what is set or added, but where it has no room
/// for all of it (Error::limit).
Result<std::uint64_t> bits_for(Delta&, MailboxId, const Account::StoreOrder&);
std::vector<std::string> keywords_of(const Mailbox&, std::uint64_t bits);

} // namespace posthouse::mailbox
