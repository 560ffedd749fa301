// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/reply_parser.hpp"

#include <cstdint>
#include <optional>

namespace posthouse::smtp {

/// What a host announced in its reply to EHLO, as far as we make use of it.
struct ClientCapabilities {
    bool pipelining = false;                    // RFC 2920
    bool starttls = false;                      // RFC 3207
    bool eight_bit_mime = false;                // RFC 6152
    bool smtputf8 = false;                      // RFC 6531
    bool chunking = false;                      // RFC 3030
    bool binary_mime = false;                   // RFC 3030
    bool dsn = false;                           // RFC 3461
    bool size = false;                          // RFC 1870
    std::optional<std::uint64_t> largest_bytes; // RFC 1870 §4; nothing if it did not say.
    struct Mechanisms {                         // Of those that we make use of.
        bool scram_sha_256 = false;             // RFC 7677
        bool plain = false;                     // RFC 4616
        bool login = false;
        bool operator==(const Mechanisms&) const = default;
    } login; // RFC 4954
    // RFC 9422
    std::optional<std::uint64_t> letters;           // MAILMAX
    std::optional<std::uint64_t> recipients;        // RCPTMAX
    std::optional<std::uint64_t> recipient_domains; // RCPTDOMAINMAX

    bool operator==(const ClientCapabilities&) const = default;
};

/// Unknown keywords and parameters that make no sense are passed over.
ClientCapabilities parse_capabilities(const RemoteReply& to_ehlo);

} // namespace posthouse::smtp
