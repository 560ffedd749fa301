// SPDX-License-Identifier: Apache-2.0
#include "tables/network.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace posthouse::tables {
namespace {

struct Address {
    Network::Family family = Network::Family::ipv4;
    std::array<std::uint8_t, 16> bytes{};
    unsigned width() const { return family == Network::Family::ipv4 ? 32 : 128; }
};

std::optional<Address> parse_address(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
    if (text.size() >= terminated.size() || text.contains('\0'))
        return std::nullopt;
    std::ranges::copy(text, terminated.begin());
    Address address;
    if (inet_pton(AF_INET, terminated.data(), address.bytes.data()) == 1)
        return address;
    address.family = Network::Family::ipv6;
    if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) != 1)
        return std::nullopt;
    constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), address.bytes.begin())) {
        Address inner;
        std::copy_n(address.bytes.begin() + 12, 4, inner.bytes.begin());
        return inner;
    }
    return address;
}

/// The rest of the bits zeroed.
Address masked(Address address, unsigned bits)
{
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
        const auto kept = bits > i * 8 ? std::min(8u, bits - i * 8) : 0;
        address.bytes[i] &= static_cast<std::uint8_t>(0xff00u >> kept);
    }
    return address;
}

using Text = std::array<char, INET6_ADDRSTRLEN + 4>;

/// Into `to`, without allocating.
std::string_view write(const Address& address, unsigned bits, Text& to)
{
    inet_ntop(address.family == Network::Family::ipv4 ? AF_INET : AF_INET6, address.bytes.data(),
              to.data(), static_cast<socklen_t>(to.size()));
    auto size = std::string_view(to.data()).size();
    if (bits < address.width())
        size = static_cast<std::size_t>(
            fmt::format_to_n(to.data() + size, to.size() - size, "/{}", bits).out - to.data());
    return {to.data(), size};
}

NetworkOrFault network_of(const Address& address, unsigned bits)
{
    Text text;
    const auto network = masked(address, bits);
    const auto right = std::string(write(network, bits, text));
    if (network.bytes != address.bytes)
        return {{},
                fmt::format("the address has bits beyond its prefix; {} would be right", right)};
    return {Network{address.family, bits, right}, {}};
}

/// "192.0.2": whole octets of an IPv4 address.
std::optional<NetworkOrFault> parse_octets(std::string_view text)
{
    if (text.empty() || text.find_first_not_of("0123456789.") != text.npos)
        return std::nullopt;
    Address address;
    unsigned count = 0;
    const auto fault = NetworkOrFault{
        {}, "this is no IPv4 address or prefix; 192.0.2.1, 192.0.2 or 192.0.2.0/24 would be right"};
    for (auto rest = text;; ++count) {
        const auto octet = rest.substr(0, rest.find('.'));
        const auto number = parse_number(octet);
        if (count == 4 || !number || *number > 255 || (octet.size() > 1 && octet.front() == '0'))
            return fault;
        address.bytes[count] = static_cast<std::uint8_t>(*number);
        if (octet.size() == rest.size())
            break;
        rest.remove_prefix(octet.size() + 1);
    }
    return network_of(address, (count + 1) * 8);
}

/// "2001:db8", after its tag: whole groups of an IPv6 address, or all of one.
NetworkOrFault parse_groups(std::string_view text)
{
    const auto groups = std::ranges::count(text, ':') + 1;
    auto whole = std::string(text);
    const bool prefix = !text.empty() && groups < 8 && !text.contains("::");
    if (prefix)
        whole += "::";
    const auto address = parse_address(whole);
    if (!address || address->family != Network::Family::ipv6)
        return {{},
                "this is no IPv6 address or prefix; IPv6:2001:db8 or 2001:db8::/32 would be right"};
    return network_of(*address, prefix ? static_cast<unsigned>(groups) * 16 : 128);
}

} // namespace

std::optional<NetworkOrFault> parse_network(std::string_view text)
{
    if (text.starts_with('[') && text.ends_with(']'))
        text = text.substr(1, text.size() - 2);
    const bool tagged = starts_with_ignoring_case(text, "ipv6:");
    if (tagged)
        text.remove_prefix(5);
    if (const auto slash = text.find('/'); slash != text.npos) {
        const auto address = parse_address(text.substr(0, slash));
        const auto bits = parse_number(text.substr(slash + 1));
        if (!address)
            return NetworkOrFault{{}, "no address stands before the /"};
        if (!bits || *bits > address->width())
            return NetworkOrFault{
                {}, fmt::format("the prefix's length is a number up to {}", address->width())};
        return network_of(*address, static_cast<unsigned>(*bits));
    }
    if (tagged)
        return parse_groups(text);
    if (const auto address = parse_address(text))
        return network_of(*address, address->width());
    return parse_octets(text);
}

std::optional<Entry> find_network(const Image& image, std::string_view tag,
                                  std::string_view address)
{
    constexpr std::size_t longest_tag = 32;
    const auto parsed = parse_address(address);
    if (!parsed || tag.size() > longest_tag)
        return std::nullopt;
    const bool ipv4 = parsed->family == Network::Family::ipv4;
    for (auto bits = parsed->width() + 1; bits-- > 0;) {
        const bool used = ipv4 ? image.has_ipv4_prefix(bits) : image.has_ipv6_prefix(bits);
        if (!used && bits != parsed->width())
            continue;
        Text text;
        const auto network = write(masked(*parsed, bits), bits, text);
        std::array<char, longest_tag + sizeof(Text)> key;
        const auto end = std::ranges::copy(network, std::ranges::copy(tag, key.begin()).out).out;
        if (auto entry = image.find({key.data(), static_cast<std::size_t>(end - key.begin())}))
            return entry;
    }
    return std::nullopt;
}

} // namespace posthouse::tables
