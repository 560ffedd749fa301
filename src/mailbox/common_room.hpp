// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/ids.hpp"

#include <cstdint>
#include <unordered_map>

namespace posthouse::mailbox {

/// What all mailboxes together may hold; 0: no limit.
struct QuotaLimits {
    std::uint64_t bytes = 0, messages = 0;
};

/// What several accounts together hold and may hold: a domain's. In memory; each account tells of
/// itself after each of its commits, and those that are not open are found on disk meanwhile. What
/// is being committed by several at one moment may go beyond the limit by that much.
class CommonRoom {
public:
    struct Held {
        std::uint64_t bytes = 0, messages = 0;
    };

    void set_limits(QuotaLimits limits) { limits_ = limits; }
    QuotaLimits limits() const { return limits_; }
    /// As the account's last commit has it.
    void count(AccountId, Held);
    /// As it was on disk; nothing where the account has told of itself since.
    void found(AccountId, Held);
    Held held() const { return all_; }
    /// For so much more.
    bool has_room(std::int64_t bytes, std::int64_t messages) const;
    bool is_full() const;

private:
    std::unordered_map<AccountId, Held> each_;
    Held all_;
    QuotaLimits limits_;
};

} // namespace posthouse::mailbox
