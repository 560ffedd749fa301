// SPDX-License-Identifier: Apache-2.0
#include "imap/dates.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace posthouse::imap {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// So many digits and no fewer.
std::optional<int> digits(std::string_view text, std::size_t count)
{
    const auto number = text.size() == count ? parse_number(text) : std::nullopt;
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

} // namespace

std::string internal_date_text(Timestamp at, std::chrono::minutes zone)
{
    using namespace std::chrono;
    const auto local = floor<seconds>(at) + zone;
    const auto day = floor<days>(local);
    const year_month_day date(day);
    const hh_mm_ss clock(local - day);
    const auto offset = std::abs(zone.count());
    return fmt::format("{:2}-{}-{:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       static_cast<unsigned>(date.day()),
                       months[static_cast<unsigned>(date.month()) - 1],
                       std::clamp(static_cast<int>(date.year()), 0, 9999), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       zone.count() < 0 ? '-' : '+', offset / 60, offset % 60);
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text)
{
    using namespace std::chrono;
    const auto dash = text.find('-');
    if (dash == text.npos || dash == 0 || dash > 2 || text.size() != dash + 9 ||
        text[dash + 4] != '-')
        return std::nullopt;
    const auto day_number = digits(text.substr(0, dash), dash);
    const auto year_number = digits(text.substr(dash + 5), 4);
    const auto month_name = std::ranges::find_if(months, [&](std::string_view each) {
        return equal_ignoring_case(each, text.substr(dash + 1, 3));
    });
    if (!day_number || !year_number || month_name == months.end())
        return std::nullopt;
    const year_month_day date{year(*year_number),
                              month(static_cast<unsigned>(month_name - months.begin()) + 1),
                              day(static_cast<unsigned>(*day_number))};
    return date.ok() ? std::optional(date) : std::nullopt;
}

std::optional<mail::DateTime> parse_internal_date(std::string_view text)
{
    using namespace std::chrono;
    if (text.starts_with(' '))
        text.remove_prefix(1);
    // "7-Feb-1994", " 21:52:25", " -0800"
    constexpr std::size_t clock_and_zone = 9 + 6;
    if (text.size() < clock_and_zone)
        return std::nullopt;
    const auto date = parse_date(text.substr(0, text.size() - clock_and_zone));
    const auto rest = text.substr(text.size() - clock_and_zone);
    const auto hour = digits(rest.substr(1, 2), 2);
    const auto minute = digits(rest.substr(4, 2), 2);
    const auto second = digits(rest.substr(7, 2), 2);
    const auto zone = digits(rest.substr(11, 4), 4);
    const char sign = rest[10];
    if (!date || !hour || !minute || !second || !zone || rest[0] != ' ' || rest[3] != ':' ||
        rest[6] != ':' || rest[9] != ' ' || (sign != '+' && sign != '-') || *hour > 23 ||
        *minute > 59 || *second > 60 || *zone % 100 > 59)
        return std::nullopt;
    const minutes east = (sign == '-' ? -1 : 1) * minutes(*zone / 100 * 60 + *zone % 100);
    const auto local = sys_days(*date) + hours(*hour) + minutes(*minute) + seconds(*second);
    return mail::DateTime{Timestamp(local - east), east};
}

} // namespace posthouse::imap
