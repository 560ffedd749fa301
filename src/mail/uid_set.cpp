// SPDX-License-Identifier: Apache-2.0
#include "mail/uid_set.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace posthouse::mail {

namespace {

/// Does a range that ends at `last` overlap or touch one that begins at `first`?
bool joins(std::uint32_t last, std::uint32_t first)
{
    return first <= last || first - last == 1;
}

std::optional<std::uint32_t> member(std::string_view text)
{
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

} // namespace

UidSet UidSet::range(std::uint32_t first, std::uint32_t last)
{
    UidSet set;
    set.add(first, last);
    return set;
}

std::optional<UidSet> UidSet::parse(std::string_view text, std::size_t most)
{
    std::vector<Range> ranges;
    while (true) {
        const auto comma = text.find(',');
        const auto item = text.substr(0, comma);
        const auto colon = item.find(':');
        const auto first = member(item.substr(0, colon));
        const auto last = colon == item.npos ? first : member(item.substr(colon + 1));
        if (!first || !last || ranges.size() == most)
            return std::nullopt;
        ranges.push_back({std::min(*first, *last), std::max(*first, *last)});
        if (comma == text.npos)
            break;
        text.remove_prefix(comma + 1);
    }
    std::ranges::sort(ranges, {}, &Range::first);
    UidSet set;
    for (const auto& range : ranges)
        set.add(range.first, range.last);
    return set;
}

void UidSet::add(std::uint32_t first, std::uint32_t last)
{
    if (first > last)
        std::swap(first, last);
    expects(first != 0);
    // Nearly always numbers come in ascending order.
    if (ranges_.empty() || !joins(ranges_.back().last, first)) {
        if (ranges_.empty() || ranges_.back().last < first) {
            ranges_.push_back({first, last});
            return;
        }
    } else if (ranges_.back().first <= first) {
        ranges_.back().last = std::max(ranges_.back().last, last);
        return;
    }
    const auto begin = std::ranges::partition_point(
        ranges_, [&](const Range& range) { return !joins(range.last, first); });
    auto end = begin;
    while (end != ranges_.end() && joins(last, end->first)) {
        first = std::min(first, end->first);
        last = std::max(last, end->last);
        ++end;
    }
    if (begin == end) {
        ranges_.insert(begin, {first, last});
        return;
    }
    *begin = {first, last};
    ranges_.erase(begin + 1, end);
}

void UidSet::remove(std::uint32_t first, std::uint32_t last)
{
    if (first > last)
        std::swap(first, last);
    auto begin = std::ranges::partition_point(
        ranges_, [&](const Range& range) { return range.last < first; });
    if (begin == ranges_.end() || begin->first > last)
        return;
    if (begin->first < first && begin->last > last) { // A hole in one range
        const Range behind{last + 1, begin->last};
        begin->last = first - 1;
        ranges_.insert(begin + 1, behind);
        return;
    }
    if (begin->first < first) {
        begin->last = first - 1;
        ++begin;
    }
    auto end = begin;
    while (end != ranges_.end() && end->last <= last)
        ++end;
    if (end != ranges_.end() && end->first <= last)
        end->first = last + 1;
    ranges_.erase(begin, end);
}

bool UidSet::contains(std::uint32_t uid) const
{
    const auto range = std::ranges::partition_point(
        ranges_, [&](const Range& candidate) { return candidate.last < uid; });
    return range != ranges_.end() && range->first <= uid;
}

std::uint64_t UidSet::size() const
{
    std::uint64_t count = 0;
    for (const auto& range : ranges_)
        count += std::uint64_t{range.last} - range.first + 1;
    return count;
}

std::uint64_t UidSet::rank(std::uint32_t uid) const
{
    std::uint64_t count = 0;
    for (const auto& range : ranges_) {
        if (range.first > uid)
            break;
        count += std::uint64_t{std::min(uid, range.last)} - range.first + 1;
    }
    return count;
}

std::optional<std::uint32_t> UidSet::at(std::uint64_t index) const
{
    for (const auto& range : ranges_) {
        const auto count = std::uint64_t{range.last} - range.first + 1;
        if (index < count)
            return range.first + static_cast<std::uint32_t>(index);
        index -= count;
    }
    return std::nullopt;
}

UidSet UidSet::united(const UidSet& other) const
{
    UidSet result;
    result.ranges_.reserve(std::max(ranges_.size(), other.ranges_.size()));
    auto mine = ranges_.begin();
    auto theirs = other.ranges_.begin();
    while (mine != ranges_.end() || theirs != other.ranges_.end()) {
        const bool take_mine = theirs == other.ranges_.end() ||
                               (mine != ranges_.end() && mine->first <= theirs->first);
        const auto& next = take_mine ? *mine++ : *theirs++;
        result.add(next.first, next.last);
    }
    return result;
}

UidSet UidSet::intersected(const UidSet& other) const
{
    UidSet result;
    auto mine = ranges_.begin();
    auto theirs = other.ranges_.begin();
    while (mine != ranges_.end() && theirs != other.ranges_.end()) {
        const auto first = std::max(mine->first, theirs->first);
        const auto last = std::min(mine->last, theirs->last);
        if (first <= last)
            result.ranges_.push_back({first, last});
        mine->last < theirs->last ? void(++mine) : void(++theirs);
    }
    return result;
}

UidSet UidSet::without(const UidSet& other) const
{
    UidSet result;
    auto hole = other.ranges_.begin();
    for (auto range : ranges_) {
        while (hole != other.ranges_.end() && hole->last < range.first)
            ++hole;
        bool left = true;
        for (auto inside = hole; inside != other.ranges_.end() && inside->first <= range.last;
             ++inside) {
            hole = inside; // The last one may reach into the next range.
            if (inside->first > range.first)
                result.ranges_.push_back({range.first, inside->first - 1});
            if (inside->last >= range.last) {
                left = false;
                break;
            }
            range.first = inside->last + 1;
        }
        if (left)
            result.ranges_.push_back(range);
    }
    return result;
}

std::string UidSet::text() const
{
    std::string result;
    for (const auto& range : ranges_) {
        if (!result.empty())
            result += ',';
        result += std::to_string(range.first);
        if (range.last != range.first) {
            result += ':';
            result += std::to_string(range.last);
        }
    }
    return result;
}

} // namespace posthouse::mail
