// SPDX-License-Identifier: Apache-2.0
#include "base/prefix.hpp"
#include "base/text.hpp"
#include "routing/engine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace posthouse::routing {
namespace {

struct Bits {
    std::array<unsigned char, 16> bytes{};
    unsigned count = 0; // 32 or 128
};

std::optional<Bits> bits_of(std::string_view text)
{
    const std::string terminated(text);
    Bits bits;
    if (::inet_pton(AF_INET, terminated.c_str(), bits.bytes.data()) == 1) {
        bits.count = 32;
        return bits;
    }
    if (::inet_pton(AF_INET6, terminated.c_str(), bits.bytes.data()) != 1)
        return std::nullopt;
    // ::ffff:192.0.2.1 is the IPv4 client of a socket that serves both.
    static constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), bits.bytes.begin())) {
        std::memmove(bits.bytes.data(), bits.bytes.data() + 12, 4);
        bits.count = 32;
        return bits;
    }
    bits.count = 128;
    return bits;
}

} // namespace

bool in_network(std::string_view address, std::string_view network)
{
    const auto slash = network.find('/');
    const auto client = bits_of(address);
    const auto base = bits_of(network.substr(0, slash));
    if (!client || !base || client->count != base->count)
        return false;
    auto length = std::optional<std::uint64_t>(base->count);
    if (slash != network.npos)
        length = parse_number(network.substr(slash + 1));
    if (!length || *length > base->count)
        return false;
    return begin_alike(client->bytes, base->bytes, static_cast<std::size_t>(*length));
}

} // namespace posthouse::routing
