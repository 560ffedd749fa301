// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::config {

/// What [[destination]] says of `key`: a recipient's domain ("example.org", "[192.0.2.1]") or a
/// next hop as it is written ("relay.example:587", "[relay.example]"). The nearest `match` counts:
/// the key itself, then the same without its port, then the longest ".suffix" of a domain, then
/// "*". Nothing where none does. Linear in the destinations' number.
const Destination* destination_for(const Config&, std::string_view key);

/// What holds for one destination, wherever it was said: [[destination]], [backup_mx], [queue],
/// [outbound].
struct DestinationTerms {
    OutboundTls tls = OutboundTls::opportunistic;
    std::vector<std::string> fingerprints; // Where tls is fingerprint.
    std::optional<std::string> source_ipv4, source_ipv6;
    std::uint16_t port = 25; // The next hop's own where it has one.
    std::optional<Login> login;
    std::size_t recipients = 50; // of one envelope
    std::size_t concurrency = 20;
    std::size_t letters_per_minute = 0;        // 0: no limit
    Span retry_first = {}, retry_maximum = {}; // retry_first <= retry_maximum
    double retry_factor = 2.0;
    Span lifetime = {};
    Span warn_after = {}; // 0: never
    bool operator==(const DestinationTerms&) const = default;
};

/// `key` as for destination_for().
DestinationTerms terms_for(const Config&, std::string_view key);

} // namespace posthouse::config
