// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthouse::clerk {

/// How often each of many has failed within a while that begins with the first failure. Bounded:
/// those whose while began first are forgotten.
class FailureCounts {
public:
    FailureCounts(Duration window, std::size_t most) : window_(window), most_(most) {}

    std::uint32_t count(const std::string& key, Instant now) const;
    /// The count with this one.
    std::uint32_t add(std::string key, Instant now);
    /// How long it is until the while is over.
    Duration left(const std::string& key, Instant now) const;
    std::size_t size() const { return windows_.size(); }

private:
    struct Window {
        Instant begin;
        std::uint32_t failures = 0;
    };
    void make_room(Instant now);

    Duration window_;
    std::size_t most_;
    std::unordered_map<std::string, Window> windows_;
};

/// Slows guessing down: each failure of a client is answered later than the one before, and a
/// client that failed too often within a while is told no, without a look at its password, until
/// that while is over. So is everybody for an account that too many tried to guess, but from where
/// its user has logged in of late. An IPv6 client is its /64, since who has one address of it has
/// them all.
class Brake {
public:
    struct Limits {
        std::uint32_t failures = 10; // of one client
        Duration window = std::chrono::minutes(1);
        /// Clients, and accounts, that are remembered; then those whose window began first are
        /// forgotten.
        std::size_t clients = 20'000;
        std::uint32_t account_failures = 30; // of all clients
        Duration first_delay = {};           // Twice as long for each further failure
        Duration longest_delay = {};
        std::size_t places = 50'000; // where users have logged in from
        Duration place_lasts = std::chrono::hours(24 * 7);
    };
    /// `account` is a name that was tried, whether there is such an account or not.
    struct Try {
        std::string_view client, account;
    };

    Brake() : Brake(Limits()) {}
    explicit Brake(const Limits&);

    bool holds(std::string_view client_address, Instant now) const;
    bool holds(const Try&, Instant now) const;
    /// After how long to come again.
    Duration left(const Try&, Instant now) const;
    /// How long after its beginning this try should be answered.
    Duration failed(const Try&, Instant now);
    void failed(std::string_view client_address, Instant now) { failed({client_address, ""}, now); }
    void succeeded(const Try&, Instant now);

    std::size_t clients() const { return by_client_.size(); }
    std::size_t accounts() const { return by_account_.size(); }
    std::size_t places() const { return places_.size(); }

private:
    bool is_known_place(const Try&, Instant now) const;

    Limits limits_;
    FailureCounts by_client_, by_account_;
    std::unordered_map<std::string, Instant> places_; // until when
};

/// What stands for a client's address where clients are counted: IPv4 as it is (also where it
/// comes as ::ffff:192.0.2.1), the first 64 bits of IPv6; what is no address, as it is.
std::string client_key(std::string_view address);

} // namespace posthouse::clerk
