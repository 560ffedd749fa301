// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <algorithm>
#include <thread>

namespace posthouse::load {

void Times::join(const Times& other)
{
    seconds_.insert(seconds_.end(), other.seconds_.begin(), other.seconds_.end());
}

double Times::quantile_ms(double share)
{
    if (seconds_.empty()) {
        return 0;
    }
    const auto at = std::min(static_cast<std::size_t>(share * static_cast<double>(seconds_.size())),
                             seconds_.size() - 1);
    std::ranges::nth_element(seconds_, seconds_.begin() + static_cast<std::ptrdiff_t>(at));
    return seconds_[at] * 1e3;
}

void on_threads(unsigned count, const std::function<void(unsigned)>& work)
{
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < count; ++i) {
        threads.emplace_back([&work, i] { work(i); });
    }
}

} // namespace posthouse::load
