// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text beyond ASCII in a header that is to be ASCII: RFC 2047. For FieldWriter, word by word.
namespace posthouse::mail {

/// A text (UTF-8; other bytes become '?') as the words of an unstructured field: what is ASCII
/// stands as it is; from the first to the last word that is not, everything is encoded, since white
/// space between two encoded words is none (RFC 2047 §6.2). An encoded word has 60 bytes at most,
/// so that it fits behind any field's name, and holds whole characters.
std::vector<std::string> encoded_words(std::string_view text);

/// The same as a phrase, a display name: RFC 2047 §5 (3). ASCII that is no phrase is quoted.
std::vector<std::string> phrase_words(std::string_view text);

} // namespace posthouse::mail
