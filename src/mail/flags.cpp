// SPDX-License-Identifier: Apache-2.0
#include "mail/flags.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace posthouse::mail {

namespace {

struct Name {
    SystemFlag flag;
    std::string_view text;
};

constexpr std::array names{
    Name{SystemFlag::answered, "\\Answered"}, Name{SystemFlag::flagged, "\\Flagged"},
    Name{SystemFlag::deleted, "\\Deleted"},   Name{SystemFlag::seen, "\\Seen"},
    Name{SystemFlag::draft, "\\Draft"},
};

auto find(auto& keywords, std::string_view keyword)
{
    return std::ranges::find_if(
        keywords, [&](const std::string& each) { return equal_ignoring_case(each, keyword); });
}

} // namespace

std::optional<SystemFlag> system_flag(std::string_view text)
{
    for (const auto& name : names)
        if (equal_ignoring_case(name.text, text))
            return name.flag;
    return std::nullopt;
}

std::string_view name_of(SystemFlag flag)
{
    return std::ranges::find(names, flag, &Name::flag)->text;
}

bool is_keyword(std::string_view text)
{
    return !text.empty() && text.size() <= keyword_bytes && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c <= '~' && !std::string_view("(){%*\"\\]").contains(c);
    });
}

bool Flags::has_keyword(std::string_view keyword) const
{
    return find(keywords, keyword) != keywords.end();
}

void Flags::add_keyword(std::string_view keyword)
{
    if (!has_keyword(keyword))
        keywords.emplace_back(keyword);
}

void Flags::remove_keyword(std::string_view keyword)
{
    if (const auto found = find(keywords, keyword); found != keywords.end())
        keywords.erase(found);
}

void Flags::add(const Flags& other)
{
    system.set(other.system);
    for (const auto& keyword : other.keywords)
        add_keyword(keyword);
}

void Flags::remove(const Flags& other)
{
    system.clear(other.system);
    std::erase_if(keywords, [&](const std::string& keyword) { return other.has_keyword(keyword); });
}

bool Flags::operator==(const Flags& other) const
{
    return system == other.system && keywords.size() == other.keywords.size() &&
           std::ranges::all_of(
               keywords, [&](const std::string& keyword) { return other.has_keyword(keyword); });
}

std::string text_of(const Flags& flags)
{
    std::string result;
    const auto append = [&](std::string_view text) {
        if (!result.empty())
            result += ' ';
        result += text;
    };
    for (const auto& name : names)
        if (flags.system.has(name.flag))
            append(name.text);
    for (const auto& keyword : flags.keywords)
        append(keyword);
    return result;
}

} // namespace posthouse::mail
