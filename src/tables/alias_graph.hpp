// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/builder.hpp"

#include <string>
#include <vector>

namespace posthouse::tables {

/// An alias before the image is made: what it leads to is known, loops are not.
struct Alias {
    struct To {
        Target kind{};
        std::string text;
    };
    std::string key;
    Place place;
    std::vector<To> targets;
};

/// A loop among aliases: which ones are on it or on another one with the same aliases, and the way
/// round, "a, b, a".
struct Loop {
    std::vector<std::size_t> members; // indices of aliases
    std::string way;
};

/// In linear time and without recursion. An alias that names itself is none: sendmail takes that
/// for the user's own mailbox.
std::vector<Loop> find_loops(const std::vector<Alias>&);

} // namespace posthouse::tables
