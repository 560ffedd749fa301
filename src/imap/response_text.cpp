// SPDX-License-Identifier: Apache-2.0
#include "imap/response_text.hpp"

#include "base/text.hpp"
#include "imap/dates.hpp"

#include <algorithm>
#include <array>

namespace posthouse::imap::response {

namespace {

/// A quoted string longer than this is hard on clients with small line buffers.
constexpr std::size_t longest_quoted = 1000;

bool may_be_quoted(std::string_view text, NameForm form)
{
    if (text.size() > longest_quoted || text.find_first_of("\r\n") != text.npos)
        return false;
    return is_ascii(text) || (form == NameForm::utf8 && is_utf8(text));
}

bool is_atom(std::string_view text)
{
    return !text.empty() && !equal_ignoring_case(text, "NIL") &&
           std::ranges::all_of(text, [](char c) {
               return c > ' ' && c <= '~' && !std::string_view("(){%*\"\\").contains(c);
           });
}

void append_quoted(std::string& to, std::string_view text)
{
    to += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            to += '\\';
        to += c;
    }
    to += '"';
}

/// Up to the first character that ends a line, or a code.
std::string_view up_to(std::string_view text, std::string_view ends)
{
    return text.substr(0, text.find_first_of(ends));
}

} // namespace

void append_literal(std::string& to, std::string_view bytes)
{
    to += '{';
    append_number(to, bytes.size());
    to += "}\r\n";
    to += bytes;
}

void append_literal8(std::string& to, std::string_view bytes)
{
    to += '~';
    append_literal(to, bytes);
}

void append_string(std::string& to, std::string_view text, NameForm form)
{
    if (text.contains('\0')) {
        std::string rest(text);
        std::erase(rest, '\0');
        append_string(to, rest, form);
        return;
    }
    if (may_be_quoted(text, form))
        append_quoted(to, text);
    else
        append_literal(to, text);
}

void append_nstring(std::string& to, std::optional<std::string_view> text, NameForm form)
{
    if (text)
        append_string(to, *text, form);
    else
        to += "NIL";
}

void append_astring(std::string& to, std::string_view text, NameForm form)
{
    if (is_atom(text))
        to += text;
    else
        append_string(to, text, form);
}

void append_mailbox(std::string& to, std::string_view utf8_name, NameForm form)
{
    append_astring(to, wire_name(utf8_name, form), form);
}

void append_flags(std::string& to, const mail::Flags& flags)
{
    to += '(';
    to += mail::text_of(flags);
    to += ')';
}

void append_date_time(std::string& to, Timestamp at, std::chrono::minutes zone)
{
    to += '"';
    to += internal_date_text(at, zone);
    to += '"';
}

void append_number(std::string& to, std::uint64_t number)
{
    to += std::to_string(number);
}

void append_status(std::string& to, const StatusLine& line)
{
    using namespace std::literals;
    constexpr std::array words{"OK"sv, "NO"sv, "BAD"sv, "PREAUTH"sv, "BYE"sv};
    to += line.tag;
    to += ' ';
    to += words.at(static_cast<std::size_t>(line.completion));
    to += ' ';
    if (const auto code = up_to(line.code, "\r\n]\0"sv); !code.empty()) {
        to += '[';
        to += code;
        to += "] ";
    }
    const auto text = up_to(line.text, "\r\n\0"sv);
    to += text.empty() ? "Done"sv : text;
    to += "\r\n";
}

std::string append_uid_code(std::uint32_t uid_validity, const mail::UidSet& uids)
{
    return "APPENDUID " + std::to_string(uid_validity) + " " + uids.text();
}

std::string copy_uid_code(std::uint32_t uid_validity, const mail::UidSet& from,
                          const mail::UidSet& to)
{
    return "COPYUID " + std::to_string(uid_validity) + " " + from.text() + " " + to.text();
}

} // namespace posthouse::imap::response
