// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Dates as letters write them: RFC 5322 §3.3 and, in reading, §4.3.
namespace posthouse::mail {

struct DateTime {
    Timestamp at;
    /// East of Greenwich is positive. Nothing: the writer did not know (`-0000`, a military zone,
    /// none at all), and `at` takes its clock for UTC.
    std::optional<std::chrono::minutes> zone;
    auto operator<=>(const DateTime&) const = default;
};

/// `Sun, 22 Nov 2026 03:20:05 +0000`. Time outside the years 1900 to 9999 is taken for the nearest
/// in them; a zone is less than 100 hours.
std::string date_time_text(Timestamp, std::chrono::minutes zone = {});

/// Reads what letters hold, which is more than the grammar: comments anywhere, years of two or
/// three digits, named zones, no zone, no seconds, whole month names, a wrong day of the week.
/// What follows the zone is not read. Looks at 256 bytes at most.
std::optional<DateTime> parse_date_time(std::string_view);

} // namespace posthouse::mail
