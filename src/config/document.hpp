// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// A TOML document as a plain tree that remembers where everything stood.
namespace posthouse::config {

struct Place {
    std::uint32_t line = 0, column = 0;
};

struct Member;

struct Node {
    enum class Kind : std::uint8_t { table, array, string, integer, real, boolean, other };
    Kind kind = Kind::table;
    Place place;
    std::string text; // of a string
    std::int64_t integer = 0;
    double real = 0;
    bool boolean = false;
    std::vector<Node> items;     // of an array
    std::vector<Member> members; // of a table

    /// Nothing where the table has no such member.
    const Member* find(std::string_view name) const;
};

struct Member {
    std::string name;
    Place place;
    Node value;
};

struct SyntaxError {
    Place place;
    std::string what;
};

std::expected<Node, SyntaxError> parse_document(std::string_view toml);

} // namespace posthouse::config
