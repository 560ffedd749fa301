// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include "base/contract.hpp"

#include <sys/random.h>

namespace posthouse {

std::uint64_t SeededRandom::next() // SplitMix64
{
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

std::uint64_t SystemRandom::next()
{
    std::uint64_t value = 0;
    expects(::getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value));
    return value;
}

std::string random_token(Random& random, std::size_t bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string token;
    token.reserve(bytes * 2);
    while (token.size() < bytes * 2) {
        auto word = random.next();
        for (int i = 0; i < 16 && token.size() < bytes * 2; ++i, word >>= 4)
            token += digits[word & 15];
    }
    return token;
}

} // namespace posthouse
