// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/date_time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Dates as IMAP writes them: date and date-time of RFC 9051 §9.
namespace posthouse::imap {

/// " 7-Feb-1994 21:52:25 -0800", without quotes.
std::string internal_date_text(Timestamp, std::chrono::minutes zone = {});
/// The same, the day with a space, a zero or nothing before it. A leap second is the one after.
std::optional<mail::DateTime> parse_internal_date(std::string_view);
/// "1-Feb-1994"
std::optional<std::chrono::year_month_day> parse_date(std::string_view);

} // namespace posthouse::imap
