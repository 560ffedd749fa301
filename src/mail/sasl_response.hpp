// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

/// What a client says in a SASL dialogue (RFC 4422 §4) where a protocol has it in lines of base64:
/// SMTP (RFC 4954 §4), POP3 (RFC 5034 §4), IMAP (RFC 9051 §6.2.2).
namespace posthouse::mail {

/// A line of the dialogue with its CR LF: what RFC 4954 §4 asks for, which Kerberos may need.
inline constexpr std::size_t sasl_line_bytes = 12'288;

enum class SaslFault : std::uint8_t {
    cancelled, // "*"
    malformed, // Not base64
};

/// `line`: without its end. An empty one is an empty response.
std::expected<Secret, SaslFault> parse_sasl_response(std::string_view line);

/// What stands behind the mechanism's name: "=" is an empty response. Nothing: not base64.
std::optional<Secret> parse_initial_sasl_response(std::string_view word);

/// 1 to 20 of A-Z, 0-9, "-" and "_" (RFC 4422 §3.1), in any case.
bool is_sasl_mechanism(std::string_view);

} // namespace posthouse::mail
