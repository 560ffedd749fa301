// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace posthouse::config {

/// Listeners with protocol = "pop3".
struct Pop3 {
    /// Of one account, from one login to the next (RFC 2449 §6.5); 0: none.
    std::chrono::milliseconds login_delay = std::chrono::milliseconds(0);
    /// For how many days the mailbox keeps letters (RFC 2449 §6.7); nothing: for ever. It is told
    /// to clients; what removes letters is the mailbox's own expiry.
    std::optional<std::size_t> expire_days = std::nullopt;
    bool operator==(const Pop3&) const = default;
};

} // namespace posthouse::config
