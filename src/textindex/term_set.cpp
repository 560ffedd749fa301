// SPDX-License-Identifier: Apache-2.0
#include "textindex/term_set.hpp"

#include <algorithm>
#include <functional>

namespace posthouse::textindex {

std::uint32_t TermSet::add(std::string_view text)
{
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
    const auto mask = slots_.size() - 1;
    auto slot = hash & mask;
    for (; slots_[slot] != empty; slot = (slot + 1) & mask) {
        const auto number = slots_[slot];
        if (terms_[number].hash == hash && (*this)[number] == text)
            return number;
    }
    const auto number = size();
    slots_[slot] = number;
    terms_.push_back({texts_.size(), static_cast<std::uint32_t>(text.size()), hash});
    texts_ += text;
    if (terms_.size() * 2 > slots_.size())
        grow();
    return number;
}

void TermSet::grow()
{
    slots_.assign(slots_.size() * 2, empty);
    const auto mask = slots_.size() - 1;
    for (std::uint32_t number = 0; number < size(); ++number) {
        auto slot = terms_[number].hash & mask;
        while (slots_[slot] != empty)
            slot = (slot + 1) & mask;
        slots_[slot] = number;
    }
}

void TermSet::clear()
{
    texts_.clear();
    terms_.clear();
    // One that was once large is not to be wiped for each small letter.
    if (slots_.size() > (1 << 14))
        slots_.assign(1024, empty);
    else
        std::ranges::fill(slots_, empty);
}

} // namespace posthouse::textindex
