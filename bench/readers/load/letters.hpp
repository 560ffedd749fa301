// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace posthouse::load {

/** Sizes are spread so that each doubling is as frequent as any other. */
struct Sizes {
    std::uint64_t least_bytes = 4096;
    std::uint64_t most_bytes = 4096;
};

/**
 * The same letter for the same number, wherever it is made: every 100th has "quarterly" in its
 * subject, every 200th "zeppelin" in its text; above 20 KiB half of them carry most of it as an
 * attachment.
 */
std::string letter(std::uint64_t number, const Sizes& sizes);

} // namespace posthouse::load
