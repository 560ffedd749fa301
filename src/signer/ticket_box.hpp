// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::signer {

/// The keys of session tickets, of each gate its own: who breaks into one learns nothing of the
/// others' sessions. Kept here, they outlive a gate; never written down, they die with the house.
class TicketBox {
public:
    struct Limits {
        static constexpr std::size_t gates = 16;
        static constexpr std::size_t keys = 2; // the one in use, and the one before
    };
    static constexpr std::size_t key_bytes = 80;

    TicketBox(Random& random, Duration rotation) : random_(random), rotation_(rotation) {}
    void set_rotation(Duration rotation) { rotation_ = rotation; }

    /// Makes a gate's first key if it has none. The newest is first. Nothing: too many gates.
    std::optional<std::vector<Secret>> keys_of(std::string_view gate, Instant now);
    /// Puts a new key in front where it is time. The gates that have new ones.
    std::vector<std::string> rotate(Instant now);
    /// When there is something to rotate next; nothing: not before somebody asks.
    std::optional<Instant> next() const;

private:
    struct Box {
        std::vector<Secret> keys;
        Instant made;
    };
    Secret make();

    Random& random_;
    Duration rotation_;
    std::map<std::string, Box, std::less<>> boxes_;
};

} // namespace posthouse::signer
