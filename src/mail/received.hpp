// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The fields that a letter collects on its way, each as a segment to put before it: RFC 5321 §4.4.
namespace posthouse::mail {

/// How a letter was handed over.
struct Transmission {
    enum class Greeting : std::uint8_t { helo, ehlo, lhlo, none };
    Greeting greeting = Greeting::ehlo;
    bool tls = false;
    bool authenticated = false;
    bool utf8 = false; ///< SMTPUTF8 was asked for.
};

/// SMTP, ESMTP, ESMTPSA, LMTPS, UTF8SMTPS …: RFC 3848, RFC 6531 §4.3.
std::string protocol_name(const Transmission&);

/// What a Received field tells. What came from the peer may hold any bytes.
struct Arrival {
    std::string greeted_as;     ///< What it said in HELO; nothing if the letter came from no host.
    std::string client_address; ///< 192.0.2.1, 2001:db8::1; nothing if it has none.
    std::string client_name;    ///< Its confirmed name in DNS; nothing if it has none.
    std::string ident = {};     ///< Whom its host says it comes from (RFC 1413): a claim.
    std::optional<std::uint32_t> local_user = {}; ///< Of this host; then there is no client.
    Transmission transmission;
    std::string tls; ///< Protocol and cipher, for a comment.
    Domain host;     ///< Ours.
    std::string id;
    /// Set it only if the letter has one recipient: the field must not tell one of another
    /// (RFC 5321 §7.2).
    std::optional<ForwardPath> only_recipient;
    Timestamp at;
};

std::string received_field(const Arrival&);

/// To be put in front at the final delivery, and only there.
std::string return_path_field(const ReversePath&);

/// Names the mailbox that a letter was put into, so that a loop can be seen.
std::string delivered_to_field(const Mailbox&);

} // namespace posthouse::mail
