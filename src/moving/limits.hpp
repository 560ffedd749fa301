// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Mailboxes as other servers keep them in files: reading them, and writing them.
namespace posthouse::moving {

struct Limits {
    static constexpr std::size_t folders = 10'000;
    static constexpr std::size_t depth = 32;              ///< of directories
    static constexpr std::size_t letters = 4'000'000;     ///< of a folder
    static constexpr std::uint64_t index_bytes = 1 << 30; ///< a server's own list of letters
    static constexpr std::size_t line_bytes = 8192;       ///< of such a list
    static constexpr std::size_t header_bytes = 1 << 20;  ///< of a letter in an mbox
    static constexpr std::size_t keywords = 1000;         ///< of a folder, as they are listed
    static constexpr std::size_t letter_keywords = 100;
    static constexpr std::size_t uidl_bytes = 70; ///< RFC 1939 §7
    static constexpr std::size_t subscriptions = 20'000;
    static constexpr std::size_t piece = 256 << 10; ///< of a letter, about
    static constexpr std::size_t page = 2000;       ///< letters
};

} // namespace posthouse::moving
