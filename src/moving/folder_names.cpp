// SPDX-License-Identifier: Apache-2.0
#include "moving/folder_names.hpp"

#include "base/text.hpp"
#include "imap/mailbox_name.hpp"
#include "mail/base64.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <utility>

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

/// One character off the front, as UTF-16: two bytes or four.
std::string take_utf16(std::string_view& utf8)
{
    const auto length = std::max<std::size_t>(mail::utf8_length(utf8), 1);
    const auto lead = static_cast<unsigned char>(utf8[0]);
    char32_t value = length == 1 ? lead : lead & (0x7f >> length);
    for (std::size_t i = 1; i < length; ++i)
        value = value << 6 | (static_cast<unsigned char>(utf8[i]) & 0x3f);
    utf8.remove_prefix(length);
    std::string units;
    const auto unit = [&](char32_t bits) {
        units += static_cast<char>(bits >> 8 & 0xff);
        units += static_cast<char>(bits & 0xff);
    };
    if (value >= 0x10000) {
        unit(0xd800 + ((value - 0x10000) >> 10));
        unit(0xdc00 + ((value - 0x10000) & 0x3ff));
    } else {
        unit(value);
    }
    return units;
}

/// Modified UTF-7 in which points are hidden too, since they would part levels.
std::string without_points(std::string_view level)
{
    std::string text, units;
    const auto flush = [&] {
        if (units.empty())
            return;
        auto encoded = mail::base64(std::exchange(units, {}));
        encoded.resize(std::min(encoded.find('='), encoded.size()));
        std::ranges::replace(encoded, '/', ',');
        text += "&" + encoded + "-";
    };
    while (!level.empty()) {
        const char c = level[0];
        if (c == '.' || c < ' ' || c > '~') {
            units += take_utf16(level);
            continue;
        }
        flush();
        text += c == '&' ? std::string("&-") : std::string(1, c);
        level.remove_prefix(1);
    }
    flush();
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
        name += "." + without_points(utf8_name.substr(0, end));
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
        const auto level = utf8_name.substr(0, end);
        // Hidden files, and what means something at the end of a name, are read as other than that.
        const bool means_more =
            level.starts_with('.') || level.ends_with(".mbox") || level.ends_with(".sbd");
        name += means_more ? without_points(level) : imap::modified_utf7(level);
        if (end == utf8_name.size())
            return name;
        name += '/';
        utf8_name.remove_prefix(end + 1);
    }
}

} // namespace posthouse::moving
