// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "config/submit.hpp"
#include "directory/accounts.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace posthouse::keeper {

/// How much each account has handed in of late: letters within an hour, recipients within a day.
/// In memory only, so that a gate's restart changes nothing and the keeper's begins anew. A window
/// slides: of the one before, what is left of it by time still counts.
class Allowances {
public:
    struct Limits {
        /// Then those that handed in something longest ago are forgotten.
        static constexpr std::size_t accounts = 100'000;
    };
    enum class Answer : std::uint8_t { granted, letters, recipients };

    /// Would a letter with so many recipients be within bounds?
    Answer ask(directory::AccountId, std::size_t recipients, const config::Submit&,
               Instant now) const;
    /// The same, and it counts if it is.
    Answer take(directory::AccountId, std::size_t recipients, const config::Submit&, Instant now);
    /// It was not accepted after all.
    void give_back(directory::AccountId, std::size_t recipients);

    std::size_t accounts() const { return used_.size(); }

private:
    struct Window {
        Instant begin{};
        std::uint64_t before = 0, now = 0;

        double used(Duration length, Instant) const;
        void add(std::uint64_t count, Duration length, Instant);
    };
    struct Used {
        Window letters, recipients;
        Instant last{};
    };
    void make_room(Instant now);

    std::unordered_map<directory::AccountId, Used> used_;
};

} // namespace posthouse::keeper
