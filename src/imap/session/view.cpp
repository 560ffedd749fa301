// SPDX-License-Identifier: Apache-2.0
#include "imap/session/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace posthouse::imap {

View::View(Start start)
    : uids_(std::move(start.uids)),
      exists_(static_cast<std::uint32_t>(uids_.size())),
      uid_next_(std::max(start.uid_next, 1U)),
      first_recent_(start.first_recent),
      highest_modseq_(start.highest_modseq)
{
    if (!uids_.empty())
        uid_next_ = std::max(uid_next_, uids_.largest() + 1);
}

std::uint32_t View::recent() const
{
    if (first_recent_ == 0)
        return 0;
    return exists_ - static_cast<std::uint32_t>(uids_.rank(first_recent_ - 1));
}

mail::UidSet View::uids_of(const mail::UidSet& numbers) const
{
    mail::UidSet found;
    std::uint32_t before = 0;
    auto wanted = numbers.ranges().begin();
    for (const auto& range : uids_.ranges()) {
        const auto count = range.last - range.first + 1;
        // The numbers before+1 to before+count are this range's.
        while (wanted != numbers.ranges().end() && wanted->first <= before + count) {
            if (wanted->last > before) {
                const auto first = std::max(wanted->first, before + 1);
                const auto last = std::min(wanted->last, before + count);
                found.add(range.first + (first - before - 1), range.first + (last - before - 1));
            }
            if (wanted->last > before + count)
                break;
            ++wanted;
        }
        before += count;
    }
    return found;
}

mail::UidSet View::numbers_of(const mail::UidSet& uids) const
{
    mail::UidSet found;
    std::uint32_t before = 0;
    auto wanted = uids.ranges().begin();
    for (const auto& range : uids_.ranges()) {
        while (wanted != uids.ranges().end() && wanted->first <= range.last) {
            if (wanted->last >= range.first) {
                const auto first = std::max(wanted->first, range.first);
                const auto last = std::min(wanted->last, range.last);
                found.add(before + 1 + (first - range.first), before + 1 + (last - range.first));
            }
            if (wanted->last > range.last)
                break;
            ++wanted;
        }
        before += range.last - range.first + 1;
    }
    return found;
}

std::vector<std::uint32_t> View::numbers_in_order(const std::vector<std::uint32_t>& uids) const
{
    std::vector<std::size_t> ascending(uids.size());
    std::iota(ascending.begin(), ascending.end(), std::size_t{0});
    std::ranges::sort(ascending, {}, [&](std::size_t at) { return uids[at]; });
    std::vector<std::uint32_t> found(uids.size());
    Numbers numbers(*this);
    for (const auto at : ascending)
        found[at] = numbers.of(uids[at]);
    return found;
}

std::uint32_t View::Numbers::of(std::uint32_t uid)
{
    while (next_ < ranges_->size() && (*ranges_)[next_].last < uid) {
        before_ += (*ranges_)[next_].last - (*ranges_)[next_].first + 1;
        ++next_;
    }
    if (next_ == ranges_->size() || (*ranges_)[next_].first > uid)
        return 0;
    return before_ + 1 + (uid - (*ranges_)[next_].first);
}

void View::made(const std::vector<std::uint64_t>& modseqs)
{
    for (const auto modseq : modseqs)
        if (modseq > highest_modseq_)
            own_.push_back(modseq);
}

bool View::arrive(std::uint32_t uid)
{
    if (uid < uid_next_) {
        vanished_.remove(uid); // Back before its going was told: it never went.
        return false;
    }
    uids_.add(uid);
    ++exists_;
    uid_next_ = uid + 1;
    return true;
}

void View::reach(std::uint64_t highest_modseq, std::uint32_t uid_next)
{
    uid_next_ = std::max(uid_next_, uid_next);
    if (highest_modseq < highest_modseq_)
        return;
    highest_modseq_ = highest_modseq;
    std::erase_if(own_, [&](std::uint64_t modseq) { return modseq <= highest_modseq; });
}

void View::vanish(const mail::UidSet& uids)
{
    vanished_ = vanished_.united(uids.intersected(uids_));
}

bool View::tell_vanished(std::string& to, Form form, std::size_t most)
{
    if (vanished_.empty())
        return true;
    const auto until = to.size() + most;
    mail::UidSet told;
    if (form == Form::vanished) {
        to += "* VANISHED ";
        for (const auto& range : vanished_.ranges()) {
            if (!told.empty()) {
                if (to.size() >= until)
                    break;
                to += ',';
            }
            if (range.first == range.last)
                fmt::format_to(std::back_inserter(to), "{}", range.first);
            else
                fmt::format_to(std::back_inserter(to), "{}:{}", range.first, range.last);
            told.add(range.first, range.last);
        }
        to += "\r\n";
    } else {
        Numbers numbers(*this);
        std::uint32_t gone = 0; // Each that goes makes the numbers behind it smaller by one.
        for (const auto uid : vanished_) {
            if (to.size() >= until && !told.empty())
                break;
            fmt::format_to(std::back_inserter(to), "* {} EXPUNGE\r\n", numbers.of(uid) - gone++);
            told.add(uid);
        }
    }
    uids_ = uids_.without(told);
    vanished_ = vanished_.without(told);
    exists_ = static_cast<std::uint32_t>(uids_.size());
    return vanished_.empty();
}

bool View::is_own(std::uint64_t modseq) const
{
    return std::ranges::find(own_, modseq) != own_.end();
}

} // namespace posthouse::imap
