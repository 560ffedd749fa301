// SPDX-License-Identifier: Apache-2.0
#include "imap/session/header_filter.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::imap {

void filter_header(std::string& to, std::string_view header, const std::vector<std::string>& names,
                   Keep keep)
{
    bool kept = false;
    while (!header.empty()) {
        const auto end = header.find('\n');
        const auto line = header.substr(0, end == header.npos ? end : end + 1);
        header.remove_prefix(line.size());
        if (line == "\r\n" || line == "\n")
            break;
        if (line.front() != ' ' && line.front() != '\t') {
            const auto name = trimmed(line.substr(0, line.find(':')));
            const bool named = std::ranges::any_of(names, [&](const std::string& wanted) {
                return equal_ignoring_case(name, wanted);
            });
            kept = named == (keep == Keep::those);
        }
        if (!kept)
            continue;
        to += line;
        if (end == std::string_view::npos)
            to += "\r\n"; // A header cut off in its line.
    }
    to += "\r\n";
}

} // namespace posthouse::imap
