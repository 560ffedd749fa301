// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_transaction.hpp"

#include "base/contract.hpp"

#include <utility>

namespace posthouse::smtp {

ClientTransaction::ClientTransaction(Outgoing letter)
    : letter_(std::move(letter)),
      outcomes_(letter_.recipients.size()),
      states_(letter_.recipients.size(), State::open),
      undecided_(letter_.recipients.size())
{
}

void ClientTransaction::decide(std::size_t recipient, Outcome outcome)
{
    auto& state = states_[recipient];
    if (state == State::decided)
        return;
    if (state == State::accepted)
        --accepted_;
    --undecided_;
    state = State::decided;
    retry_now_ = retry_now_ || outcome.disposition == Disposition::retry_now;
    outcomes_[recipient] = std::move(outcome);
}

void ClientTransaction::decide_rest(const Outcome& outcome)
{
    for (std::size_t i = 0; i < states_.size() && undecided_ > 0; ++i)
        if (states_[i] != State::decided)
            decide(i, outcome);
}

void ClientTransaction::accept(std::size_t recipient)
{
    if (states_[recipient] != State::open)
        return;
    states_[recipient] = State::accepted;
    ++accepted_;
}

void ClientTransaction::decide_accepted(const Outcome& outcome)
{
    for (std::size_t i = 0; i < states_.size() && accepted_ > 0; ++i)
        if (states_[i] == State::accepted)
            decide(i, outcome);
}

void ClientTransaction::skip_decided()
{
    while (next_ < states_.size() && states_[next_] == State::decided)
        ++next_;
}

bool ClientTransaction::more_recipients()
{
    skip_decided();
    return next_ < states_.size();
}

std::optional<std::size_t> ClientTransaction::next_recipient()
{
    if (!more_recipients())
        return std::nullopt;
    return next_++;
}

LetterResult ClientTransaction::take_result(LetterResult::Connection connection)
{
    expects(undecided_ == 0);
    return {std::move(outcomes_), connection};
}

} // namespace posthouse::smtp
