// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace posthouse::simulation {

/// What an observer who sees everything knows: where each letter was taken over, and how it ended.
///
/// A letter for a recipient lives in one queue. Each commit that takes it over is one more life of
/// it, each durable record that the next host has it is one less. What is left over must have
/// ended, each life once.
class Ledger {
public:
    struct Key {
        std::uint64_t letter = 0;
        std::string recipient{};
        auto operator<=>(const Key&) const = default;
    };
    struct Life {
        bool acknowledged = false; // to the one who wrote it
        int taken = 0;             // durably, by a host
        int passed_on = 0;         // durably known to the host that had it before
        int delivered = 0, returned = 0, dropped = 0;
        int ended() const { return delivered + returned + dropped; }
    };

    Life& of(std::uint64_t letter, const std::string& recipient)
    {
        return lives_[{letter, recipient}];
    }

    void taken(std::uint64_t wire, std::uint64_t letter, const std::string& recipient)
    {
        ++of(letter, recipient).taken;
        taken_on_.insert({wire, {letter, recipient}});
    }
    /// Whoever sent it over this connection had to forget, or was never told, how that ended.
    void uncertain(std::uint64_t wire, std::uint64_t letter, const std::string& recipient)
    {
        uncertain_.insert({wire, {letter, recipient}});
    }

    /// What does not add up; empty if all is well.
    std::vector<std::string> faults() const
    {
        std::map<Key, int> excuses; // Taken over, which the one before could not know.
        for (const auto& handover : uncertain_)
            excuses[handover.second] += taken_on_.contains(handover) ? 1 : 0;
        std::vector<std::string> found;
        for (const auto& [key, life] : lives_) {
            const auto say = [&](const std::string& what) {
                found.push_back("letter " + std::to_string(key.letter) + " to " + key.recipient +
                                ": " + what + " (taken " + std::to_string(life.taken) +
                                ", passed on " + std::to_string(life.passed_on) + ", delivered " +
                                std::to_string(life.delivered) + ", returned " +
                                std::to_string(life.returned) + ", dropped " +
                                std::to_string(life.dropped) + ", excused " +
                                std::to_string(excuses[key]) + ")");
            };
            if (life.acknowledged && life.ended() == 0)
                say("acknowledged and lost");
            if (life.ended() != life.taken - life.passed_on)
                say("does not end once in each queue");
            if (life.ended() > 1 + excuses[key])
                say("duplicated without a reason");
        }
        return found;
    }

    const std::map<Key, Life>& lives() const { return lives_; }

private:
    std::map<Key, Life> lives_;
    std::set<std::pair<std::uint64_t, Key>> taken_on_, uncertain_;
};

} // namespace posthouse::simulation
