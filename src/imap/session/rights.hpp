// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

#include <optional>
#include <string>
#include <string_view>

/// RFC 4314: rights as they are written, and what follows from those of the selected mailbox.
namespace posthouse::imap {

inline constexpr std::string_view all_rights = "lrswipkxtea";

/// In the order of the list above, with the two that older clients know (RFC 4314 §2.1.1): `c`
/// where mailboxes can be made or removed, `d` where messages can.
std::string shown_rights(const Rights&);
/// Nothing: there is a letter that is no right.
std::optional<Rights> rights_meant(std::string_view letters);

/// RFC 4314 §5.2: may anything be changed that others see?
bool is_writable(Access, const Rights&);
/// The flags that the client may set: RFC 4314 §5.1.1.
std::string permanent_flags(const Selected&);
/// After FLAGS; says PERMANENTFLAGS.
void say_permanent_flags(Dialogue&);
/// They have changed while the mailbox is selected: the client is told what follows.
void take_rights(Dialogue&, Rights);

} // namespace posthouse::imap
