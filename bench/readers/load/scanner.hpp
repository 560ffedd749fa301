// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::load {

/**
 * Cuts what an IMAP server says into responses without keeping literals: a response is its line's
 * text with each literal left out. RFC 3501 §4.3
 */
class Scanner {
public:
    /** Takes from the front of `bytes`; true when a response is whole: `response()`, good until the
     * next call. */
    bool take(std::string_view& bytes);
    std::string_view response() const { return response_; }
    std::uint64_t literal_bytes() const { return literal_bytes_; }

private:
    std::string kept_; // The response so far, where it came in pieces.
    std::string_view response_;
    std::uint64_t literal_left_ = 0;
    std::uint64_t literal_bytes_ = 0;
    bool fresh_ = true;
};

} // namespace posthouse::load
