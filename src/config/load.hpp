// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::config {

/// One thing wrong with a configuration file, in words for its administrator.
struct Problem {
    std::string file;
    std::uint32_t line = 0, column = 0; // From 1; 0 where the problem has no place (a missing key).
    std::string key;                    // "limits.message_bytes"; "" for a syntax error.
    std::string wrong;                  // What is wrong,
    std::string right;                  // and what would be right.

    /// "posthouse.toml:12:3: limits.recipients: 5 is too small (100 or more)"
    std::string text() const;
    bool operator==(const Problem&) const = default;
};

/// All problems are found in one go, in the order of their lines; a syntax error hides the rest.
using Loaded = std::expected<Config, std::vector<Problem>>;

/// `file` is only what problems call it.
Loaded load_text(std::string_view toml, std::string file);
/// Reads at most 1 MiB.
Loaded load_file(const std::string& path);

} // namespace posthouse::config
