// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// Mailbox names: RFC 9051 §5.1, and in modified UTF-7 RFC 3501 §5.1.3.
namespace posthouse::imap {

/// How names beyond ASCII go over the wire: as modified UTF-7 until the client says ENABLE
/// UTF8=ACCEPT (RFC 6855 §3) or ENABLE IMAP4rev2, then as UTF-8.
enum class NameForm : std::uint8_t { modified_utf7, utf8 };

/// A mailbox as a command names it: UTF-8, levels parted by '/', any case of INBOX (alone or as
/// the first level) written "INBOX". Not every name can be created: see new_name_fault().
struct MailboxName {
    std::string text;
    auto operator<=>(const MailboxName&) const = default;
};

std::string modified_utf7(std::string_view utf8);
/// Nothing for what modified_utf7() could not have written, with one leniency: characters that
/// need no encoding may be encoded.
std::optional<std::string> from_modified_utf7(std::string_view);

/// Takes a name off the wire; UTF-8 in it is taken as it is in both forms, as clients that never
/// enabled it send it. Nothing if it is neither.
std::optional<MailboxName> read_mailbox_name(std::string_view, NameForm);
/// The same for LIST patterns: `%` and `*` stay, INBOX is written so.
std::optional<std::string> read_pattern(std::string_view, NameForm);
std::string wire_name(std::string_view utf8_name, NameForm);

inline constexpr char hierarchy_separator = '/';
/// What the names of others' mailboxes begin with (RFC 2342 §5): their owner's address follows.
inline constexpr std::string_view others_prefix = "Other Users/";

/// Why no mailbox can be made under this name: empty levels, control characters, wildcards, not in
/// Net-Unicode's form (RFC 5198; normalisation is not looked at), too long. Nothing: it can.
std::optional<std::string_view> new_name_fault(std::string_view utf8_name);

} // namespace posthouse::imap
