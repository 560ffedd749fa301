// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Asking a client's host which of its users has opened a connection to us: RFC 1413. What it
/// answers is its claim, and nothing more.
namespace posthouse::net {

struct IdentLimits {
    static constexpr std::size_t answer_bytes = 1000; // RFC 1413 §4
    static constexpr std::size_t user_bytes = 64;     // of what is kept
};

/// A connection, as seen from the client's host.
struct IdentPorts {
    std::uint16_t theirs = 0;
    std::uint16_t ours = 0;
};

std::string ident_question(IdentPorts);

/// The user's name out of the answer's line, given without its CR LF; printable, and cut to the
/// limit. Nothing: there is none, or it is about another connection, or makes no sense.
std::optional<std::string> ident_user(std::string_view answer, IdentPorts);

} // namespace posthouse::net
