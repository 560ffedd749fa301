// SPDX-License-Identifier: Apache-2.0
#include "dns/ip_address.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace posthouse::dns {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

} // namespace

std::optional<IpAddress> IpAddress::from_bytes(std::string_view bytes)
{
    if (bytes.size() != 4 && bytes.size() != 16)
        return std::nullopt;
    IpAddress address;
    address.family_ = bytes.size() == 4 ? Family::v4 : Family::v6;
    std::ranges::transform(bytes, address.bytes_.begin(),
                           [](char c) { return static_cast<std::uint8_t>(c); });
    if (address.family_ == Family::v6 &&
        std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes_.begin()))
        return from_bytes(bytes.substr(12));
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text)
{
    if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0'))
        return std::nullopt;
    const std::string terminated(text);
    std::array<char, 16> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
        return from_bytes({bytes.data(), 4});
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
        return from_bytes({bytes.data(), 16});
    return std::nullopt;
}

std::string IpAddress::bytes() const
{
    return std::string(bytes_.begin(), bytes_.begin() + (family_ == Family::v4 ? 4 : 16));
}

std::string IpAddress::text() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family_ == Family::v4 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

bool IpAddress::is_host() const
{
    if (family_ == Family::v4)
        return bytes_[0] != 0 && bytes_[0] < 224;
    const bool link_local = bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
    const bool unspecified = std::ranges::all_of(bytes_, [](auto b) { return b == 0; });
    return bytes_[0] != 0xff && !link_local && !unspecified;
}

bool IpAddress::is_loopback() const
{
    return family_ == Family::v4 ? bytes_[0] == 127 : *this == parse("::1");
}

std::optional<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port)
{
    if (const auto bare = IpAddress::parse(text))
        return Endpoint{*bare, default_port};

    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (end == text.npos)
        return std::nullopt;
    const auto address = IpAddress::parse(text.substr(bracketed, end - bracketed));
    auto rest = text.substr(end + bracketed);
    // Brackets belong to IPv6; without them the colon before a port could be part of the address.
    if (!address || (address->family() == IpAddress::Family::v6) != bracketed)
        return std::nullopt;
    if (rest.empty())
        return Endpoint{*address, default_port};
    if (!rest.starts_with(':'))
        return std::nullopt;
    const auto port = parse_port(rest.substr(1));
    if (!port)
        return std::nullopt;
    return Endpoint{*address, *port};
}

std::string Endpoint::text() const
{
    const bool v6 = address.family() == IpAddress::Family::v6;
    return (v6 ? "[" + address.text() + "]" : address.text()) + ":" + std::to_string(port);
}

} // namespace posthouse::dns
