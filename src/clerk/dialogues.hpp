// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "clerk/acceptor.hpp"
#include "clerk/examiner.hpp"
#include "sasl/dialogue.hpp"
#include "wire/link.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

namespace posthouse::clerk {

/// A dialogue with a client, between two requests of its gate.
struct OpenDialogue {
    const wire::Link* gate = nullptr;
    std::unique_ptr<sasl::Dialogue> sasl;
    Attempt attempt;
    Instant until; // then it is given up
    Instant asked; // when the request came that is to be answered now
    /// What was found out so far.
    std::optional<Finding> password;
    std::optional<Examiner::Keys> keys;
    bool expired = false;             // a token
    Acceptor::Response kerberos = {}; // `dialogue` is 0 before the first
};

/// The dialogues that are open. Each is one gate's, named by a number that nobody guesses.
class Dialogues {
public:
    struct Limits {
        Duration lasts = std::chrono::seconds(60);
        std::size_t of_a_gate = 4096; // a link of it
        std::size_t all = 16'384;
    };

    Dialogues() : Dialogues(Limits()) {}
    explicit Dialogues(const Limits& limits) : limits_(limits) {}

    const Limits& limits() const { return limits_; }
    /// Its name; 0: there are too many.
    std::uint64_t keep(OpenDialogue, Random&);
    /// Nothing: there is none by that name of this gate, or it has taken too long.
    std::optional<OpenDialogue> take(const wire::Link* gate, std::uint64_t name, Instant now);
    void gone(const wire::Link* gate);
    std::size_t size() const { return open_.size(); }

private:
    using Open = std::unordered_map<std::uint64_t, OpenDialogue>;
    void erase(Open::iterator);
    void sweep(Instant now);

    Limits limits_;
    Open open_;
    std::map<const wire::Link*, std::size_t> of_gates_;
    Instant next_sweep_{};
};

} // namespace posthouse::clerk
