// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/header_block.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// ENVELOPE as FETCH sends it: RFC 9051 §7.5.2, RFC 3501 §7.4.2.
namespace posthouse::imap {

struct EnvelopeLimits {
    std::size_t value_bytes = 4096; ///< of one string: what is behind is cut off
    std::size_t addresses = 250;    ///< of one field
    std::size_t bytes = 20000;      ///< of all of it; beyond that address lists are cut
};

/// A text as IMAP's nstring: quoted where it can be, else a literal `{n}CRLF…`. NUL, which neither
/// can hold, becomes a space.
std::string imap_string(std::string_view text);
/// The same, but NIL for an empty text.
std::string imap_nstring(std::string_view text);

/// The whole value: `("date" "subject" ((…)) …)`. Encoded words are left as they are; a literal
/// where there are 8-bit bytes. Sender and Reply-To are From's where they are missing or empty.
std::string envelope_text(const mail::HeaderBlock&, const EnvelopeLimits& = {});

} // namespace posthouse::imap
