// SPDX-License-Identifier: Apache-2.0
#include "tables/formats.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::tables {
namespace {

/// Takes one argument off the front of `text`, which does not begin with white space.
std::optional<std::string> take_argument(std::string_view& text)
{
    std::string argument;
    char quote = 0;
    std::size_t i = 0;
    for (; i < text.size() && (quote != 0 || !mail::is_wsp(text[i])); ++i) {
        const auto c = text[i];
        if (c == '\\' && quote != '\'') {
            if (++i == text.size())
                return std::nullopt;
            argument += text[i];
        } else if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            argument += c;
        }
    }
    if (quote != 0)
        return std::nullopt;
    text.remove_prefix(i);
    return argument;
}

} // namespace

std::optional<std::vector<std::string>> split_arguments(std::string_view text)
{
    const auto is_control = [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    };
    if (std::ranges::any_of(text, is_control))
        return std::nullopt;
    std::vector<std::string> arguments;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        auto argument = take_argument(text);
        if (!argument)
            return std::nullopt;
        arguments.push_back(*std::move(argument));
    }
    if (arguments.empty() || arguments.front().empty())
        return std::nullopt;
    return arguments;
}

} // namespace posthouse::tables
