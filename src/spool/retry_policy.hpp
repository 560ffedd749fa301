// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace posthouse::spool {

/// When a delivery that was deferred is tried again, and when it is given up (RFC 5321 §4.5.4.1:
/// two attempts in the first hour, then one every two or three hours, for four to five days).
///
/// After attempt n the wait is delays[n - 1]; the last one is repeated. The default doubles from
/// Postfix's and sendmail's first five minutes to 2 h 40 min, and gives up after their five days.
struct RetryPolicy {
    std::vector<std::chrono::seconds> delays = {
        std::chrono::minutes(5),  std::chrono::minutes(10), std::chrono::minutes(20),
        std::chrono::minutes(40), std::chrono::minutes(80), std::chrono::minutes(160)};
    std::chrono::seconds lifetime = std::chrono::days(5);
    /// Each wait is stretched or shortened by up to one part in this many, so that what failed
    /// together does not come back together. 0: not at all.
    std::uint32_t jitter_parts = 8;

    /// `attempts`: how many have ended, this one included. Nothing: the lifetime is over. A wait
    /// that would end after the lifetime is cut to it, so that each letter gets a last chance.
    std::optional<Timestamp> next_due(Timestamp accepted, std::uint32_t attempts, Timestamp now,
                                      Random&) const;

    bool expired(Timestamp accepted, Timestamp now) const { return now - accepted >= lifetime; }
};

} // namespace posthouse::spool
