// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/source.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::moving {

/// "From ann@example.org Sat Nov 21 10:00:00 2026": when the letter came, in microseconds. Zones
/// are numbers or "GMT"; without one the clock is taken for UTC. Nothing: it is no such line.
std::optional<std::int64_t> parse_from_line(std::string_view line);

/// An mbox, taken apart.
struct Mbox {
    std::uint32_t uid_validity = 0, uid_next = 0;
    std::vector<Letter> letters;
    std::vector<std::string> remarks;
};

/// Reads all of it once. `options`: how it is quoted.
Result<Mbox> scan_mbox(File&, const SourceOptions& options);

} // namespace posthouse::moving
