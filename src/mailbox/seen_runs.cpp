// SPDX-License-Identifier: Apache-2.0
#include "mailbox/seen_runs.hpp"

#include "mail/message_entry.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

/// May they be one run?
bool join(const SeenRuns::Run& before, const SeenRuns::Run& after)
{
    return before.last + 1 == after.first && before.seen == after.seen &&
           before.modseq == after.modseq;
}

} // namespace

const SeenRuns::Run* SeenRuns::find(std::uint32_t uid) const
{
    const auto run = std::ranges::lower_bound(runs_, uid, {}, &Run::last);
    return run == runs_.end() || run->first > uid ? nullptr : &*run;
}

void SeenRuns::set(const Run& run)
{
    highest_ = std::max(highest_, run.modseq);
    // Those that it touches, and what is left of them on either side.
    const auto begin = std::ranges::lower_bound(runs_, run.first, {}, &Run::last);
    auto end = begin;
    while (end != runs_.end() && end->first <= run.last)
        ++end;
    std::vector<Run> instead;
    if (begin != end && begin->first < run.first)
        instead.push_back({begin->first, run.first - 1, begin->seen, begin->modseq});
    instead.push_back(run);
    if (begin != end && (end - 1)->last > run.last)
        instead.push_back({run.last + 1, (end - 1)->last, (end - 1)->seen, (end - 1)->modseq});
    auto first = begin - runs_.begin();
    auto last = end - runs_.begin();
    // With their neighbours they may be one.
    if (first > 0 && join(runs_[static_cast<std::size_t>(first - 1)], instead.front())) {
        instead.front().first = runs_[static_cast<std::size_t>(--first)].first;
    }
    if (static_cast<std::size_t>(last) < runs_.size() &&
        join(instead.back(), runs_[static_cast<std::size_t>(last)]))
        instead.back().last = runs_[static_cast<std::size_t>(last++)].last;
    for (std::size_t i = 1; i < instead.size();) {
        if (join(instead[i - 1], instead[i])) {
            instead[i - 1].last = instead[i].last;
            instead.erase(instead.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
            ++i;
        }
    }
    const auto common =
        std::min<std::ptrdiff_t>(last - first, static_cast<std::ptrdiff_t>(instead.size()));
    std::copy_n(instead.begin(), common, runs_.begin() + first);
    if (common < last - first)
        runs_.erase(runs_.begin() + first + common, runs_.begin() + last);
    else
        runs_.insert(runs_.begin() + first + common, instead.begin() + common, instead.end());
}

void SeenRuns::set(const mail::UidSet& uids, Mark mark, std::uint64_t modseq)
{
    highest_ = std::max(highest_, modseq);
    std::vector<Run> merged;
    merged.reserve(runs_.size() + uids.ranges().size());
    const auto add = [&](const Run& run) {
        if (!merged.empty() && join(merged.back(), run))
            merged.back().last = run.last;
        else
            merged.push_back(run);
    };
    auto next = runs_.begin(); // What is left of it begins at its first UID.
    for (const auto& range : uids.ranges()) {
        for (; next != runs_.end() && next->last < range.first; ++next)
            add(*next);
        if (next != runs_.end() && next->first < range.first)
            add({next->first, range.first - 1, next->seen, next->modseq});
        while (next != runs_.end() && next->last <= range.last)
            ++next;
        if (next != runs_.end() && next->first <= range.last)
            next->first = range.last + 1;
        add({range.first, range.last, mark == Mark::seen, modseq});
    }
    for (; next != runs_.end(); ++next)
        add(*next);
    runs_ = std::move(merged);
}

std::vector<std::uint32_t> SeenRuns::pages() const
{
    std::vector<std::uint32_t> pages;
    for (const auto& run : runs_)
        for (auto page = run.first / page_uids; page <= run.last / page_uids; ++page)
            if (pages.empty() || pages.back() != page)
                pages.push_back(page);
    return pages;
}

void SeenRuns::forget(std::uint32_t page)
{
    const auto begin = page * page_uids;
    const auto end = begin + (page_uids - 1);
    std::vector<Run> kept;
    for (const auto& run : runs_) {
        if (run.last < begin || run.first > end) {
            kept.push_back(run);
            continue;
        }
        if (run.first < begin)
            kept.push_back({run.first, begin - 1, run.seen, run.modseq});
        if (run.last > end)
            kept.push_back({end + 1, run.last, run.seen, run.modseq});
    }
    runs_ = std::move(kept);
}

// A row: for each run varint (distance from the UID before it), varint (its length - 1) * 2 + seen,
// varint modseq.

std::string SeenRuns::packed(std::uint32_t page) const
{
    const auto begin = static_cast<std::uint64_t>(page) * page_uids;
    const auto end = begin + page_uids - 1;
    std::string row;
    auto next = begin;
    for (auto run =
             std::ranges::lower_bound(runs_, static_cast<std::uint32_t>(begin), {}, &Run::last);
         run != runs_.end() && run->first <= end; ++run) {
        const auto first = std::max<std::uint64_t>(run->first, begin);
        const auto last = std::min<std::uint64_t>(run->last, end);
        mail::append_varint(row, first - next);
        mail::append_varint(row, (last - first) * 2 + (run->seen ? 1 : 0));
        mail::append_varint(row, run->modseq);
        next = last + 1;
    }
    return row;
}

bool SeenRuns::unpack(std::uint32_t page, std::string_view row)
{
    const auto end = (static_cast<std::uint64_t>(page) + 1) * page_uids;
    for (auto next = end - page_uids; !row.empty();) {
        const auto distance = mail::take_varint(row);
        const auto length = mail::take_varint(row);
        const auto modseq = mail::take_varint(row);
        if (!distance || !length || !modseq || *distance > page_uids || *length / 2 >= page_uids ||
            next + *distance + *length / 2 >= end)
            return false;
        const auto first = next + *distance;
        const auto last = first + *length / 2;
        set({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last), *length % 2 != 0,
             *modseq});
        next = last + 1;
    }
    return true;
}

} // namespace posthouse::mailbox
