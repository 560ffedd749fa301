// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/date_time.hpp"
#include "mail/flags.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// What APPEND and REPLACE bring, in the order in which it comes: RFC 9051 §6.3.12, RFC 3502
/// (several messages), RFC 4469 (CATENATE), RFC 6855 §4 (UTF8), RFC 3516 §4.4 (literal8).
namespace posthouse::imap {

namespace append {

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

} // namespace append

/// Where in such a command its reader is: see read_append().
struct AppendPlace {
    bool catenated = false; ///< In "CATENATE (…"
    bool utf8 = false;      ///< In "UTF8 (…"
    bool done = false;      ///< The command is complete.
    std::size_t messages = 0, most_messages = 1;
};

} // namespace posthouse::imap
