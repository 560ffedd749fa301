// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace posthouse::config {

namespace {

std::string quoted_name(const Member& member)
{
    return fmt::format("\"{}\"", printable(member.name, 80));
}

std::string shown_value(const Node& node)
{
    switch (node.kind) {
    case Node::Kind::string:
        return fmt::format("\"{}\"", printable(node.text, 80));
    case Node::Kind::integer:
        return fmt::format("{}", node.integer);
    case Node::Kind::real:
        return fmt::format("{}", node.real);
    case Node::Kind::boolean:
        return node.boolean ? "true" : "false";
    case Node::Kind::table:
        return "a table";
    case Node::Kind::array:
        return "a list";
    case Node::Kind::other:
        return "a date or time";
    }
    return {};
}

} // namespace

void Problems::add(Place place, std::string key, std::string wrong, std::string right)
{
    found_.push_back(
        {file_, place.line, place.column, std::move(key), std::move(wrong), std::move(right)});
}

std::vector<Problem> Problems::take()
{
    std::ranges::sort(found_, {},
                      [](const Problem& p) { return std::tie(p.line, p.column, p.key, p.wrong); });
    return std::move(found_);
}

Section::Section(const Node* table, std::string pattern, std::string shown, Problems& problems)
    : table_(table),
      pattern_(std::move(pattern)),
      shown_(std::move(shown)),
      problems_(&problems)
{
}

Section Section::section(std::string_view name) const
{
    const Member* member = find(name);
    const bool usable = member && member->value.kind == Node::Kind::table;
    return {usable ? &member->value : nullptr, fmt::format("{}{}.", pattern_, name),
            fmt::format("{}{}.", shown_, name), *problems_};
}

std::vector<Section> Section::tables(std::string_view name) const
{
    std::vector<Section> found;
    const Member* member = find(name);
    if (!member || member->value.kind != Node::Kind::array)
        return found;
    for (std::size_t i = 0; const auto& item : member->value.items) {
        if (item.kind == Node::Kind::table)
            found.push_back({&item, fmt::format("{}{}[].", pattern_, name),
                             fmt::format("{}{}[{}].", shown_, name, i), *problems_});
        ++i;
    }
    return found;
}

Section Section::section(const Member& member) const
{
    const bool usable = member.value.kind == Node::Kind::table;
    return {usable ? &member.value : nullptr, pattern_ + "*.",
            fmt::format("{}{}.", shown_, quoted_name(member)), *problems_};
}

void Section::problem(std::string_view name, std::string wrong, std::string right) const
{
    const Member* member = find(name);
    const auto place = member ? member->place : table_ ? table_->place : Place{};
    problems_->add(place, shown(name), std::move(wrong), std::move(right));
}

void Section::require(std::string_view name) const
{
    if (!find(name))
        problems_->add(table_ ? table_->place : Place{}, shown(name), "is missing",
                       expectation(key_of(name)));
}

void Section::problem(const Member& member, std::string wrong, std::string right) const
{
    problems_->add(member.place, shown(quoted_name(member)), std::move(wrong), std::move(right));
}

void Section::together(std::string_view one, std::string_view other) const
{
    for (const auto& [there, missing] : {std::pair(one, other), std::pair(other, one)})
        if (const Member* member = find(there); member && !find(missing))
            problems_->add(member->place, shown(missing),
                           fmt::format("is missing, but there is a {}", there), "both or neither");
}

bool Section::says(std::string_view name) const
{
    const Member* member = find(name);
    return member && !(member->value.kind == Node::Kind::array && member->value.items.empty());
}

const Key& Section::key_of(std::string_view name) const
{
    const Key* key = find_key(pattern_ + std::string(name));
    expects(key != nullptr);
    return *key;
}

void Section::complain(const Key& key, const Member& member) const
{
    problems_->add(member.value.place, shown(member.name),
                   fmt::format("{} will not do", shown_value(member.value)), expectation(key));
}

std::optional<std::size_t> Section::choice(std::string_view name) const
{
    const Key& key = key_of(name);
    const Member* member = find(name);
    if (!member)
        return std::nullopt;
    std::string_view rest = key.choices;
    for (std::size_t index = 0; !rest.empty(); ++index) {
        const auto end = rest.find(' ');
        if (member->value.kind == Node::Kind::string && member->value.text == rest.substr(0, end))
            return index;
        rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    }
    complain(key, *member);
    return std::nullopt;
}

} // namespace posthouse::config
