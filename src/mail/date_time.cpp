// SPDX-License-Identifier: Apache-2.0
#include "mail/date_time.hpp"

#include "base/contract.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

using namespace std::chrono;

constexpr std::size_t most_bytes = 256;
constexpr minutes zone_bound = hours(100);
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};

/// A position in a date. Each take… skips comments and space, then takes what it names or nothing.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    bool take(char wanted)
    {
        skip_cfws(rest_);
        if (!rest_.starts_with(wanted))
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view take_digits() { return take_while(is_digit); }
    std::string_view take_word() { return take_while(is_alpha); }

    /// A number of so many digits at most; -1 if there is none.
    int take_number(std::size_t most_digits)
    {
        const auto digits = take_digits();
        const auto number = digits.size() > most_digits ? std::nullopt : parse_number(digits);
        return number ? static_cast<int>(*number) : -1;
    }

private:
    std::string_view take_while(bool (*accepts)(char))
    {
        skip_cfws(rest_);
        const auto end = std::ranges::find_if_not(rest_, accepts);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
};

std::optional<month> month_named(std::string_view word)
{
    for (unsigned i = 0; i < month_names.size(); ++i)
        if (starts_with_ignoring_case(word, month_names[i]))
            return month(i + 1);
    return std::nullopt;
}

/// Two digits mean 1950 to 2049, three are counted from 1900: RFC 5322 §4.3.
std::optional<year> take_year(Cursor& cursor)
{
    const auto digits = cursor.take_digits();
    const auto number = parse_number(digits);
    if (digits.size() < 2 || !number || *number > 9999)
        return std::nullopt;
    auto value = static_cast<int>(*number);
    if (digits.size() == 2)
        value += value < 50 ? 2000 : 1900;
    else if (digits.size() == 3)
        value += 1900;
    return value < 1900 ? std::nullopt : std::optional(year(value));
}

std::optional<sys_days> take_day(Cursor& cursor)
{
    if (!cursor.take_word().empty()) // The day of the week; the date itself knows better.
        cursor.take(',');
    const int day_number = cursor.take_number(2);
    const auto in_month = month_named(cursor.take_word());
    const auto in_year = take_year(cursor);
    if (day_number < 1 || !in_month || !in_year)
        return std::nullopt;
    const year_month_day date(*in_year, *in_month, day(static_cast<unsigned>(day_number)));
    return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

std::optional<seconds> take_time_of_day(Cursor& cursor)
{
    const int hour = cursor.take_number(2);
    if (hour < 0 || hour > 23 || !cursor.take(':'))
        return std::nullopt;
    const int minute = cursor.take_number(2);
    const int second = cursor.take(':') ? cursor.take_number(2) : 0;
    if (minute < 0 || minute > 59 || second < 0 || second > 60) // 60: a leap second
        return std::nullopt;
    return hours(hour) + minutes(minute) + seconds(second);
}

/// The digits behind a sign. Minutes above 59 have been seen, and RFC 5322 §3.3 lets them pass.
std::optional<minutes> take_offset(Cursor& cursor)
{
    const auto digits = cursor.take_digits();
    const auto number = parse_number(digits);
    if (digits.size() != 4 || !number)
        return std::nullopt;
    const minutes offset = hours(*number / 100) + minutes(*number % 100);
    return offset < zone_bound ? std::optional(offset) : std::nullopt;
}

/// RFC 5322 §4.3. The military zones were defined with the wrong sign and mean nothing.
std::optional<minutes> zone_named(std::string_view word)
{
    struct Named {
        std::string_view name;
        hours offset;
    };
    static constexpr std::array<Named, 12> zones = {{{"UT", hours(0)},
                                                     {"GMT", hours(0)},
                                                     {"UTC", hours(0)},
                                                     {"Z", hours(0)},
                                                     {"EST", hours(-5)},
                                                     {"EDT", hours(-4)},
                                                     {"CST", hours(-6)},
                                                     {"CDT", hours(-5)},
                                                     {"MST", hours(-7)},
                                                     {"MDT", hours(-6)},
                                                     {"PST", hours(-8)},
                                                     {"PDT", hours(-7)}}};
    const auto found = std::ranges::find_if(
        zones, [&](const Named& zone) { return equal_ignoring_case(zone.name, word); });
    return found == zones.end() ? std::nullopt : std::optional<minutes>(found->offset);
}

std::optional<minutes> take_zone(Cursor& cursor)
{
    const auto named = zone_named(cursor.take_word());
    // A sign may follow the name: GMT+0100.
    if (cursor.take('+')) {
        const auto offset = take_offset(cursor);
        return offset ? offset : named;
    }
    if (cursor.take('-')) {
        const auto offset = take_offset(cursor);
        if (!offset)
            return named;
        return *offset == minutes(0) ? std::nullopt : std::optional(-*offset);
    }
    return named;
}

} // namespace

std::string date_time_text(Timestamp at, minutes zone)
{
    expects(zone < zone_bound && zone > -zone_bound);
    static constexpr auto first = sys_days(year(1900) / January / 1) + hours(100);
    static constexpr auto last = sys_days(year(9999) / December / 31) - hours(100);
    const auto local = floor<seconds>(std::clamp<Timestamp>(at, first, last)) + zone;
    const auto today = floor<days>(local);
    const year_month_day date(today);
    const hh_mm_ss<seconds> clock(local - today);
    const auto offset = zone < minutes(0) ? -zone : zone;
    return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       day_names[weekday(today).c_encoding()], static_cast<unsigned>(date.day()),
                       month_names[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       zone < minutes(0) ? '-' : '+', offset.count() / 60, offset.count() % 60);
}

std::optional<DateTime> parse_date_time(std::string_view text)
{
    Cursor cursor(text.substr(0, most_bytes));
    const auto date = take_day(cursor);
    if (!date)
        return std::nullopt;
    const auto time_of_day = take_time_of_day(cursor);
    if (!time_of_day)
        return std::nullopt;
    const auto zone = take_zone(cursor);
    return DateTime{.at = *date + *time_of_day - zone.value_or(minutes(0)), .zone = zone};
}

} // namespace posthouse::mail
