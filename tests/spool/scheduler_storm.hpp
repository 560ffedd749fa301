// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/spool/model_keeper.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace posthouse::spool {

/// Whatever may happen to a scheduler, in an order that bytes decide; shared by the properties and
/// the fuzz target. The keeper checks each decision. At the end the weather clears, and every
/// delivery must get its outcome.
class Storm {
public:
    explicit Storm(std::span<const std::uint8_t> bytes)
        : bytes_(bytes),
          keeper_(policy(),
                  {.in_memory = 24, .suspects = 6, .open_loads = 2, .idle_destinations = 3})
    {
    }

    void rage()
    {
        while (!bytes_.empty() && events_ < most_events) {
            event();
            ++events_;
        }
    }

    /// How many deliveries are left after the last one could have been carried; 0 if all is well.
    std::size_t clear_up()
    {
        keeper_.scheduler.capacity(Carrier::courier, 4);
        for (int round = 0; round < 20'000 && keeper_.left() > 0; ++round) {
            while (!keeper_.open_loads.empty())
                keeper_.answer_load(0);
            keeper_.run();
            const auto under_way = keeper_.attempts;
            for (const auto& [id, attempt] : under_way)
                attempt.ended ? keeper_.record(id) : keeper_.finish(id);
            if (under_way.empty() && keeper_.open_loads.empty() && keeper_.wake)
                keeper_.now = *keeper_.wake;
        }
        return keeper_.left();
    }

    ModelKeeper& keeper() { return keeper_; }
    std::size_t added() const { return added_; }

private:
    static constexpr std::size_t most_events = 2'000;

    static Policy policy()
    {
        Policy policy;
        policy.recipients = 3;
        policy.in_memory = 12;
        policy.site.initial_attempts = 2;
        policy.site.most_attempts = 3;
        return policy;
    }

    std::size_t take(std::size_t bound)
    {
        if (bytes_.empty())
            return 0;
        const std::size_t value = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return value % bound;
    }
    std::string destination() { return "smtp:" + std::to_string(take(6)); }
    std::string site() { return take(2) == 0 ? "" : "mx" + std::to_string(take(3)); }

    void event()
    {
        switch (take(12)) {
        case 0:
        case 1:
        case 2:
            add();
            return;
        case 3:
            end();
            return;
        case 4:
            record();
            return;
        case 5:
            if (const auto id = any(false))
                keeper_.lose(*id, take(2) == 0 ? Loss::crashed : Loss::stopped);
            return;
        case 6:
            keeper_.remove(take(8), take(16));
            return;
        case 7:
            keeper_.loads = take(2) == 0 ? ModelKeeper::Loads::at_once : ModelKeeper::Loads::later;
            if (!keeper_.open_loads.empty())
                keeper_.answer_load(take(keeper_.open_loads.size()));
            return;
        case 8:
            keeper_.advance(std::chrono::seconds(1 + 40 * take(256)));
            return;
        case 9:
            take(2) == 0 ? keeper_.scheduler.retry_now(destination())
                         : keeper_.scheduler.has_more(destination(), keeper_.now);
            return;
        case 10:
            keeper_.scheduler.capacity(Carrier::courier, take(5));
            return;
        default:
            keeper_.run();
        }
    }

    void add()
    {
        const auto letter = take(8), first = take(16), count = 1 + take(4);
        const auto where = destination();
        const auto priority = static_cast<std::uint8_t>(take(priorities + 1));
        for (std::size_t i = 0; i < count; ++i)
            added_ += keeper_.offer(where, letter, (first + i) % 16, priority) ? 1 : 0;
    }

    void end()
    {
        const auto id = any(false);
        if (!id)
            return;
        const auto health = static_cast<Health>(take(3));
        const auto done = take(4);
        keeper_.end(*id, done, health, site());
    }

    void record()
    {
        if (const auto id = any(true))
            keeper_.record(*id);
    }

    std::optional<AttemptId> any(bool ended)
    {
        std::vector<AttemptId> ids;
        for (const auto& [id, attempt] : keeper_.attempts)
            if (attempt.ended == ended)
                ids.push_back(id);
        return ids.empty() ? std::nullopt : std::optional(ids[take(ids.size())]);
    }

    std::span<const std::uint8_t> bytes_;
    ModelKeeper keeper_;
    std::size_t events_ = 0, added_ = 0;
};

} // namespace posthouse::spool
