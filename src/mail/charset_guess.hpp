// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/charset_names.hpp"

#include <string_view>

/// What a text's bytes say of its character set, when its label does not.
namespace posthouse::mail {

struct Utf8Evidence {
    std::size_t characters = 0; ///< Outside ASCII, well-formed.
    std::size_t faults = 0;     ///< Bytes that are in none; a character cut off at the end is none.
};
Utf8Evidence utf8_evidence(std::string_view bytes);

/// The likeliest one; Windows-1252 where nothing speaks for another. A sample may be cut anywhere.
KnownCharset guess_charset(std::string_view sample);

/// What a text that is labelled so is to be read as.
KnownCharset settle_charset(const CharsetLookup& labelled, std::string_view sample);

} // namespace posthouse::mail
