// SPDX-License-Identifier: Apache-2.0
#include "imap/set.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace posthouse::imap {

namespace {

std::optional<std::uint32_t> set_number(std::string_view text)
{
    if (text == "*")
        return 0;
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

} // namespace

mail::UidSet SequenceSet::resolved(std::uint32_t largest) const
{
    std::vector<SequenceRange> sorted;
    sorted.reserve(ranges.size());
    for (auto range : ranges) {
        if (range.first == 0)
            range.first = largest;
        if (range.last == 0)
            range.last = largest;
        if (range.first > range.last)
            std::swap(range.first, range.last);
        if (range.last != 0) // Otherwise `*` in an empty mailbox
            sorted.push_back({std::max(range.first, 1U), range.last});
    }
    // In order, so that each is added in constant time however a client mixed them.
    std::ranges::sort(sorted, {}, &SequenceRange::first);
    mail::UidSet set;
    for (const auto& range : sorted)
        set.add(range.first, range.last);
    return set;
}

std::uint32_t SequenceSet::largest_written() const
{
    std::uint32_t largest = 0;
    for (const auto& range : ranges)
        largest = std::max({largest, range.first, range.last});
    return largest;
}

std::optional<SequenceSet> parse_sequence_set(std::string_view text, std::size_t most)
{
    SequenceSet set;
    if (text == "$") {
        set.saved_result = true;
        return set;
    }
    while (true) {
        const auto comma = text.find(',');
        const auto item = text.substr(0, comma);
        const auto colon = item.find(':');
        const auto first = set_number(item.substr(0, colon));
        const auto last = colon == item.npos ? first : set_number(item.substr(colon + 1));
        if (!first || !last || set.ranges.size() == most)
            return std::nullopt;
        set.ranges.push_back({*first, *last});
        if (comma == text.npos)
            return set;
        text.remove_prefix(comma + 1);
    }
}

} // namespace posthouse::imap
