// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/link.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <utility>

namespace posthouse::keeper {

/// Did the worker do badly by the letter? Only then is the letter suspect; a full disk, or a body
/// that cannot be read at present, is nobody's fault.
inline bool is_the_worlds_fault(wire::Failure failure)
{
    return failure == wire::Failure::unavailable || failure == wire::Failure::no_space ||
           failure == wire::Failure::busy;
}

/// Keeps a worker's right to read on in a letter for as long as it has it in hand.
class InHand {
public:
    using Set = std::multiset<std::pair<const wire::Link*, std::uint64_t>>;
    InHand(std::shared_ptr<Set> set, const wire::Link* link, std::uint64_t letter)
        : set_(std::move(set)),
          entry_(set_->emplace(link, letter)) // Two attempts may have one letter in hand.
    {
    }
    InHand(const InHand&) = delete;
    ~InHand() { set_->erase(entry_); }

private:
    std::shared_ptr<Set> set_;
    Set::iterator entry_;
};

} // namespace posthouse::keeper
