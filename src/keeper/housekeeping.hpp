// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"

#include <boost/asio/steady_timer.hpp>

namespace posthouse::keeper {

/// What is done now and then: lists of mailboxes beyond their memory are forgotten, and messages
/// that have been in a folder for too long removed.
class Housekeeping {
public:
    static constexpr auto every = std::chrono::seconds(10);
    static constexpr int expiry_every = 360; ///< times

    explicit Housekeeping(Office& office) : office_(office), timer_(office.executor()) {}

    /// Until the executor stops.
    Task<void> run();
    /// Goes through all accounts once. How many messages went.
    Task<std::uint64_t> expire(Timestamp now);

private:
    Task<std::uint64_t> expire_account(mailbox::AccountId, Timestamp now);

    Office& office_;
    boost::asio::steady_timer timer_;
};

} // namespace posthouse::keeper
