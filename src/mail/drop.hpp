// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"
#include "mail/delivery_terms.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// A letter that the sendmail command left in the drop, since the server was down: a head of lines
/// that end in LF,
///
///     sender user@example.org             (empty: the null sender)
///     recipient other@example.net         (one or more)
///     option ret HDRS                     (see Drop)
///
/// an empty line, and the letter, whose lines end in CR LF. The file is NAME.tmp while it is
/// written and NAME.letter when it is whole.
namespace posthouse::mail {

struct DropLimits {
    static constexpr std::size_t recipients = 1000; // of one letter: what the keeper takes
    static constexpr std::size_t line_bytes = 1024;
    static constexpr std::size_t head_bytes = 1 << 20;
};

struct Drop {
    ReversePath sender;
    std::vector<ForwardPath> recipients;
    std::uint8_t notify = 0;      // option notify: for each recipient
    Return ret = Return::unsaid;  // option ret
    std::string envelope_id = {}; // option envelope-id: printable ASCII, not encoded
    enum class Body : std::uint8_t { seven_bit, eight_bit_mime } body = Body::seven_bit;
    bool smtputf8 = false; // option smtputf8 yes: RFC 6531 §3.4

    bool operator==(const Drop&) const = default;
};

/// The head, with the empty line behind it. What does not fit the limits is a programming error.
std::string drop_head(const Drop&);

enum class DropFault : std::uint8_t {
    incomplete, // There may be more of the head to come.
    malformed,
    too_large,
};

struct ParsedDrop {
    Drop drop;
    std::size_t head_bytes = 0; // The letter begins behind them.
};

/// `beginning`: of the file, as far as it was read. An option that is not known makes it malformed:
/// what a sender asked for is not dropped in silence.
std::expected<ParsedDrop, DropFault> parse_drop(std::string_view beginning);

} // namespace posthouse::mail
