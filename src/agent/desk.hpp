// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/errand.hpp"
#include "agent/letter.hpp"
#include "agent/program.hpp"
#include "agent/runner_link.hpp"
#include "agent/turnstile.hpp"
#include "process/start_up.hpp"
#include "wire/link.hpp"

#include <memory>

namespace posthouse::agent {

/// Answers the keeper: who is a user here, and deliveries.
class Desk {
public:
    Desk(boost::asio::io_context&, std::shared_ptr<const process::Settings>);

    void configure(std::shared_ptr<const process::Settings>);
    RunnerLink& runner() { return runner_; }

    Task<wire::Result<wire::Answer>> serve(std::shared_ptr<wire::Link> keeper, wire::Frame);

private:
    using Settings = std::shared_ptr<const process::Settings>;
    struct Delivery; // one, with what is known of it so far

    Task<wire::Result<wire::Answer>> find_users(wire::Frame);
    Task<wire::Result<wire::Answer>> deliver(std::shared_ptr<wire::Link> keeper, wire::Frame);
    Task<wire::Result<Outcome>> deliver_to(std::shared_ptr<wire::Link> keeper,
                                           std::shared_ptr<Delivery>);
    Task<std::optional<Outcome>> find_login(std::shared_ptr<Delivery>, std::string user);
    Task<wire::Result<bool>> hold_letter(std::shared_ptr<wire::Link> keeper,
                                         std::shared_ptr<Delivery>);
    Task<Outcome> run_program(std::shared_ptr<Delivery>, Command);

    RunnerLink runner_;
    Turnstile turnstile_;
    Settings settings_;
};

} // namespace posthouse::agent
