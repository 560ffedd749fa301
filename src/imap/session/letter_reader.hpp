// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/read_ahead.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// Reads pieces of one letter, and keeps the last for whoever wants of it again.
class LetterReader {
public:
    /// A NUL can stand in no literal but BINARY's (RFC 9051 §9, CHAR8); elsewhere it is replaced.
    enum class Nuls : std::uint8_t { replaced, kept };
    LetterReader(ReadAhead& source, std::uint32_t uid, std::uint32_t most_bytes,
                 Nuls nuls = Nuls::replaced)
        : source_(source),
          uid_(uid),
          most_bytes_(most_bytes),
          nuls_(nuls)
    {
    }

    /// At least one byte, at most `length` (and a piece); valid until the next call.
    Task<Result<std::string_view>> read(std::uint64_t offset, std::uint64_t length);
    /// Asks for what read() will be asked for next.
    Task<void> expect(std::uint64_t offset, std::uint64_t length);
    /// The piece that was read last, to be sent on; it is kept no longer.
    std::string take_piece();

private:
    ReadAhead& source_;
    std::uint32_t uid_;
    std::uint32_t most_bytes_;
    Nuls nuls_;
    std::string piece_;
    std::uint64_t offset_ = 0;
};

} // namespace posthouse::imap
