// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/formats.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::tables {

/// One of what stands between commas.
struct Listed {
    enum class Sort : std::uint8_t { target, include } sort = Sort::target;
    Target kind{};         // of a target
    std::string text = {}; // of an :include: the file's path
};

/// The targets between commas, as they are written; not at commas within quotes, (comments) and
/// <addresses>. Empty ones are left out.
std::vector<std::string_view> split_targets(std::string_view);

std::expected<Listed, std::string> read_target(std::string_view);

/// What "…" stands for: `text` begins with a quote. npos where it is not closed.
struct Unquoted {
    std::string text;
    std::size_t end = 0; // behind the closing quote
};
Unquoted unquote(std::string_view text);

} // namespace posthouse::tables
