// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace posthouse {

/// Are the first `bits` bits of both the same? Both have as many.
inline bool begin_alike(std::span<const unsigned char> left, std::span<const unsigned char> right,
                        std::size_t bits)
{
    const auto whole = bits / 8;
    if (!std::ranges::equal(left.first(whole), right.first(whole)))
        return false;
    const auto rest = bits % 8;
    return rest == 0 || (left[whole] ^ right[whole]) >> (8 - rest) == 0;
}

} // namespace posthouse
