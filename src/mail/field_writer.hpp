// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// Writes one header field word by word and folds it below 78 columns (RFC 5322 §2.1.1); only a
/// word that is longer itself stands on a longer line, and one over 900 bytes is cut. No word can
/// end the field or begin another one: control characters in it become '?'.
class FieldWriter {
public:
    explicit FieldWriter(std::string_view name);

    /// Adds a space, or a line end and a tab, and then the word.
    FieldWriter& word(std::string_view);
    /// Adds the words of a text, which may be broken at each of its spaces.
    FieldWriter& text(std::string_view);
    /// A comment of such words: RFC 5322 §3.2.2.
    FieldWriter& comment(std::string_view);
    /// Adds a mark to the last word.
    FieldWriter& punctuation(char mark);

    /// The field with its CRLF.
    std::string done() &&;

private:
    std::string written_;
    std::size_t column_ = 0;
};

} // namespace posthouse::mail
