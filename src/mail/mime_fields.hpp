// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/header_block.hpp"
#include "mail/mime.hpp"

#include <cstdint>
#include <string_view>

/// What a part's header says of it: for parse_mime().
namespace posthouse::mail {

/// What a part is that does not say what it is.
enum class DefaultType : std::uint8_t { text_plain, message_rfc822 }; // RFC 2046 §5.1.5

/// Fills in type, parameters, encoding and the rest from the header's fields. Of two fields of one
/// name the first counts.
void read_mime_fields(const HeaderBlock&, DefaultType, const MimeLimits&, MimePart&);

} // namespace posthouse::mail
