// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What a sender asks to be told about a letter's delivery: RFC 3461. Values are kept decoded.
namespace posthouse::mail {

struct DeliveryTermsLimits {
    static constexpr std::size_t envelope_id_bytes = 100;        // as it is written: RFC 3461 §4.4
    static constexpr std::size_t original_recipient_bytes = 500; // the same: RFC 3461 §4.2
};

/// NOTIFY, RFC 3461 §4.1: these bits together; 0: nothing was said, which asks for failures and,
/// as the server likes, delays.
namespace notify {
inline constexpr std::uint8_t never = 1; // alone
inline constexpr std::uint8_t success = 2;
inline constexpr std::uint8_t failure = 4;
inline constexpr std::uint8_t delay = 8;
} // namespace notify

/// RET, RFC 3461 §4.3: how much of the letter a notification of its failure is to bring back.
enum class Return : std::uint8_t { unsaid, full, headers };

/// What was asked for one recipient.
struct RecipientTerms {
    std::uint8_t notify = 0;
    std::string original; // ORCPT: "rfc822;a@example.org"; "": not said

    bool operator==(const RecipientTerms&) const = default;
};

/// "NEVER", or of SUCCESS, FAILURE and DELAY one or more with commas; nothing: it is neither.
std::optional<std::uint8_t> parse_notify(std::string_view);
/// The same the other way; "" for 0.
std::string notify_text(std::uint8_t);

std::optional<Return> parse_return(std::string_view);
/// "FULL", "HDRS" or "".
std::string_view return_text(Return);

/// RFC 3461 §4: any text in printable ASCII without spaces, "+" and "=".
std::string encode_xtext(std::string_view);
/// Nothing: it is not xtext.
std::optional<std::string> decode_xtext(std::string_view);

/// The value of ENVID, decoded: 1 to 100 printable characters.
std::optional<std::string> parse_envelope_id(std::string_view xtext);

/// The value of ORCPT, with its address decoded: "rfc822;a+b@example.org" of
/// "rfc822;a+2Bb@example.org". The type utf-8 is that of RFC 6533 §3.
std::optional<std::string> parse_original_recipient(std::string_view);
/// The same the other way; in ASCII unless UTF-8 is allowed (SMTPUTF8).
std::string original_recipient_text(std::string_view decoded, Charset);

} // namespace posthouse::mail
