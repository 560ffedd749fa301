// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace posthouse::gate {

/// When who logged in last, for POP3's LOGIN-DELAY (RFC 2449 §6.5). All threads of a gate share
/// one.
class LoginTimes {
public:
    struct Limits {
        static constexpr std::size_t accounts = 50'000; // Then those who waited longest are let in.
    };

    /// May this account log in again? If so, that counts as its login.
    [[nodiscard]] bool admit(const std::string& account, Duration delay, Instant now);
    std::size_t accounts() const;

private:
    void make_room(Instant now);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Instant> next_; // From when on each may.
};

} // namespace posthouse::gate
