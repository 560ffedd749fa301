// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// Reads pieces of one letter, and keeps the last for whoever wants of it again.
class LetterReader {
public:
    LetterReader(Dialogue& dialogue, std::uint32_t uid) : dialogue_(dialogue), uid_(uid) {}

    /// At least one byte, at most `length` (and a piece); valid until the next call.
    Task<Result<std::string_view>> read(std::uint64_t offset, std::uint64_t length);
    /// The piece that was read last, to be sent on; it is kept no longer.
    std::string take_piece();

private:
    Dialogue& dialogue_;
    std::uint32_t uid_;
    std::string piece_;
    std::uint64_t offset_ = 0;
};

} // namespace posthouse::imap
