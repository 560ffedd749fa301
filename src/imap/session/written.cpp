// SPDX-License-Identifier: Apache-2.0
#include "imap/session/written.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace posthouse::imap {

namespace {

constexpr std::size_t longest_quoted = 1000; // Clients have buffers.

bool is_astring_char(char c)
{
    if (c <= ' ' || c >= 0x7f)
        return false;
    return std::string_view("(){%*\"\\").find(c) == std::string_view::npos;
}

} // namespace

void append_string(std::string& to, std::string_view text, NameForm form)
{
    bool plain = text.size() <= longest_quoted;
    bool high = false;
    for (const char c : text) {
        if (c == '\0' || c == '\r' || c == '\n')
            plain = false;
        high |= static_cast<unsigned char>(c) >= 0x80;
    }
    if (high && (form != NameForm::utf8 || !is_utf8(text)))
        plain = false;
    if (!plain) {
        fmt::format_to(std::back_inserter(to), "{{{}}}\r\n", text.size());
        for (const char c : text)
            to += c == '\0' ? ' ' : c;
        return;
    }
    to += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            to += '\\';
        to += c;
    }
    to += '"';
}

void append_astring(std::string& to, std::string_view text, NameForm form)
{
    if (!text.empty() && std::ranges::all_of(text, is_astring_char) &&
        !equal_ignoring_case(text, "NIL"))
        to += text;
    else
        append_string(to, text, form);
}

void append_mailbox(std::string& to, std::string_view name, const Dialogue& dialogue)
{
    const auto form = dialogue.name_form();
    append_astring(to, wire_name(name, form), form);
}

} // namespace posthouse::imap
