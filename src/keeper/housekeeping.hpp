// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"

#include <boost/asio/steady_timer.hpp>

namespace posthouse::keeper {

/// What is done now and then: lists of mailboxes beyond their memory are forgotten; and once an
/// hour every account is looked at, some of them a round, for messages that have been in a folder
/// for too long, expunged ones that can be brought back no longer, and what else would grow for
/// ever.
class Housekeeping {
public:
    static constexpr auto every = std::chrono::seconds(10);
    static constexpr int rounds_a_pass = 360;
    static constexpr std::size_t accounts_a_round = 500;

    explicit Housekeeping(Office& office) : office_(office), timer_(office.executor()) {}

    /// Until the executor stops.
    Task<void> run();
    struct Gone {
        std::uint64_t expired = 0; ///< messages, out of their folders
        std::uint64_t dropped = 0; ///< that could be brought back until now
    };
    /// Looks at all accounts once.
    Task<Gone> tend(Timestamp now);

private:
    /// The next ones of a pass. False: that was all, or it is for another time.
    Task<bool> tend_some(Timestamp now, Gone&);
    Task<void> tend_account(mailbox::AccountId, Timestamp now, Gone&);
    Task<std::uint64_t> expire_account(mailbox::Account&, Timestamp now);
    Task<void> make_room();

    Office& office_;
    boost::asio::steady_timer timer_;
    std::string after_; ///< where the pass goes on
};

} // namespace posthouse::keeper
