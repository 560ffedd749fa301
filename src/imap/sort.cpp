// SPDX-License-Identifier: Apache-2.0
#include "imap/sort.hpp"

#include <algorithm>
#include <compare>

namespace posthouse::imap {

namespace {

using By = command::SortKey::By;

std::strong_ordering compare(const SortFacts& a, const SortFacts& b, By by)
{
    switch (by) {
    case By::arrival:
        return a.arrival <=> b.arrival;
    case By::cc:
        return a.cc <=> b.cc;
    case By::date:
        return a.sent.value_or(a.arrival) <=> b.sent.value_or(b.arrival);
    case By::display_from:
        return a.display_from <=> b.display_from;
    case By::display_to:
        return a.display_to <=> b.display_to;
    case By::from:
        return a.from <=> b.from;
    case By::relevancy: // RFC 6203 §5: the most relevant first
        return b.relevancy <=> a.relevancy;
    case By::size:
        return a.size <=> b.size;
    case By::subject:
        return a.subject <=> b.subject;
    case By::to:
        return a.to <=> b.to;
    }
    return std::strong_ordering::equal;
}

} // namespace

std::vector<std::uint32_t> sorted(std::vector<SortFacts> messages,
                                  std::span<const command::SortKey> keys)
{
    std::ranges::sort(messages, [&](const SortFacts& a, const SortFacts& b) {
        for (const auto& key : keys)
            if (const auto order = compare(a, b, key.by); order != 0)
                return key.reverse ? order > 0 : order < 0;
        return a.number < b.number;
    });
    std::vector<std::uint32_t> numbers;
    numbers.reserve(messages.size());
    for (const auto& message : messages)
        numbers.push_back(message.number);
    return numbers;
}

SortNeeds needs_of(std::span<const command::SortKey> keys)
{
    SortNeeds needs;
    for (const auto& key : keys) {
        switch (key.by) {
        case By::arrival:
            needs.arrival = true;
            break;
        case By::date:
            needs.arrival = needs.sent = true;
            break;
        case By::cc:
        case By::from:
        case By::to:
            needs.addresses = true;
            break;
        case By::display_from:
        case By::display_to:
            needs.displayed = true;
            break;
        case By::relevancy:
            needs.relevancy = true;
            break;
        case By::size:
            needs.size = true;
            break;
        case By::subject:
            needs.subject = true;
            break;
        }
    }
    return needs;
}

} // namespace posthouse::imap
