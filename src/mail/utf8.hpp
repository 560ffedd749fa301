// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Single characters of UTF-8: RFC 3629.
namespace posthouse::mail {

constexpr char32_t replacement_character = 0xfffd;
constexpr std::string_view replacement_utf8 = "\xef\xbf\xbd";

/// One that is none (a surrogate, above U+10FFFF) becomes U+FFFD.
void append_utf8(std::string& to, char32_t character);

/// How many bytes the well-formed character at the front has; 0: none is there.
std::size_t utf8_length(std::string_view text);

/// The longest front of `text` with at most so many bytes that ends with a whole character.
std::string_view utf8_front(std::string_view text, std::size_t most_bytes);

/// Bytes that are not well-formed become U+FFFD.
std::string well_formed_utf8(std::string_view text);

/// How many bytes at the end are the beginning of a character that is not finished; 0 to 3.
std::size_t unfinished_utf8(std::string_view text);

} // namespace posthouse::mail
