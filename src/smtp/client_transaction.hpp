// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/client_letter.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace posthouse::smtp {

/// The book that a ClientSession keeps of one letter: which recipient was sent, which the host
/// accepted, and what became of each. An outcome once decided stays.
class ClientTransaction {
public:
    explicit ClientTransaction(Outgoing);

    const Outgoing& letter() const { return letter_; }

    void decide(std::size_t recipient, Outcome);
    /// The same for all that have no outcome yet.
    void decide_rest(const Outcome&);
    /// The host took this recipient.
    void accept(std::size_t recipient);
    /// The same for all that were accepted and have no outcome yet.
    void decide_accepted(const Outcome&);

    bool is_decided(std::size_t recipient) const { return states_[recipient] == State::decided; }
    bool is_accepted(std::size_t recipient) const { return states_[recipient] == State::accepted; }
    /// Accepted, and without an outcome.
    std::size_t accepted() const { return accepted_; }
    std::size_t undecided() const { return undecided_; }
    bool any_to_retry_now() const { return retry_now_; }

    /// The next recipient to be sent, if any; each is handed out once.
    std::optional<std::size_t> next_recipient();
    bool more_recipients();

    /// All recipients must be decided.
    LetterResult take_result(LetterResult::Connection);

private:
    enum class State : std::uint8_t { open, accepted, decided };
    void skip_decided();

    Outgoing letter_;
    std::vector<Outcome> outcomes_;
    std::vector<State> states_;
    std::size_t next_ = 0;
    std::size_t accepted_ = 0;
    std::size_t undecided_;
    bool retry_now_ = false;
};

} // namespace posthouse::smtp
