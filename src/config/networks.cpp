// SPDX-License-Identifier: Apache-2.0
#include "config/networks.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <set>
#include <string_view>

namespace posthouse::config {

namespace {

/// The bits of prefixes, as text of '0' and '1', so that what is under a prefix begins with it.
using Prefixes = std::set<std::string>;

std::string bits_of(std::span<const unsigned char> bytes, std::size_t length)
{
    std::string bits;
    for (std::size_t i = 0; i < std::min(length, bytes.size() * 8); ++i)
        bits += (bytes[i / 8] >> (7 - i % 8)) & 1 ? '1' : '0';
    return bits;
}

bool are_all_held(const Prefixes& prefixes, const std::string& under)
{
    const auto next = prefixes.lower_bound(under);
    if (next == prefixes.end() || !next->starts_with(under))
        return false;
    return *next == under ||
           (are_all_held(prefixes, under + '0') && are_all_held(prefixes, under + '1'));
}

} // namespace

bool holds_everyone(std::span<const std::string> networks)
{
    static const std::string mapped = std::string(80, '0') + std::string(16, '1'); // ::ffff:0:0
    Prefixes v4, v6;
    for (const auto& network : networks) {
        const auto slash = network.find('/');
        const auto address = network.substr(0, slash);
        const auto length =
            slash == network.npos ? 128 : parse_number(network.substr(slash + 1)).value_or(128);
        std::array<unsigned char, 16> bytes{};
        if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
            v4.insert(bits_of(std::span(bytes).first(4), length));
        } else if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
            const auto bits = bits_of(bytes, length);
            v6.insert(bits);
            if (bits.starts_with(mapped))
                v4.insert(bits.substr(mapped.size()));
        }
    }
    // A shorter prefix holds its part of the address space too. 2000::/3 is all of IPv6 in use.
    if (v6.contains("") || v6.contains("0") || v6.contains("00"))
        return true;
    return are_all_held(v4, "") || are_all_held(v6, "001");
}

} // namespace posthouse::config
