// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "milter/limits.hpp"
#include "milter/packet.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::milter {

enum class Ruling : std::uint8_t {
    proceed,
    accept,  // and ask this filter no more
    discard, // say that it was accepted, and drop it
    refuse,  // with the verdict's reply
};

/// What comes of a question. Of a refusal: what the client is told.
struct Verdict {
    Ruling ruling = Ruling::proceed;
    int code = 0;                   // 4yz or 5yz
    std::vector<std::string> lines; // With an enhanced status code; nothing but printable text.

    bool is(Ruling wanted) const { return ruling == wanted; }
    bool operator==(const Verdict&) const = default;
};

Verdict rejection();
Verdict temporary_failure();

/// "550 5.7.1 text", or several such lines: a refusal, made harmless.
std::expected<Verdict, Fault> read_reply(std::string_view text, const Limits&);

} // namespace posthouse::milter
