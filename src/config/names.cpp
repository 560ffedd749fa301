// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

// Finds the names that mean nothing, by the paths of keys().
namespace posthouse::config {

namespace {

bool any_path_starts_with(std::string_view prefix)
{
    return std::ranges::any_of(keys(), [&](const Key& k) { return k.path.starts_with(prefix); });
}

/// The names that may stand in the table whose keys' paths start with `pattern`.
std::vector<std::string_view> names_under(std::string_view pattern)
{
    std::vector<std::string_view> names;
    for (const auto& key : keys()) {
        if (!key.path.starts_with(pattern))
            continue;
        const auto rest = key.path.substr(pattern.size());
        const auto name = rest.substr(0, rest.find_first_of(".["));
        if (names.empty() || names.back() != name)
            names.push_back(name);
    }
    return names;
}

std::string suggestion(std::string_view name, std::string_view pattern)
{
    const auto names = names_under(pattern);
    if (const auto meant = nearest(name, names); !meant.empty())
        return fmt::format("did you mean \"{}\"?", meant);
    for (const auto& key : keys()) // Right name, wrong table?
        if (key.path.ends_with(fmt::format(".{}", name)))
            return fmt::format("there is {}", key.path);
    return fmt::format("one of: {}", fmt::join(names, ", "));
}

std::string shown_name(std::string_view name)
{
    const bool bare = !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
    });
    return bare ? std::string(name) : fmt::format("\"{}\"", printable(name, 80));
}

class NameCheck {
public:
    explicit NameCheck(Problems& problems) : problems_(problems) {}

    void table(const Node& node, const std::string& pattern, const std::string& shown)
    {
        const bool any_name = any_path_starts_with(pattern + "*.");
        for (const auto& member : node.members) {
            const auto member_shown = shown + shown_name(member.name);
            if (any_name)
                name(member, pattern + "*", member_shown);
            else if (member.name.find_first_of(".[]*") == member.name.npos)
                name(member, pattern + member.name, member_shown);
            else // A quoted name that only looks like a path.
                unknown(member, pattern, member_shown);
        }
    }

private:
    /// `path` is the member's in keys(), were it there.
    void name(const Member& member, const std::string& path, const std::string& shown)
    {
        if (find_key(path))
            return;
        if (any_path_starts_with(path + "."))
            return sub_table(member, path, shown);
        if (any_path_starts_with(path + "[]."))
            return table_array(member, path, shown);
        unknown(member, path.substr(0, path.size() - member.name.size()), shown);
    }

    void unknown(const Member& member, std::string_view pattern, const std::string& shown)
    {
        problems_.add(member.place, shown, "is not known", suggestion(member.name, pattern));
    }

    void sub_table(const Member& member, const std::string& path, const std::string& shown)
    {
        if (member.value.kind != Node::Kind::table)
            return problems_.add(member.value.place, shown, "is not a table",
                                 fmt::format("[{}] and keys below it", shown));
        table(member.value, path + ".", shown + ".");
    }

    void table_array(const Member& member, const std::string& path, const std::string& shown)
    {
        const auto& items = member.value.items;
        const bool tables = std::ranges::all_of(
            items, [](const Node& item) { return item.kind == Node::Kind::table; });
        if (member.value.kind != Node::Kind::array || !tables)
            return problems_.add(member.value.place, shown, "is not a list of tables",
                                 fmt::format("[[{}]] and keys below it", shown));
        for (std::size_t i = 0; i < items.size(); ++i)
            table(items[i], path + "[].", fmt::format("{}[{}].", shown, i));
    }

    Problems& problems_;
};

} // namespace

void check_names(const Node& document, Problems& problems)
{
    NameCheck(problems).table(document, "", "");
}

} // namespace posthouse::config
