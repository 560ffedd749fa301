// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace posthouse::config {

namespace {

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

bool in_range(const Key& key, std::int64_t value)
{
    return value >= key.minimum && value <= key.maximum;
}

bool is_text(const Node& node) // NUL would cut a path short.
{
    return node.kind == Node::Kind::string && !node.text.empty() && !node.text.contains('\0');
}

bool is_user_name(std::string_view text)
{
    return text.size() <= 32 && std::ranges::all_of(text, [](char c) {
               return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '$';
           });
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

void Section::require(std::string_view name) const
{
    if (!find(name))
        problems_->add(table_ ? table_->place : Place{}, shown(name), "is missing",
                       expectation(key_of(name)));
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

bool Section::convert(const Key& key, const Node& node, std::string& to)
{
    if (!is_text(node) || (key.type == Type::path && !node.text.starts_with('/')) ||
        (key.type == Type::user && !is_user_name(node.text)))
        return false;
    to = node.text;
    return true;
}

bool Section::convert(const Key&, const Node& node, bool& to)
{
    to = node.boolean;
    return node.kind == Node::Kind::boolean;
}

bool Section::convert(const Key& key, const Node& node, double& to)
{
    const auto value =
        node.kind == Node::Kind::integer ? static_cast<double>(node.integer) : node.real;
    const bool number = node.kind == Node::Kind::integer || node.kind == Node::Kind::real;
    if (!number || !(value * 1000 >= static_cast<double>(key.minimum)) ||
        !(value * 1000 <= static_cast<double>(key.maximum))) // NaN is in no range.
        return false;
    to = value;
    return true;
}

bool Section::convert(const Key& key, const Node& node, std::uint64_t& to)
{
    std::int64_t value = 0;
    if (node.kind == Node::Kind::integer) {
        value = node.integer;
    } else if (node.kind == Node::Kind::string && key.type == Type::size) {
        const auto size = parse_size(node.text);
        if (!size)
            return false;
        value = static_cast<std::int64_t>(*size);
    } else {
        return false;
    }
    if (!in_range(key, value))
        return false;
    to = static_cast<std::uint64_t>(value);
    return true;
}

bool Section::convert(const Key& key, const Node& node, std::uint16_t& to)
{
    std::uint64_t value = 0;
    if (!convert(key, node, value) || value > 65535)
        return false;
    to = static_cast<std::uint16_t>(value);
    return true;
}

bool Section::convert(const Key& key, const Node& node, Span& to)
{
    const auto span = node.kind == Node::Kind::string ? parse_span(node.text) : std::nullopt;
    if (!span || !in_range(key, span->count()))
        return false;
    to = *span;
    return true;
}

bool Section::convert(const Key&, const Node& node, Endpoint& to)
{
    auto endpoint = parse_endpoint(node.text);
    if (!endpoint)
        return false;
    to = std::move(*endpoint);
    return true;
}

bool Section::convert(const Key&, const Node& node, std::vector<Endpoint>& to)
{
    std::vector<Endpoint> endpoints;
    for (const auto& item : node.items) {
        auto endpoint = parse_endpoint(item.text, 53);
        if (!endpoint)
            return false;
        endpoints.push_back(std::move(*endpoint));
    }
    to = std::move(endpoints);
    return node.kind == Node::Kind::array;
}

bool Section::convert(const Key&, const Node& node, std::vector<std::string>& to)
{
    std::vector<std::string> networks;
    for (const auto& item : node.items) {
        if (!is_network(item.text))
            return false;
        networks.push_back(item.text);
    }
    to = std::move(networks);
    return node.kind == Node::Kind::array;
}

bool Section::convert(const Key&, const Node& node, std::vector<mail::Domain>& to)
{
    std::vector<mail::Domain> domains;
    for (const auto& item : node.items) {
        auto domain = mail::Domain::parse(item.text);
        if (!domain || domain->is_literal())
            return false;
        domains.push_back(std::move(*domain));
    }
    to = std::move(domains);
    return node.kind == Node::Kind::array;
}

bool Section::convert(const Key&, const Node& node, std::optional<mail::Domain>& to)
{
    auto domain = mail::Domain::parse(node.text);
    if (!domain || domain->is_literal())
        return false;
    to = std::move(*domain);
    return true;
}

bool Section::convert(const Key&, const Node& node, std::optional<mail::Mailbox>& to)
{
    auto mailbox = mail::Mailbox::parse(node.text);
    if (!mailbox)
        return false;
    to = std::move(*mailbox);
    return true;
}

bool Section::convert(const Key& key, const Node& node, std::optional<std::string>& to)
{
    if (!is_text(node) || !(key.path.ends_with("ipv6") ? is_ipv6(node.text) : is_ipv4(node.text)))
        return false;
    to = node.text;
    return true;
}

bool Section::convert(const Key&, const Node& node, std::vector<NextHop>& to)
{
    const auto hop = parse_next_hop(node.text);
    if (hop)
        to = {*hop};
    return hop.has_value();
}

} // namespace posthouse::config
