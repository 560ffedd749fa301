// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/account.hpp"
#include "mailbox/grace.pb.h"

#include <string>
#include <vector>

/// Rows of messages that were expunged and can be brought back: account_grace.cpp keeps them,
/// account_undelete.cpp brings them back.
namespace posthouse::mailbox {

std::vector<Entry> entries_in(const GracedMessages&);
std::uint64_t bytes_of(const std::vector<Entry>&);
/// So much can be brought back no more.
void count_less(AccountRecord&, std::uint64_t bytes, std::uint64_t messages);
bool wants(const Account::WantedBack&, const std::string& key, const GracedMessages&);

} // namespace posthouse::mailbox
