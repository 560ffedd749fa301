// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace posthouse {

/// Where chance comes from; injected, so that a simulation can repeat itself from a seed.
/// Satisfies std::uniform_random_bit_generator through Dice.
class Random {
public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;

    /// Uniform in [0, bound); bound > 0. (The bias of a 64-bit modulus does not matter here.)
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

/// From a seed: repeatable, fast, not for secrets.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;

private:
    std::uint64_t state_;
};

/// From the kernel (getrandom): for secrets and tokens.
class SystemRandom final : public Random {
public:
    std::uint64_t next() override;
};

/// `bytes` random bytes as lower-case hex.
std::string random_token(Random&, std::size_t bytes);

/// For std::shuffle and the standard distributions.
struct Dice {
    using result_type = std::uint64_t;
    Random& random;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
    result_type operator()() { return random.next(); }
};

} // namespace posthouse
