// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace posthouse::config {

/// Letters that people hand in after they logged in: listeners with protocol = "submission"
/// (RFC 6409, RFC 8314).
struct Submit {
    enum class Senders : std::uint8_t {
        own, // envelope sender and From: are the login's addresses, or lent to it
        any,
    } senders = Senders::own;
    bool hide_client = false; // Received: does not tell the client's address and name.
    /// Of one account; 0: as many as it likes.
    std::size_t letters_per_hour = 600;
    std::size_t recipients_per_day = 5000;
    std::size_t recipients = 500; // of one letter
    bool operator==(const Submit&) const = default;
};

} // namespace posthouse::config
