// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/image.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::tables {

/// An address or a network in the one spelling that tables keep: "192.0.2.1", "192.0.2.0/24",
/// "2001:db8::1", "2001:db8::/32".
struct Network {
    enum class Family : std::uint8_t { ipv4, ipv6 } family = Family::ipv4;
    unsigned bits = 32;
    std::string text;
    bool is_address() const { return bits == (family == Family::ipv4 ? 32u : 128u); }
};

/// Reads sendmail's spellings too: "192.0.2" (a /24), "IPv6:2001:db8" (a /32), "[192.0.2.1]".
/// nullopt: `text` does not look like an address; with an error: it does, and is none.
struct NetworkOrFault {
    std::optional<Network> network;
    std::string fault;
};
std::optional<NetworkOrFault> parse_network(std::string_view text);

/// The entry of the longest prefix of `address` ("192.0.2.1", "2001:db8::1") among the keys that
/// begin with `tag` ("connect:" or ""). An IPv4 address in IPv6 (::ffff:192.0.2.1) is looked up
/// as IPv4.
std::optional<Entry> find_network(const Image&, std::string_view tag, std::string_view address);

} // namespace posthouse::tables
