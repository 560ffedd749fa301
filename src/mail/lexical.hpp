// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"

#include <string>
#include <string_view>

/// The character classes that the grammars of RFC 5321 and RFC 5322 share. A byte outside ASCII
/// is in none of them: whoever allows UTF-8 (RFC 6532 §3.1) says so with is_non_ascii().
namespace posthouse::mail {

constexpr bool is_non_ascii(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}
constexpr bool is_let_dig(char c)
{
    return is_alpha(c) || is_digit(c);
}

/// atext, RFC 5322 §3.2.3
constexpr bool is_atext(char c)
{
    return is_let_dig(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

/// A graphic character or a space: what may stand in a quoted string, `"` and `\` with a
/// backslash before them (RFC 5321 §4.1.2).
constexpr bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

/// dcontent, RFC 5321 §4.1.3
constexpr bool is_dcontent(char c)
{
    return c >= '!' && c <= '~' && !(c >= '[' && c <= ']');
}

/// ftext, RFC 5322 §3.6.8: a character of a field's name.
constexpr bool is_ftext(char c)
{
    return c >= '!' && c <= '~' && c != ':';
}

/// Takes folding white space and comments off the front (CFWS, RFC 5322 §3.2.2), nested to any
/// depth in linear time and without recursion. A comment that is not closed takes all.
void skip_cfws(std::string_view& text);

/// Of a token: RFC 2045 §5.1
bool is_token_char(char);
/// A token with the white space and comments on both sides of it; empty where there is none.
std::string_view take_token(std::string_view& text);

/// Well-formed UTF-8 without the control characters U+0080 to U+009F, which some terminals obey.
bool is_plain_utf8(std::string_view);

/// dot-atom-text, RFC 5322 §3.2.3; with UTF-8.
bool is_dot_atom(std::string_view);

/// `text` as a quoted-string; it must not hold control characters.
std::string quoted(std::string_view text);

} // namespace posthouse::mail
