// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::tables {

/// What white space at the beginning of a line means.
enum class Layout : std::uint8_t {
    continued, // aliases: the line before goes on
    keyed,     // maps: a fault, as makemap has it
    listed, // class files, lists of addresses: nothing; in class files # begins a comment anywhere
};

struct Line {
    std::uint32_t number;  // of its first line
    std::string_view text; // trimmed, not empty; valid until the next one
};

/// The lines of one file that say something: not empty ones, nor comments. A byte order mark and
/// CRLF are taken off; lines with control characters, with bytes that are no UTF-8, or that are
/// too long are told and left out.
class LineReader {
public:
    /// The text must outlive it. A file that is too large is told and has no lines.
    LineReader(std::string_view text, Layout, Report&);
    std::optional<Line> next();

private:
    std::optional<std::string_view> next_physical();
    bool continues() const;
    std::string_view with_continuation(std::string_view first);
    std::string fault_of(std::string_view line) const;

    std::string_view rest_;
    Layout layout_;
    Report& report_;
    std::uint32_t number_ = 0;
    std::string joined_;
};

} // namespace posthouse::tables
