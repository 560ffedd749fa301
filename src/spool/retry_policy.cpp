// SPDX-License-Identifier: Apache-2.0
#include "spool/retry_policy.hpp"

#include "base/contract.hpp"

#include <algorithm>

namespace posthouse::spool {

std::optional<Timestamp> RetryPolicy::next_due(Timestamp accepted, std::uint32_t attempts,
                                               Timestamp now, Random& random) const
{
    expects(!delays.empty());
    if (expired(accepted, now))
        return std::nullopt;

    const auto step = std::min<std::size_t>(std::max(attempts, 1u), delays.size()) - 1;
    std::chrono::microseconds wait = std::max(delays[step], std::chrono::seconds(1));
    if (jitter_parts > 0) {
        const auto spread = wait / jitter_parts;
        const auto chance = random.below(static_cast<std::uint64_t>(2 * spread.count() + 1));
        wait += std::chrono::microseconds(static_cast<std::int64_t>(chance)) - spread;
    }
    return std::min(now + wait, accepted + lifetime);
}

} // namespace posthouse::spool
