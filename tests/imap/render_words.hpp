// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/set.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What render.cpp and render_items.cpp share.
namespace posthouse::imap::rendered {

inline std::string quote(std::string_view text)
{
    std::string result = "'";
    for (const char c : text)
        result += c == '\r'   ? std::string("\\r")
                  : c == '\n' ? "\\n"
                  : c == '\0' ? "\\0"
                              : std::string(1, c);
    return result + "'";
}

template <class List, class Each>
std::string joined(const List& list, const Each& each)
{
    std::string result = "[";
    for (const auto& item : list)
        result += (result.size() > 1 ? " " : "") + each(item);
    return result + "]";
}

inline std::string quotes(const std::vector<std::string>& texts)
{
    return joined(texts, [](const std::string& text) { return quote(text); });
}

inline std::string set(const SequenceSet& set)
{
    std::string result = set.saved_result ? "$" : "";
    const auto number = [](std::uint32_t n) { return n == 0 ? "*" : std::to_string(n); };
    for (const auto& range : set.ranges) {
        result += result.empty() ? "" : ",";
        result += number(range.first);
        if (range.last != range.first)
            result += ":" + number(range.last);
    }
    return result;
}

} // namespace posthouse::imap::rendered
