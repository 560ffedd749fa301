// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::pop3 {

/// Writes a message as a multi-line response, piece by piece: byte-stuffing, and the end that
/// a last line may lack (RFC 1939 §3). A bare LF begins a line too: a client that takes it for a
/// line's end must not find the end of the response there.
class Stuffing {
public:
    void write(std::string_view piece, std::string& to);
    /// The end of the response.
    void finish(std::string& to);

private:
    char last_ = '\n', before_last_ = '\r';
};

/// Finds where TOP ends: after the header, the empty line and so many lines of the body.
class TopOfMessage {
public:
    explicit TopOfMessage(std::uint64_t lines) : lines_(lines) {}

    /// How much of the next piece belongs to it.
    std::size_t take(std::string_view piece);
    bool done() const { return !in_header_ && lines_ == 0; }

private:
    std::uint64_t lines_; // Still to come
    bool in_header_ = true;
    bool line_empty_ = true; // So far, CR aside
};

} // namespace posthouse::pop3
