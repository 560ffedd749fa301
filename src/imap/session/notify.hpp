// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a client wants to be told without asking: RFC 5465.
namespace posthouse::imap {

/// Tells of all that was heard of watched mailboxes and of the tree; of the selected mailbox, if it
/// is among what is watched. Where nothing was asked for, nothing is told.
Task<void> tell_watched(Dialogue&);

/// May such news of the selected mailbox be told at all? Without NOTIFY all may, at the end of
/// commands; with it, those alone that it asks for (RFC 5465 §3.1).
bool notify_tells(const Dialogue&, command::NotifyEvent::Kind);
/// What is to be told at once of messages that have come to the selected mailbox: RFC 5465 §5.2.
Task<void> tell_items_of_arrived(Dialogue&, mail::UidSet);
/// FETCH responses that nobody asked for just now, with UIDs.
Task<void> send_items(Dialogue&, const std::vector<FetchItem>&, mail::UidSet);

/// Names of entries that others changed: RFC 5464 §4.4.2.
void tell_metadata(Dialogue&);

/// What this session did to the tree itself is no news to it (RFC 5465 §5).
void made_mailbox(Dialogue&, const std::string& name, const std::string& id);
void removed_mailbox(Dialogue&, const std::string& name);
void renamed_mailbox(Dialogue&, const std::string& from, const std::string& to);
enum class Subscribed : std::uint8_t { no, yes };
void subscribed_to(Dialogue&, const std::string& name, Subscribed);

/// Asks the backend for what ENABLE and NOTIFY together want to hear of.
Task<Result<void>> watch(Dialogue&);

} // namespace posthouse::imap
