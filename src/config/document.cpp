// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include <toml++/toml.h>

// The one place that sees toml++ and what it throws.
namespace posthouse::config {

namespace {

Place place_of(const toml::source_region& region)
{
    return {region.begin.line, region.begin.column};
}

Node convert(const toml::node& from) // As deep as toml++'s own limit (256) at most.
{
    Node node;
    node.place = place_of(from.source());
    if (const auto* table = from.as_table()) {
        node.kind = Node::Kind::table;
        for (const auto& [key, value] : *table)
            node.members.push_back(
                {std::string(key.str()), place_of(key.source()), convert(value)});
    } else if (const auto* array = from.as_array()) {
        node.kind = Node::Kind::array;
        for (const auto& item : *array)
            node.items.push_back(convert(item));
    } else if (const auto* string = from.as_string()) {
        node.kind = Node::Kind::string;
        node.text = string->get();
    } else if (const auto* integer = from.as_integer()) {
        node.kind = Node::Kind::integer;
        node.integer = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
        node.kind = Node::Kind::real;
        node.real = real->get();
    } else if (const auto* boolean = from.as_boolean()) {
        node.kind = Node::Kind::boolean;
        node.boolean = boolean->get();
    } else {
        node.kind = Node::Kind::other;
    }
    return node;
}

} // namespace

const Member* Node::find(std::string_view name) const
{
    for (const auto& member : members)
        if (member.name == name)
            return &member;
    return nullptr;
}

std::expected<Node, SyntaxError> parse_document(std::string_view toml)
{
    try {
        return convert(toml::parse(toml));
    } catch (const toml::parse_error& error) {
        return std::unexpected(
            SyntaxError{place_of(error.source()), std::string(error.description())});
    }
}

} // namespace posthouse::config
