// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

/// What a client wants to be told without asking: RFC 5465.
namespace posthouse::imap {

/// Tells of all that was heard of watched mailboxes and of the tree; of the selected mailbox, if it
/// is among what is watched. Where nothing was asked for, nothing is told.
Task<void> tell_watched(Dialogue&);

} // namespace posthouse::imap
