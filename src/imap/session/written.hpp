// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/mailbox_name.hpp"
#include "imap/session/dialogue.hpp"

#include <string>
#include <string_view>

/// Texts as responses hold them: RFC 9051 §4.3, §9.
namespace posthouse::imap {

/// `"a b"`, or a literal where that is needed; UTF-8 in quotes only where the client enabled it.
void append_string(std::string& to, std::string_view text, NameForm);
/// Without quotes where it can be.
void append_astring(std::string& to, std::string_view text, NameForm);
/// A mailbox's name.
void append_mailbox(std::string& to, std::string_view utf8_name, const Dialogue&);

} // namespace posthouse::imap
