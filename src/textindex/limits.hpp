// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace posthouse::textindex {

struct Limits {
    // ---- terms: changing one of these makes another format ------------------------------------
    /// Longer words are cut into pieces of so many characters …
    static constexpr std::size_t word_characters = 32;
    /// … that begin so many behind one another: any 17 characters are inside one.
    static constexpr std::size_t word_step = 16;
    /// Of scripts without spaces: so many characters, besides marks …
    static constexpr std::size_t gram_letters = 3;
    /// … and so many with them.
    static constexpr std::size_t gram_characters = 8;

    // ---- a letter, a batch --------------------------------------------------------------------
    static constexpr std::size_t letter_terms = 1 << 16;
    static constexpr std::size_t letter_bytes = 600 << 10; ///< of its terms, packed
    static constexpr std::size_t batch_letters = 4096;
    static constexpr std::size_t batch_full = 500 << 10; ///< then it is time to finish it
    static constexpr std::size_t batch_bytes = (1 << 20) + (192 << 10);

    // ---- a needle -----------------------------------------------------------------------------
    static constexpr std::size_t needle_terms = 16; ///< that are looked up

    // ---- an index -----------------------------------------------------------------------------
    static constexpr std::uint32_t segment_letters = 400'000; ///< one bit each must fit a row
    static constexpr std::size_t segments = 256;
    static constexpr std::size_t forgotten_ranges = 20'000; ///< remembered
};

} // namespace posthouse::textindex
