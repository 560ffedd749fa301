// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::dns {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:192.0.2.1) becomes IPv4, so that one host
/// has one form; no scope.
class IpAddress {
public:
    enum class Family : std::uint8_t { v4, v6 };

    /// 4 or 16 bytes in network order; otherwise nothing.
    static std::optional<IpAddress> from_bytes(std::string_view);
    /// "192.0.2.1" (four decimal numbers) or "2001:db8::1".
    static std::optional<IpAddress> parse(std::string_view);

    Family family() const { return family_; }
    /// 4 or 16 bytes in network order.
    std::string bytes() const;
    std::string text() const;
    /// May a host on the network have it? Not the unspecified one (which would reach this very
    /// host), nor multicast, broadcast, link-local IPv6 and 0.0.0.0/8. Loopback and private ones
    /// may.
    bool is_host() const;
    bool is_loopback() const;

    /// IPv4 before IPv6.
    auto operator<=>(const IpAddress&) const = default;

private:
    IpAddress() = default;
    Family family_ = Family::v4;
    std::array<std::uint8_t, 16> bytes_{};
};

/// A name server, or any other place with a port.
struct Endpoint {
    IpAddress address;
    std::uint16_t port;

    /// "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]" or "[2001:db8::1]:53".
    static std::optional<Endpoint> parse(std::string_view, std::uint16_t default_port);
    std::string text() const;
    auto operator<=>(const Endpoint&) const = default;
};

} // namespace posthouse::dns
