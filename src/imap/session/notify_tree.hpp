// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

/// Which events NOTIFY asks for of which mailboxes, and those of the tree: RFC 5465 §5.4 to §6.
namespace posthouse::imap {

bool is_of_selected(const MailboxFilter&);
bool has(const command::NotifyGroup&, std::initializer_list<command::NotifyEvent::Kind>);
/// Several groups may choose a mailbox, and each adds its events (RFC 5465 §6); one that says NONE
/// keeps those behind it away.
bool wants(const Watching&, const Mailbox&, std::initializer_list<command::NotifyEvent::Kind>);

std::map<std::string, Watching::Known> known_of(const std::vector<Mailbox>&);
/// Tells of what is different from what the client was told.
void tell_tree(Dialogue&, const std::vector<Mailbox>&);

} // namespace posthouse::imap
