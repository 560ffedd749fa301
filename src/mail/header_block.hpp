// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A letter's header: RFC 5322 §2.2, §3.6.8 and, since letters are as they are, §4.5.8.
namespace posthouse::mail {

/// One field, as views of the bytes it was read from.
struct HeaderField {
    /// Without white space and colon; empty for a line `From …` that a mail file left at the front.
    std::string_view name;
    std::string_view raw; ///< All of it, with continuation lines and every line end.
    std::size_t offset;   ///< Of `raw` in the letter.

    /// What stands behind the colon, still folded, with its line ends.
    std::string_view raw_value() const;
    /// Unfolded (RFC 5322 §2.2.3), without white space at either end, at most `most` bytes.
    /// Stray CR, LF and NUL bytes become spaces: the value is one line.
    std::string value(std::size_t most = 65536) const;
    bool is(std::string_view wanted_name) const;
};

struct HeaderLimits {
    std::size_t bytes = 1 << 20;
    std::size_t fields = 4096;
};

/// How the header came to its end.
enum class HeaderEnd : std::uint8_t {
    blank_line,
    end_of_text, ///< No blank line and no body, or the text given was not all of the letter.
    no_field,    ///< A line that is no field; the body begins with it.
    limit,       ///< Longer than HeaderLimits::bytes; what is left counts as the body.
};

/// The fields of a letter's header in their order, as views: the bytes must outlive it.
/// A line may end with CRLF or with a bare LF; a bare CR ends none.
class HeaderBlock {
public:
    /// `letter` may go on with the body, or be cut off anywhere.
    static HeaderBlock parse(std::string_view letter, const HeaderLimits& = {});

    /// Fields above HeaderLimits::fields are not among them.
    std::span<const HeaderField> fields() const { return fields_; }
    std::size_t fields_left_out() const { return fields_left_out_; }

    const HeaderField* first(std::string_view name) const;
    std::vector<const HeaderField*> all(std::string_view name) const;
    /// How many fields have this name; stops counting at `most`.
    std::size_t count(std::string_view name, std::size_t most = SIZE_MAX) const;
    /// Is there a field of this name whose value is this text in any case? For seeing a loop by
    /// its Delivered-To.
    bool has(std::string_view name, std::string_view value) const;

    HeaderEnd end() const { return end_; }
    /// The fields alone, without the blank line.
    std::string_view text() const { return text_; }
    std::size_t body_offset() const { return body_offset_; }

private:
    std::vector<HeaderField> fields_;
    std::size_t fields_left_out_ = 0;
    std::string_view text_;
    std::size_t body_offset_ = 0;
    HeaderEnd end_ = HeaderEnd::end_of_text;
};

} // namespace posthouse::mail
