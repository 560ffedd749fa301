// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/account.hpp"

/// What every way of coming into a mailbox has in common.
namespace posthouse::mailbox {

/// What it costs in bytes of rows.
std::size_t bytes_of(const Account::NewMessage&);

/// Puts a message into a loaded mailbox. entry.uid 0: it gets the next one; else nobody has it.
void add_arrival(Delta&, Account::NewMessage&, Entry, MailboxId to);

} // namespace posthouse::mailbox
