// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/date_time.hpp"
#include "mail/flags.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// What APPEND and REPLACE bring, in the order in which it comes: RFC 9051 §6.3.12, RFC 3502
/// (several messages), RFC 4469 (CATENATE), RFC 6855 §4 (UTF8), RFC 3516 §4.4 (literal8).
namespace posthouse::imap::append {

/// A message begins: at least one Literal or Url follows, then EndMessage.
struct BeginMessage {
    mail::Flags flags;
    std::optional<mail::DateTime> internal_date;
    bool catenated = false;
};
/// These many bytes of the message follow outside the grammar: see Framer.
struct Literal {
    std::uint64_t bytes = 0;
    bool binary = false; ///< literal8: NULs are right.
    bool utf8 = false;   ///< Wrapped in UTF8 (…).
};
/// A part of the message is what this IMAP URL names (RFC 4469 §3, RFC 5092).
struct Url {
    std::string url;
};
struct EndMessage {};

using Step = std::variant<BeginMessage, Literal, Url, EndMessage>;

} // namespace posthouse::imap::append
