// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// Letters for hosts that take less than they hold: 8-bit content for a host without 8BITMIME
/// (RFC 6152 §3), and lines longer than any host need take (RFC 5321 §4.5.3.1.6). Part by part
/// (RFC 2045, RFC 2046) they are encoded so that each decodes to the same bytes as before.
namespace posthouse::mail {

struct SevenBitLimits {
    static constexpr std::size_t line_bytes = 998; // without its CRLF: RFC 5322 §2.1.1
    static constexpr std::size_t depth = 20;       // of parts in parts
    static constexpr std::size_t parts = 1000;
    static constexpr std::size_t header_bytes = 256 << 10; // of the letter, and of each part
};

/// Looks at a text in pieces, for what could have to be encoded.
class LineScan {
public:
    void append(std::string_view piece);

    bool has_eight_bit() const { return eight_bit_; }
    bool has_long_line() const { return long_line_; }

private:
    std::size_t line_ = 0; // of the line under way
    bool cr_ = false;      // and whether its last byte is a CR
    bool eight_bit_ = false;
    bool long_line_ = false;
};

/// What the host wants.
enum class Demand : std::uint8_t {
    short_lines, // 8-bit bytes are welcome to it
    seven_bit,   // and short lines
};

/// Why a letter cannot be encoded.
struct Unconvertible {
    std::string status; // RFC 3463 §3.7: 5.6.3, 5.6.7
    std::string text;   // one sentence
};

/// The letter as the host takes it, with lines that end in CRLF where it was touched; one that it
/// takes already comes back as it was. What a signature covers is never changed: a signed letter
/// with 8-bit content cannot be converted. Nor can 8-bit header fields, which only SMTPUTF8
/// carries. A long line that nothing can be done about (in a header without white space, in a
/// signed part) stays: nearly every host takes it.
std::expected<std::string, Unconvertible> encode_for(Demand, std::string_view letter);

} // namespace posthouse::mail
