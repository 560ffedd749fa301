// SPDX-License-Identifier: Apache-2.0
#include "mail/quoted_printable.hpp"

#include "mail/lexical.hpp"

#include <fmt/core.h>

namespace posthouse::mail {

std::string quoted_printable(std::string_view text)
{
    constexpr std::size_t most_columns = 76;
    std::string encoded;
    std::size_t column = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\n' || text.substr(at, 2) == "\r\n") {
            at += c == '\r';
            encoded += "\r\n";
            column = 0;
            continue;
        }
        const auto next = text.substr(at + 1);
        const bool line_ends = next.empty() || next.starts_with("\r\n") || next.starts_with('\n');
        const bool plain = (is_printable(c) && c != '=' && c != ' ') || (is_wsp(c) && !line_ends);
        const std::size_t columns = plain ? 1 : 3;
        if (column + columns > most_columns - (line_ends ? 0 : 1)) { // 1: for the soft break
            encoded += "=\r\n";
            column = 0;
        }
        if (plain)
            encoded += c;
        else
            encoded += fmt::format("={:02X}", static_cast<unsigned char>(c));
        column += columns;
    }
    return encoded;
}

} // namespace posthouse::mail
