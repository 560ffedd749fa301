// SPDX-License-Identifier: Apache-2.0
#include "gate/login_times.hpp"

#include <algorithm>
#include <vector>

namespace posthouse::gate {

bool LoginTimes::admit(const std::string& account, Duration delay, Instant now)
{
    if (delay == Duration::zero())
        return true;
    const std::scoped_lock lock(mutex_);
    const auto found = next_.find(account);
    if (found != next_.end() && now < found->second)
        return false;
    if (found == next_.end() && next_.size() >= Limits::accounts)
        make_room(now);
    next_[account] = now + delay;
    return true;
}

/// Half of them go at once, so that a full table does not cost each login a search.
void LoginTimes::make_room(Instant now)
{
    std::erase_if(next_, [now](const auto& entry) { return entry.second <= now; });
    if (next_.size() < Limits::accounts)
        return;
    std::vector<Instant> times;
    times.reserve(next_.size());
    for (const auto& [account, until] : next_)
        times.push_back(until);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    std::erase_if(next_, [until = *middle](const auto& entry) { return entry.second <= until; });
}

std::size_t LoginTimes::accounts() const
{
    const std::scoped_lock lock(mutex_);
    return next_.size();
}

} // namespace posthouse::gate
