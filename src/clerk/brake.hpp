// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthouse::clerk {

/// Slows guessing down: a client that failed too often within a while is told no, without a look
/// at its password, until that while is over. An IPv6 client is its /64, since who has one address
/// of it has them all.
class Brake {
public:
    struct Limits {
        std::uint32_t failures = 10; // of one client
        Duration window = std::chrono::minutes(1);
        std::size_t clients =
            20'000; // remembered; then those whose window began first are forgotten
    };

    Brake() = default;
    explicit Brake(const Limits& limits) : limits_(limits) {}

    bool holds(std::string_view client_address, Instant now) const;
    void failed(std::string_view client_address, Instant now);
    std::size_t clients() const { return windows_.size(); }

private:
    struct Window {
        Instant begin;
        std::uint32_t failures = 0;
    };
    void make_room(Instant now);

    Limits limits_{};
    std::unordered_map<std::string, Window> windows_;
};

/// What stands for a client's address where clients are counted: IPv4 as it is (also where it
/// comes as ::ffff:192.0.2.1), the first 64 bits of IPv6; what is no address, as it is.
std::string client_key(std::string_view address);

} // namespace posthouse::clerk
