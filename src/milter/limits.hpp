// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace posthouse::milter {

/// All that a filter can make grow. A filter that goes beyond it has failed.
struct Limits {
    std::size_t packet_bytes = 1 << 20; // One packet, with its code.
    std::size_t macro_names = 64;       // Asked for at one stage.
    std::size_t modifications = 2000;   // Of one letter by one filter, body pieces not counted,
    std::size_t modification_bytes = 1 << 20; // together. Of one letter by all filters:
    std::size_t header_edits = 500;
    std::size_t header_bytes = 256 << 10; // added
    std::size_t recipients_added = 1000;
    std::size_t recipients = 10'000;     // in all
    std::uint64_t body_bytes = 64 << 20; // of a body in place of the letter's
    std::size_t field_bytes = 64 << 10;  // one value
    std::size_t name_bytes = 128;
    std::size_t argument_bytes = 1024; // ESMTP parameters
    std::size_t reason_bytes = 256;    // for a quarantine
    std::size_t reply_bytes = 4096;
    std::size_t reply_lines = 32;
    Duration waiting =
        std::chrono::minutes(30); // After the letter's end, with all that it says of progress.
};

} // namespace posthouse::milter
