// SPDX-License-Identifier: Apache-2.0
#include "config/words.hpp"

#include "mail/notification_words.hpp"

#include <fmt/core.h>

namespace posthouse::config {

std::optional<std::string> trouble_with_words(const std::string& file, std::string_view text)
{
    const auto words = mail::parse_words(text);
    if (words)
        return std::nullopt;
    const auto& [line, what] = words.error();
    return line == 0 ? fmt::format("{}: {}", file, what)
                     : fmt::format("{}:{}: {}", file, line, what);
}

} // namespace posthouse::config
