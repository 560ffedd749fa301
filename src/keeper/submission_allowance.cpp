// SPDX-License-Identifier: Apache-2.0
#include "keeper/submission_allowance.hpp"

#include <algorithm>
#include <vector>

namespace posthouse::keeper {
namespace {

constexpr Duration hour = std::chrono::hours(1);
constexpr Duration day = std::chrono::hours(24);

bool exceeds(double used, std::size_t more, std::size_t limit)
{
    return limit != 0 && used + static_cast<double>(more) > static_cast<double>(limit);
}

} // namespace

double Allowances::Window::used(Duration length, Instant at) const
{
    const auto age = at - begin;
    if (age >= 2 * length)
        return 0;
    const double into = std::chrono::duration<double>(age) / std::chrono::duration<double>(length);
    const auto left = static_cast<double>(age >= length ? now : before);
    const double of_before = left * (1 - (into >= 1 ? into - 1 : into));
    return of_before + (age >= length ? 0 : static_cast<double>(now));
}

void Allowances::Window::add(std::uint64_t count, Duration length, Instant at)
{
    if (at - begin >= 2 * length) {
        *this = {at, 0, 0};
    } else if (at - begin >= length) {
        begin += length;
        before = now;
        now = 0;
    }
    now += count;
}

Allowances::Answer Allowances::ask(directory::AccountId account, std::size_t recipients,
                                   const config::Submit& submit, Instant now) const
{
    const auto found = used_.find(account);
    const auto used = found == used_.end() ? Used() : found->second;
    if (exceeds(used.letters.used(hour, now), 1, submit.letters_per_hour))
        return Answer::letters;
    if (exceeds(used.recipients.used(day, now), recipients, submit.recipients_per_day))
        return Answer::recipients;
    return Answer::granted;
}

Allowances::Answer Allowances::take(directory::AccountId account, std::size_t recipients,
                                    const config::Submit& submit, Instant now)
{
    const auto answer = ask(account, recipients, submit, now);
    if (answer != Answer::granted)
        return answer;
    if (!used_.contains(account) && used_.size() >= Limits::accounts)
        make_room(now);
    auto& used = used_[account];
    used.letters.add(1, hour, now);
    used.recipients.add(recipients, day, now);
    used.last = now;
    return answer;
}

void Allowances::give_back(directory::AccountId account, std::size_t recipients)
{
    const auto found = used_.find(account);
    if (found == used_.end())
        return;
    auto& [letters, all, last] = found->second;
    letters.now -= std::min<std::uint64_t>(letters.now, 1);
    all.now -= std::min<std::uint64_t>(all.now, recipients);
}

/// Half of them go at once, so that a full table does not cost each letter a search.
void Allowances::make_room(Instant now)
{
    std::erase_if(used_, [now](const auto& entry) { return now - entry.second.last >= 2 * day; });
    if (used_.size() < Limits::accounts)
        return;
    std::vector<Instant> times;
    times.reserve(used_.size());
    for (const auto& [account, used] : used_)
        times.push_back(used.last);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    std::erase_if(used_,
                  [until = *middle](const auto& entry) { return entry.second.last <= until; });
}

} // namespace posthouse::keeper
