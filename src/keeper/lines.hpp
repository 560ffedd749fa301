// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace posthouse::keeper {

/// What a program printed, `most` bytes or a little less: as printable(), line by line.
inline std::string printable_lines(std::string_view text, std::size_t most)
{
    std::string shown;
    while (!text.empty() && shown.size() < most) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        shown += printable(line, most - shown.size());
        if (end < text.size() && shown.size() < most)
            shown += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return shown;
}

} // namespace posthouse::keeper
