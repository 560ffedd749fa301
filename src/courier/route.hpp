// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "smtp/client_config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::courier {

/// A place that letters are carried to.
struct Hop {
    enum class Kind : std::uint8_t {
        domain,   // the hosts that answer for it
        next_hop, // as the configuration and the tables write it: dns::NextHop
        socket,   // a Unix socket's path
    };
    Kind kind = Kind::domain;
    std::string name;

    /// Tells all of them apart: "smtp:b.test", "via:[relay.test]:587", "unix:/run/lmtp".
    std::string text() const;
    bool operator==(const Hop&) const = default;
};

/// Where a destination (routing/engine.hpp) leads.
struct Route {
    smtp::ClientProtocol protocol = smtp::ClientProtocol::smtp;
    std::vector<Hop> hops; // In the order to try them; at least one.
};
/// Nothing: it is not for a courier, or makes no sense.
std::optional<Route> parse_destination(std::string_view);

} // namespace posthouse::courier
