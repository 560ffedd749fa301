// SPDX-License-Identifier: Apache-2.0
// Which segments to merge, and erasing what is no longer one.
#include "textindex/text_index_merge.hpp"

#include <algorithm>
#include <array>

namespace posthouse::textindex {
namespace {

constexpr std::size_t tiers = 12;
/// So many of about one size become one of the next.
constexpr std::size_t a_tier = 6, most_merged = 12;
constexpr std::size_t erased_at_once = 24; ///< rows, which are read for their keys

std::size_t tier_of(std::uint64_t bytes)
{
    std::size_t tier = 0;
    for (std::uint64_t limit = 4096; bytes > limit && tier + 1 < tiers; limit *= a_tier)
        ++tier;
    return tier;
}

} // namespace

// ---- what there is to do ------------------------------------------------------------------------

/// Segments of which much is gone.
Segments TextIndex::Impl::to_rewrite() const
{
    for (const auto& segment : segments) {
        const auto found = gone.find(segment->id);
        if (found != gone.end() && found->second > 0 && found->second * 3 > segment->letters())
            return {segment};
    }
    return {};
}

Segments TextIndex::Impl::to_merge() const
{
    std::array<Segments, tiers> by_tier;
    for (const auto& segment : segments)
        by_tier.at(tier_of(segment->bytes)).push_back(segment);
    for (const auto& tier : by_tier) {
        if (tier.size() < a_tier)
            continue;
        Segments chosen;
        std::uint64_t letters = 0;
        for (const auto& segment : tier) {
            if (letters + segment->letters() > Limits::segment_letters ||
                chosen.size() == most_merged)
                break;
            letters += segment->letters();
            chosen.push_back(segment);
        }
        if (chosen.size() >= 2)
            return chosen;
    }
    return to_rewrite();
}

std::vector<SegmentId> TextIndex::Impl::to_sweep() const
{
    std::vector<SegmentId> ids;
    for (const auto id : manifest.doomed) {
        const auto found = retired.find(id);
        const bool read = found != retired.end() && !found->second.expired();
        if (!read && !being_written.contains(id))
            ids.push_back(id);
    }
    return ids;
}

bool TextIndex::Impl::untidy() const
{
    return !damaged.empty() || !to_sweep().empty() || !to_merge().empty();
}

bool TextIndex::untidy() const
{
    return !impl_->tidying && impl_->untidy();
}

Task<store::Result<bool>> TextIndex::tidy()
{
    const auto self = shared_from_this();
    const Busy busy(impl_->under_way);
    if (impl_->tidying)
        co_return false;
    impl_->tidying = true;
    auto done = co_await impl_->settle();
    if (done && !impl_->damaged.empty())
        done = co_await impl_->discard(*impl_->damaged.begin());
    if (done)
        for (const auto id : impl_->to_sweep())
            if (done = co_await impl_->sweep(id); !done)
                break;
    if (done)
        if (auto some = impl_->to_merge(); !some.empty())
            done = co_await Merge(*impl_, std::move(some)).run();
    impl_->tidying = false;
    if (!done)
        co_return std::unexpected(done.error());
    co_return impl_->untidy();
}

// ---- erasing ------------------------------------------------------------------------------------

Task<store::Result<void>> TextIndex::Impl::sweep(SegmentId id)
{
    const auto all_drops = drops;
    for (const char letter : key::segment_rows) {
        for (bool more = true; more;) {
            auto page = co_await engine.partitions().scan(partition, key::all(letter, id), "",
                                                          erased_at_once);
            if (!page)
                co_return std::unexpected(page.error());
            more = page->more;
            if (page->rows.empty())
                continue;
            Change change;
            change.write = [&](Manifest&, store::Commit& commit) {
                for (auto& row : page->rows)
                    commit.erase.push_back(std::move(row.key));
                return drops == all_drops;
            };
            auto done = co_await commit(std::move(change));
            if (!done)
                co_return std::unexpected(done.error());
            if (!*done)
                co_return store::Result<void>{};
        }
    }
    Change change;
    change.write = [&](Manifest& next, store::Commit&) { return std::erase(next.doomed, id) > 0; };
    change.publish = [&] { retired.erase(id); };
    auto done = co_await commit(std::move(change));
    if (!done)
        co_return std::unexpected(done.error());
    co_return store::Result<void>{};
}

/// A damaged segment's letters are added anew: nobody knows them any more.
Task<store::Result<void>> TextIndex::Impl::discard(SegmentId id)
{
    Change change;
    change.write = [&](Manifest& next, store::Commit&) {
        if (std::erase_if(next.segments, [&](const auto& one) { return one.id == id; }) == 0)
            return false;
        next.doomed.push_back(id);
        return true;
    };
    change.publish = [&] { retire(id); };
    auto done = co_await commit(std::move(change));
    damaged.erase(id);
    if (!done)
        co_return std::unexpected(done.error());
    co_return store::Result<void>{};
}

} // namespace posthouse::textindex
