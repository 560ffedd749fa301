// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/sasl_response.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace posthouse::pop3 {

/// All that a peer can make grow or last.
struct Limits {
    std::size_t command_line = 255;                 // With its line end. RFC 2449 §4: 255
    std::size_t login_line = mail::sasl_line_bytes; // Of a login: RFC 5034 §4 has no limit
    std::uint16_t errors = 20;                      // Then the peer is sent away.
    std::uint16_t failed_logins = 3;
    Duration idle = std::chrono::minutes(10);          // RFC 1939 §3: at least this
    Duration send_patience = std::chrono::seconds(60); // For one piece, and beyond it
    std::uint64_t sent_bytes_per_second = 1024;        // as many bytes in each second.
    std::size_t piece_bytes = 256 * 1024;              // Of a message, at one time;
    std::size_t top_bytes = 8 * 1024;     // for TOP, which seldom wants more than the header.
    std::size_t output_bytes = 16 * 1024; // Answers are sent when they are this long.
};

} // namespace posthouse::pop3
