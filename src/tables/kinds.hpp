// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/formats.hpp"

#include <utility>

namespace posthouse::tables {

constexpr bool is_table(std::uint32_t number)
{
    return number >= std::to_underlying(Table::aliases) &&
           number <= std::to_underlying(Table::copies);
}

/// The numbers of a table's kinds of items.
struct Kinds {
    std::uint8_t first, last;
};
constexpr Kinds kinds_of(Table table)
{
    constexpr auto span = [](auto first, auto last) {
        return Kinds{std::to_underlying(first), std::to_underlying(last)};
    };
    switch (table) {
    case Table::aliases:
        return span(Target::address, Target::error);
    case Table::virtusers:
        return span(Virtual::address, Virtual::keep);
    case Table::mailers:
        return span(Mailer::esmtp, Mailer::discard);
    case Table::access:
        return span(Access::ok, Access::error);
    default:
        return {plain_item, plain_item};
    }
}

} // namespace posthouse::tables
