// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse {

/// ASCII only, whatever the locale; other bytes stay as they are.
constexpr char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}
std::string lowercase(std::string_view);
std::string uppercase(std::string_view);
bool equal_ignoring_case(std::string_view, std::string_view);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

/// Without leading and trailing spaces and tabs.
std::string_view trimmed(std::string_view);
bool is_ascii(std::string_view);
/// Well-formed UTF-8 (RFC 3629 §4): no overlong forms, surrogates or values above U+10FFFF.
bool is_utf8(std::string_view);

/// Decimal digits only, no sign, no overflow; otherwise nothing.
std::optional<std::uint64_t> parse_number(std::string_view);

/// For a log or a reply: control characters and anything outside printable ASCII (and, where it
/// is well-formed, UTF-8) become '?'; longer text is cut.
std::string printable(std::string_view, std::size_t most = 512);

/// Fixed-width big-endian bytes, so that numbers sort as keys do.
void append_u32(std::string& to, std::uint32_t value);
void append_u64(std::string& to, std::uint64_t value);
std::uint32_t read_u32(std::string_view four_bytes);
std::uint64_t read_u64(std::string_view eight_bytes);

/// 64 bits as 13 lower-case characters of Crockford's base 32, in the order of their values.
std::string base32_encode(std::uint64_t);
std::optional<std::uint64_t> base32_decode(std::string_view);

std::string hex(std::string_view bytes);

} // namespace posthouse
