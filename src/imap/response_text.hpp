// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "imap/mailbox_name.hpp"
#include "mail/flags.hpp"
#include "mail/uid_set.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the server says, appended to a string: RFC 9051 §4 and §7. Whatever text is given, the
/// result is one response: nothing in it can end a line or open a parenthesis.
namespace posthouse::imap::response {

/// Quoted if it can be, otherwise a literal. UTF-8 is quoted where the session has it enabled
/// (NameForm::utf8: RFC 6855 §3). NULs, which no string may hold, are left out.
void append_string(std::string& to, std::string_view text, NameForm);
/// The same or NIL.
void append_nstring(std::string& to, std::optional<std::string_view> text, NameForm);
/// An atom if it can be one.
void append_astring(std::string& to, std::string_view text, NameForm);
void append_literal(std::string& to, std::string_view bytes);
/// With NULs: RFC 3516 §4.4.
void append_literal8(std::string& to, std::string_view bytes);

/// A mailbox's name as the session spells names.
void append_mailbox(std::string& to, std::string_view utf8_name, NameForm);
/// "(\Seen $Junk)"
void append_flags(std::string& to, const mail::Flags&);
/// In quotes.
void append_date_time(std::string& to, Timestamp, std::chrono::minutes zone = {});
void append_number(std::string& to, std::uint64_t);

enum class Completion : std::uint8_t { ok, no, bad, preauth, bye };

/// "a1 OK [CODE] text"; the tag "*" makes it untagged. Code and text are cut at their first
/// character that no line may hold; the text is never empty.
struct StatusLine {
    std::string_view tag = "*";
    Completion completion = Completion::ok;
    std::string_view code = {}; ///< Without brackets; empty for none.
    std::string_view text = {};
};
void append_status(std::string& to, const StatusLine&);

/// "APPENDUID 38505 3955": RFC 9051 §7.1
std::string append_uid_code(std::uint32_t uid_validity, const mail::UidSet&);
/// "COPYUID 38505 304,319:320 3956:3958"; the sets have as many members.
std::string copy_uid_code(std::uint32_t uid_validity, const mail::UidSet& from,
                          const mail::UidSet& to);

} // namespace posthouse::imap::response
