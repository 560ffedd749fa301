// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace posthouse::agent {

/// What a delivery, a user's files and a program may cost. What an administrator may want otherwise
/// is in the configuration instead (local_delivery).
struct Limits {
    static constexpr std::size_t name_bytes = 64;           // of a login
    static constexpr int names = 1000;                      // asked the runner for at once
    static constexpr std::size_t forward_bytes = 64 * 1024; // of a .forward file
    static constexpr std::size_t forward_targets = 1000;
    static constexpr std::size_t header_bytes = 256 * 1024; // that are searched for Delivered-To:
    static constexpr std::uint32_t piece = 256 * 1024;   // of a large letter, read from the keeper
    static constexpr std::size_t report_bytes = 1 << 20; // of a delivery's process
    static constexpr std::size_t command_bytes = 32 * 1024; // a program's arguments and environment
    static constexpr std::size_t arguments = 256;
    static constexpr std::size_t groups = 1024;      // of a user
    static constexpr std::size_t reply_bytes = 256;  // of a program's output, in the outcome's text
    static constexpr std::size_t quota_bytes = 5120; // of a maildirsize file; Maildir++ says so
    static constexpr std::size_t per_user = 5;       // programs and files at one time
    static constexpr std::size_t deliveries = 256;   // taken from the keeper at one time

    static constexpr auto lock_wait = std::chrono::seconds(30);
    static constexpr auto lock_stale = std::chrono::minutes(10);
    static constexpr auto delivery = std::chrono::minutes(5);   // one process of the agent's own
    static constexpr auto turn = std::chrono::seconds(60);      // waiting for others of that user
    static constexpr auto lookup = std::chrono::seconds(30);    // of a user
    static constexpr auto last_words = std::chrono::seconds(5); // between SIGTERM and SIGKILL
};

} // namespace posthouse::agent
