// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What letters call character sets, and what they mean by it.
namespace posthouse::mail {

struct KnownCharset {
    enum class Kind : std::uint8_t {
        ascii,
        utf8,
        latin,       ///< One byte a character; hardly ever two outside ASCII in a row.
        single_byte, ///< Others of one byte a character.
        multi_byte,  ///< Some bytes are none in it: that it fits is evidence.
        stateful,    ///< Seven bits and escapes, or wider units: UTF-7, ISO-2022, UTF-16.
    };
    std::string icu; ///< ICU's name of its converter; empty for ascii and utf8.
    Kind kind = Kind::latin;
};

/// Nothing is known by that name: `icu` is empty and `found` false.
struct CharsetLookup {
    KnownCharset charset;
    bool found = false;
};

CharsetLookup lookup_charset(std::string_view label);

/// Each converter that a label can lead to, but for those that only ICU knows by that name.
std::span<const std::string_view> charset_converters();

} // namespace posthouse::mail
