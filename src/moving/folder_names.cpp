// SPDX-License-Identifier: Apache-2.0
#include "moving/folder_names.hpp"

#include "base/text.hpp"
#include "imap/mailbox_name.hpp"

#include <algorithm>

namespace posthouse::moving {
namespace {

std::optional<std::string> joined_levels(std::string_view text, char separator)
{
    std::string name;
    for (bool first = true;; first = false) {
        const auto end = std::min(text.find(separator), text.size());
        auto level = level_name(text.substr(0, end));
        if (!level)
            return std::nullopt;
        if (first && equal_ignoring_case(*level, "INBOX"))
            *level = "INBOX";
        name += (first ? "" : "/") + *level;
        if (end == text.size())
            break;
        text.remove_prefix(end + 1);
    }
    if (imap::new_name_fault(name))
        return std::nullopt;
    return name;
}

/// What a level may not have in a file's name.
std::string level_in_files(std::string_view level)
{
    std::string text = imap::modified_utf7(level);
    std::ranges::replace(text, '\0', '_');
    return text;
}

} // namespace

std::optional<std::string> level_name(std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    std::string level(text);
    if (is_ascii(text)) {
        // What was not written as modified UTF-7 stands for itself.
        if (auto decoded = imap::from_modified_utf7(text))
            level = std::move(*decoded);
    } else if (!is_utf8(text)) {
        return std::nullopt;
    }
    if (level.contains('/')) // A level's separator elsewhere is none.
        std::ranges::replace(level, '/', '_');
    return level;
}

std::optional<std::string> dotted_name(std::string_view text)
{
    return joined_levels(text, '.');
}

std::optional<std::string> slashed_name(std::string_view text)
{
    return joined_levels(text, '/');
}

std::string maildir_name(std::string_view utf8_name)
{
    if (utf8_name == "INBOX")
        return {};
    std::string name;
    for (;;) {
        const auto end = std::min(utf8_name.find('/'), utf8_name.size());
        auto level = level_in_files(utf8_name.substr(0, end));
        // A point would part levels: base64 hides it, and every server decodes that.
        std::string hidden;
        for (const char c : level)
            hidden += c == '.' ? std::string("&AC4-") : std::string(1, c);
        name += "." + hidden;
        if (end == utf8_name.size())
            return name;
        utf8_name.remove_prefix(end + 1);
    }
}

std::string file_name(std::string_view utf8_name)
{
    std::string name;
    for (;;) {
        const auto end = std::min(utf8_name.find('/'), utf8_name.size());
        auto level = level_in_files(utf8_name.substr(0, end));
        if (level.starts_with('.'))
            level.replace(0, 1, "&AC4-");
        name += level;
        if (end == utf8_name.size())
            return name;
        name += '/';
        utf8_name.remove_prefix(end + 1);
    }
}

} // namespace posthouse::moving
