// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// The forms that a value's text may have in the configuration file.
namespace posthouse::config {

/// "500ms", "30s", "5m", "4h", "5d"; whole numbers only. Nothing where it is none or overflows.
std::optional<Span> parse_span(std::string_view);
std::string span_text(Span);

/// "1024", "64KiB", "32MiB", "2GiB".
std::optional<std::uint64_t> parse_size(std::string_view);
std::string size_text(std::uint64_t bytes);

bool is_ipv4(std::string_view);
bool is_ipv6(std::string_view);
/// "192.0.2.0/24", "2001:db8::/32", or an address alone.
bool is_network(std::string_view);

/// "192.0.2.1:25", "[2001:db8::1]:25"; without a port only where there is a default.
std::optional<Endpoint> parse_endpoint(std::string_view,
                                       std::optional<std::uint16_t> default_port = std::nullopt);
/// An IP address and a port, or the absolute path of a Unix socket.
struct Address {
    Endpoint endpoint;
    std::string path;
};
/// "192.0.2.1:25", "unix:/run/posthouse/lmtp".
std::optional<Address> parse_listen_address(std::string_view);
/// "inet:192.0.2.1:8891", "unix:/run/filter/socket".
std::optional<Address> parse_milter_address(std::string_view);

/// "relay.example", "[relay.example]:587", "[192.0.2.1]"; port 0 where there is none.
std::optional<NextHop> parse_next_hop(std::string_view);

/// What may stand in `match` of a [[destination]], in the form in which it is looked up.
std::optional<std::string> parse_destination(std::string_view);

/// Absolute, and no longer than the name of a Unix socket may be.
bool is_socket_path(std::string_view);
/// "0660", "660".
std::optional<std::uint32_t> parse_mode(std::string_view);
/// SHA-256: 64 hexadecimal digits, also with colons between bytes. In lower case without colons.
std::optional<std::string> parse_fingerprint(std::string_view);
/// "mail.example.org", "*.example.net"; in lower case. RFC 6125 §6.4.3: a wildcard stands for the
/// whole left-most label.
std::optional<std::string> parse_certificate_name(std::string_view);
bool is_user_name(std::string_view);

} // namespace posthouse::config
