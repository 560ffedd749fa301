// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/brake.hpp"
#include "clerk/checker.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <memory>
#include <string>

namespace posthouse::clerk {

/// Answers Method::authenticate: has the keeper find the user's verifier, checks the password, has
/// the keeper vouch for the account. Who does not exist and whose password is wrong get the same
/// answer after the same time. Failure::busy or unavailable: nothing was found out. Logs login.ok
/// and login.failed.
class Desk {
public:
    struct Limits {
        static constexpr std::size_t user_bytes = 320; // RFC 3696 §3 with its erratum has 254
        static constexpr std::size_t client_bytes = 64;
    };

    explicit Desk(const Checker::Limits& checks, const Brake::Limits& brake = {})
        : checker_(checks),
          brake_(brake)
    {
    }

    /// The keeper, now or again.
    void set_keeper(std::shared_ptr<wire::Link> keeper) { keeper_ = std::move(keeper); }

    Task<wire::Result<wire::Answer>> serve(wire::Frame);

private:
    Task<wire::Authenticated> authenticate(wire::Authenticate);
    Task<wire::Authenticated> check(wire::Authenticate, Secret password);

    std::shared_ptr<wire::Link> keeper_;
    Checker checker_;
    Brake brake_;
};

} // namespace posthouse::clerk
