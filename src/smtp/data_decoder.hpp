// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/line_scan.hpp"
#include "smtp/server_config.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// Reads the mail data that follows DATA: finds its end and undoes dot-stuffing
/// (RFC 5321 §4.1.1.4 and §4.5.2).
///
/// Only CR LF ends a line, so only CR LF "." CR LF ends the data. A CR or LF on its own makes
/// the data malformed (or is repaired in what is handed on), but reading goes on to the true end:
/// whatever another server may take such a line to be, its text is never read here as commands
/// (SMTP smuggling, CVE-2023-51764). Every other byte is kept, NUL included.
class DataDecoder {
public:
    DataDecoder() = default;
    explicit DataDecoder(BareLineEnds, std::size_t line_limit = 0);

    /// Decodes `bytes` onto the end of `text` and returns how many were consumed: all of them,
    /// or those up to and including the end of the data. Adds at most two bytes for each byte,
    /// and one.
    std::size_t feed(std::string_view bytes, std::string& text);

    bool done() const { return state_ == State::done; }
    /// There was a bare CR or LF, and it was not to be repaired.
    bool malformed() const { return malformed_; }
    bool line_too_long() const { return meter_.exceeded(); }

private:
    enum class State : std::uint8_t { line_start, dot, dot_cr, text, cr, done };

    std::size_t pass_clean_lines(std::string_view bytes, std::string& text);
    void decode_some(std::string_view& bytes, std::string& text);
    void bare_line_end(std::string& text);

    LineMeter meter_;
    BareLineEnds bare_line_ends_ = BareLineEnds::refuse;
    State state_ = State::line_start;
    bool malformed_ = false;
};

} // namespace posthouse::smtp
