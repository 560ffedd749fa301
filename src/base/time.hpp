// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace posthouse {

/// A point on the monotonic clock, for waiting. Only the drivers ask the clock what time it is;
/// everything below them is told.
using Instant = std::chrono::steady_clock::time_point;
using Duration = Instant::duration;

/// A point in civil time (UTC, microseconds since 1970), for what is written down.
using Timestamp = std::chrono::time_point<std::chrono::system_clock,
                                          std::chrono::duration<std::int64_t, std::micro>>;

inline Timestamp wall_clock()
{
    return std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
}

inline std::int64_t to_microseconds(Timestamp at)
{
    return at.time_since_epoch().count();
}
inline Timestamp from_microseconds(std::int64_t us)
{
    return Timestamp(Timestamp::duration(us));
}

} // namespace posthouse
