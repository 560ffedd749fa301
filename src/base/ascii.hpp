// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse {

/// How many bytes of ASCII it begins with.
inline std::size_t ascii_front(std::string_view text)
{
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::size_t front = 0;
    for (std::uint64_t eight = 0; text.size() - front >= sizeof eight; front += sizeof eight) {
        std::memcpy(&eight, text.data() + front, sizeof eight);
        if ((eight & high_bits) != 0)
            break;
    }
    while (front < text.size() && static_cast<unsigned char>(text[front]) < 0x80)
        ++front;
    return front;
}

} // namespace posthouse
