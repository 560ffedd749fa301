// SPDX-License-Identifier: Apache-2.0
// The lines that part an mbox, and how letters are told apart.
#include "base/text.hpp"
#include "moving/digest.hpp"
#include "moving/mbox_scan.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace posthouse::moving {

std::optional<std::int64_t> parse_from_line(std::string_view line)
{
    using namespace std::chrono;
    while (line.ends_with('\n') || line.ends_with('\r'))
        line.remove_suffix(1);
    if (!line.starts_with("From ") || line.size() > 1000)
        return std::nullopt;
    // The sender may hold blanks; the date is what begins with a day of the week.
    static constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu",
                                                              "Fri", "Sat", "Sun"};
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (auto blank = line.find(' '); blank != line.npos; blank = line.find(' ', blank + 1)) {
        auto rest = line.substr(blank + 1);
        if (rest.size() < 20 || rest[3] != ' ' ||
            std::ranges::find(weekdays, rest.substr(0, 3)) == weekdays.end())
            continue;
        std::vector<std::string_view> words;
        rest.remove_prefix(3);
        while (!(rest = trimmed(rest)).empty() && words.size() < 8) {
            const auto end = std::min(rest.find(' '), rest.size());
            words.push_back(rest.substr(0, end));
            rest.remove_prefix(end);
        }
        if (words.size() < 4)
            continue;
        const auto month = std::ranges::find(months, words[0]);
        const auto number = [](std::string_view text) {
            return static_cast<int>(
                std::min<std::uint64_t>(parse_number(text).value_or(99'999), 99'999));
        };
        const int day = number(words[1]);
        const auto& clock = words[2];
        if (month == months.end() || day < 1 || day > 31 || clock.size() < 4)
            continue;
        std::array<int, 3> time{0, 0, 0};
        std::size_t part = 0;
        for (auto text = clock; part < 3; ++part) {
            const auto colon = std::min(text.find(':'), text.size());
            time[part] = number(text.substr(0, colon));
            if (colon == text.size())
                break;
            text.remove_prefix(colon + 1);
        }
        if (part == 0 || time[0] > 23 || time[1] > 59 || time[2] > 61)
            continue;
        // "2026", "2026 +0100", "MET 2026", "+0100 2026", "2026 remote from host"
        int year = 0;
        minutes zone{};
        for (std::size_t i = 3; i < words.size(); ++i) {
            const auto word = words[i];
            if (word.size() == 4 && parse_number(word) && year == 0) {
                year = number(word);
            } else if (word.size() == 5 && (word[0] == '+' || word[0] == '-') &&
                       parse_number(word.substr(1))) {
                const int digits = number(word.substr(1));
                zone = minutes((digits / 100 * 60 + digits % 100) * (word[0] == '-' ? -1 : 1));
            }
        }
        if (year < 1970 || year > 9999)
            continue;
        const auto date = std::chrono::year(year) /
                          std::chrono::month(static_cast<unsigned>(month - months.begin() + 1)) /
                          std::chrono::day(static_cast<unsigned>(day));
        if (!date.ok())
            continue;
        const auto at =
            sys_days(date) + hours(time[0]) + minutes(time[1]) + seconds(time[2]) - zone;
        return duration_cast<microseconds>(at.time_since_epoch()).count();
    }
    return std::nullopt;
}

std::string identity_of(std::string_view text)
{
    Digest digest;
    digest.take(text);
    return digest.finish();
}

} // namespace posthouse::moving
