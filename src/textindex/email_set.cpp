// SPDX-License-Identifier: Apache-2.0
#include "textindex/email_set.hpp"

#include "base/contract.hpp"
#include "mail/message_entry.hpp"

#include <algorithm>
#include <limits>

namespace posthouse::textindex {
namespace {

constexpr auto greatest = std::numeric_limits<std::uint64_t>::max();

void append_range(std::vector<EmailSet::Range>& to, std::uint64_t first, std::uint64_t last)
{
    if (!to.empty() && (to.back().last == greatest || first <= to.back().last + 1)) {
        to.back().last = std::max(to.back().last, last);
        return;
    }
    const auto before = to.empty() ? 0 : to.back().before + to.back().last - to.back().first + 1;
    to.push_back({first, last, before});
}

} // namespace

void EmailSet::add(std::uint64_t first, std::uint64_t last)
{
    expects(first <= last);
    if (ranges_.empty() || first >= ranges_.back().first) {
        append_range(ranges_, first, last);
        return;
    }
    EmailSet one;
    one.ranges_.push_back({first, last, 0});
    *this = united(one);
}

std::uint64_t EmailSet::size() const
{
    return ranges_.empty() ? 0
                           : ranges_.back().before + ranges_.back().last - ranges_.back().first + 1;
}

std::optional<std::uint64_t> EmailSet::place(std::uint64_t email) const
{
    const auto behind = std::ranges::upper_bound(ranges_, email, {}, &Range::first);
    if (behind == ranges_.begin())
        return std::nullopt;
    const auto& range = *std::prev(behind);
    if (email > range.last)
        return std::nullopt;
    return range.before + (email - range.first);
}

std::uint64_t EmailSet::count_common(const EmailSet& other) const
{
    std::uint64_t count = 0;
    auto b = other.ranges_.begin();
    if (!ranges_.empty()) // Often one of them is a small part of the other.
        b = std::ranges::partition_point(other.ranges_, [this](const Range& range) {
            return range.last < ranges_.front().first;
        });
    for (auto a = ranges_.begin(); a != ranges_.end() && b != other.ranges_.end();) {
        const auto first = std::max(a->first, b->first);
        const auto last = std::min(a->last, b->last);
        count += first <= last ? last - first + 1 : 0;
        a->last < b->last ? void(++a) : void(++b);
    }
    return count;
}

EmailSet EmailSet::united(const EmailSet& other) const
{
    EmailSet both;
    auto a = ranges_.begin();
    auto b = other.ranges_.begin();
    while (a != ranges_.end() || b != other.ranges_.end()) {
        const bool take_a =
            b == other.ranges_.end() || (a != ranges_.end() && a->first <= b->first);
        const auto& next = take_a ? *a++ : *b++;
        append_range(both.ranges_, next.first, next.last);
    }
    return both;
}

EmailSet EmailSet::without(const EmailSet& other) const
{
    EmailSet rest;
    auto gone = other.ranges_.begin();
    for (const auto& range : ranges_) {
        auto first = range.first;
        bool all = true;
        while (gone != other.ranges_.end() && gone->last < first)
            ++gone;
        for (auto at = gone; at != other.ranges_.end() && at->first <= range.last; ++at) {
            if (at->first > first)
                append_range(rest.ranges_, first, at->first - 1);
            if (at->last >= range.last) {
                all = false;
                break;
            }
            first = at->last + 1;
        }
        if (all)
            append_range(rest.ranges_, first, range.last);
    }
    return rest;
}

std::string EmailSet::pack() const
{
    std::string packed;
    (void)pack(0, greatest, packed);
    return packed;
}

std::size_t EmailSet::pack(std::size_t from_range, std::size_t most_bytes, std::string& to) const
{
    std::uint64_t behind = 0;
    std::size_t count = 0;
    std::string one;
    const auto begin = to.size();
    for (auto i = from_range; i < ranges_.size(); ++i, ++count) {
        one.clear();
        mail::append_varint(one, ranges_[i].first - behind);
        mail::append_varint(one, ranges_[i].last - ranges_[i].first);
        if (to.size() - begin + one.size() > most_bytes)
            break;
        to += one;
        behind = ranges_[i].last;
    }
    return count;
}

std::optional<EmailSet> EmailSet::unpack(std::string_view packed, std::size_t most_ranges)
{
    EmailSet set;
    std::uint64_t behind = 0;
    while (!packed.empty()) {
        const auto gap = mail::take_varint(packed);
        const auto more = gap ? mail::take_varint(packed) : std::nullopt;
        const bool first = set.ranges_.empty();
        // Ranges that touch would be one.
        if (!more || set.ranges_.size() == most_ranges || (!first && *gap < 2) ||
            *gap > greatest - behind || *more > greatest - behind - *gap)
            return std::nullopt;
        append_range(set.ranges_, behind + *gap, behind + *gap + *more);
        behind += *gap + *more;
    }
    return set;
}

} // namespace posthouse::textindex
