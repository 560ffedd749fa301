// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "process/premises.hpp"

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::cli {

enum class Look : std::uint8_t { plain, coloured };

/// Where a command reads and writes. Tests give strings; main() gives the standard streams.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    Look look = Look::plain;
    /// Asks somebody at a terminal, without echo. Null: nobody is there.
    std::function<std::optional<Secret>(std::string_view prompt)> ask_secret;
};

/// The standard streams; coloured where standard output is a terminal and NO_COLOR is not set.
Console standard_console();

enum class Style : std::uint8_t { plain, bold, dim, good, bad, doubtful };
/// For a terminal: control characters are gone, whoever the text comes from.
std::string styled(const Console&, Style, std::string_view);

/// "posthouse: SENTENCE" to the error stream; returns the code.
process::Exit complain(Console&, process::Exit, std::string_view sentence);
process::Exit complain(Console&, const process::Obstacle&);

struct Cell {
    std::string text;
    Style style = Style::plain;
};
/// Columns as wide as their widest cell, the last one as it comes. Headings may be left out.
void print_table(Console&, const std::vector<std::string>& headings,
                 const std::vector<std::vector<Cell>>& rows);

} // namespace posthouse::cli
