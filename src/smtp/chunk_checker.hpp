// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/line_scan.hpp"

#include <cstddef>
#include <string_view>

namespace posthouse::smtp {

/// Looks at a letter that comes in BDAT chunks (RFC 3030) and is text by its BODY: its lines end
/// in CR LF, wherever the chunks are cut, and are not too long. Changes nothing.
class ChunkChecker {
public:
    ChunkChecker() = default;
    explicit ChunkChecker(std::size_t line_limit) : meter_(line_limit) {}

    void feed(std::string_view bytes)
    {
        if (bytes.empty())
            return;
        if (after_cr_ != (bytes.front() == '\n') || !pairs_line_ends(bytes))
            malformed_ = true;
        after_cr_ = bytes.back() == '\r';
        meter_.measure(bytes);
    }
    /// The last chunk was it; a CR at its end stays without its LF.
    void finish() { malformed_ = malformed_ || after_cr_; }

    /// There was a bare CR or LF.
    bool malformed() const { return malformed_; }
    bool line_too_long() const { return meter_.exceeded(); }

private:
    LineMeter meter_;
    bool after_cr_ = false;
    bool malformed_ = false;
};

} // namespace posthouse::smtp
