// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace posthouse::sorter {

/// What one request may cost. The keeper asks within them; a request beyond is refused.
struct Limits {
    static constexpr int recipients = 10'000; // of a letter. RFC 5321 §4.5.3.1.8: 100 or more
    static constexpr int told = 10'000;       // recipients that one notification is about
    static constexpr std::size_t notification = 1 << 20;    // that the keeper stores in one commit
    static constexpr std::size_t persons_a_question = 1000; // the keeper's
    static constexpr int rounds = 64;                       // of looking up what routing asks for
    static constexpr std::ptrdiff_t deliveries_a_page = 1000;
    static constexpr std::uint64_t letter_bytes = (2ULL << 30) + (64ULL << 20); // in memory
    static constexpr int letters_a_cut = 4096;         // for an index of texts
    static constexpr std::size_t letters_at_once = 64; // of those that are searched
    static constexpr std::uint32_t piece = 256 * 1024; // of a large letter, read on from the keeper
};

} // namespace posthouse::sorter
