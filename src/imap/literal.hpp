// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Literals as they are announced at the end of a line: RFC 9051 §4.3, RFC 7888, RFC 3516 §4.4.
namespace posthouse::imap {

struct LiteralAnnouncement {
    std::uint64_t bytes = 0; ///< The largest number for one that is larger still.
    bool waits = true;       ///< The client waits for leave to go on: `{n}`, not `{n+}`.
    bool binary = false;     ///< `~{n}`
    std::size_t length = 0;  ///< Of the announcement itself.
};

/// What the line, given without its end, announces.
std::optional<LiteralAnnouncement> announced_literal(std::string_view line);

/// Is `text`, a command so far with the literals in it, an APPEND or REPLACE whose announcement at
/// the end is of a message's bytes, and not of the mailbox's name or a URL?
bool announces_message(std::string_view text);
/// The same for what follows such bytes in the same command.
bool announces_more_message(std::string_view segment);

} // namespace posthouse::imap
