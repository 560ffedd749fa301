// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_entry.hpp"

#include <span>
#include <string>
#include <string_view>

/// What clients change of a message: its flags, keywords, and with them its MODSEQ. Beside an
/// index page, which has all of its entries, a row of their marks alone: a STORE on a whole mailbox
/// writes little more than which flags it set, and one on a single message not those beside it.
namespace posthouse::mailbox {

/// Of a page's entries in their order, as runs of messages with equal marks.
std::string packed_marks(std::span<const mail::MessageEntry>);

/// Into the entries that they were packed of. False, and the entries hold anything: the row is
/// damaged, or it is of other entries.
[[nodiscard]] bool unpack_marks(std::string_view row, std::span<mail::MessageEntry>);

} // namespace posthouse::mailbox
