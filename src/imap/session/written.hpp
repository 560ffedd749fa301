// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/response_text.hpp"
#include "imap/session/dialogue.hpp"

#include <string>
#include <string_view>

namespace posthouse::imap {

using response::append_astring;
using response::append_literal;
using response::append_literal8;
using response::append_nstring;
using response::append_string;

/// A mailbox's name, as this session spells names.
inline void append_mailbox(std::string& to, std::string_view utf8_name, const Dialogue& dialogue)
{
    response::append_mailbox(to, utf8_name, dialogue.name_form());
}

} // namespace posthouse::imap
