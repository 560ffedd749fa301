// SPDX-License-Identifier: Apache-2.0
#include "imap/session/numbers.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace posthouse::imap {

void append_internal_date(std::string& to, std::int64_t microseconds)
{
    using namespace std::chrono;
    static constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    // Years of four digits.
    const auto seconds_since =
        std::clamp<std::int64_t>(floor<seconds>(std::chrono::microseconds(microseconds)).count(),
                                 -62135596800, 253402300799);
    const sys_seconds at{seconds(seconds_since)};
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const auto of_day = static_cast<unsigned>((at - day).count());
    char text[] = "00-Jan-0000 00:00:00 +0000";
    const auto two = [&](std::size_t place, unsigned value) {
        text[place] = static_cast<char>('0' + value / 10);
        text[place + 1] = static_cast<char>('0' + value % 10);
    };
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    two(0, static_cast<unsigned>(date.day()));
    const auto month = (static_cast<unsigned>(date.month()) - 1) * 3;
    std::copy_n(months + month, 3, text + 3);
    two(7, year / 100);
    two(9, year % 100);
    two(12, of_day / 3600);
    two(15, of_day / 60 % 60);
    two(18, of_day % 60);
    to.append(text, sizeof text - 1);
}

mail::UidSet first_of(const mail::UidSet& all, std::uint64_t most)
{
    mail::UidSet some;
    for (const auto& range : all.ranges()) {
        if (most == 0)
            break;
        const auto count = std::min<std::uint64_t>(most, range.last - range.first + 1ULL);
        some.add(range.first, static_cast<std::uint32_t>(range.first + count - 1));
        most -= count;
    }
    return some;
}

mail::UidSet last_of(const mail::UidSet& all, std::uint64_t most)
{
    const auto size = all.size();
    if (size <= most)
        return all;
    const auto without = all.at(size - most - 1);
    auto some = all;
    some.remove(1, *without);
    return some;
}

} // namespace posthouse::imap
