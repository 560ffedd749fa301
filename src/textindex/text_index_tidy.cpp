// SPDX-License-Identifier: Apache-2.0
// Merging segments, and erasing what is no longer one.
#include "textindex/text_index_impl.hpp"

#include <algorithm>
#include <array>

namespace posthouse::textindex {
namespace {

constexpr std::size_t tiers = 12;
/// So many of about one size become one of the next.
constexpr std::size_t a_tier = 6, most_merged = 12;
constexpr std::size_t erased_at_once = 24; ///< rows, which are read for their keys
constexpr std::size_t commit_bytes = 1 << 20;
constexpr std::uint32_t dropped = ~std::uint32_t(0);

std::size_t tier_of(std::uint64_t bytes)
{
    std::size_t tier = 0;
    for (std::uint64_t limit = 4096; bytes > limit && tier + 1 < tiers; limit *= a_tier)
        ++tier;
    return tier;
}

/// Goes through one dictionary of a segment, a block at a time.
class Cursor {
public:
    Cursor(store::Engine& engine, const store::PartitionId& partition,
           std::shared_ptr<const Segment> segment)
        : engine_(engine),
          partition_(partition),
          segment_(std::move(segment))
    {
    }

    const Segment& segment() const { return *segment_; }
    /// Of the merged segment, by the place in this one; `dropped` for those that are gone.
    std::vector<std::uint32_t> places;

    void begin(Kind kind)
    {
        dictionary_ = key::dictionary(segment_->id, kind);
        after_.clear();
        block_ = Block(std::string_view());
        more_ = true;
    }
    /// False: there is none.
    bool has_term() const { return !term_.empty(); }
    std::string_view term() const { return term_; }

    /// ok(false): the next block is to be read before.
    store::Result<bool> next()
    {
        term_ = {};
        if (block_.empty())
            return !more_;
        term_ = block_.take();
        numbers_.clear();
        if (term_.empty() || !take_postings(postings_, segment_->letters(), numbers_))
            return std::unexpected(store::Error::corrupt);
        return true;
    }
    const std::vector<std::uint32_t>& numbers() const { return numbers_; }

    Task<store::Result<void>> read()
    {
        auto page = co_await engine_.partitions().scan(partition_, dictionary_, after_, 1);
        if (!page)
            co_return std::unexpected(page.error());
        more_ = page->more;
        if (page->rows.empty())
            co_return store::Result<void>{};
        after_ = std::move(page->rows.front().key);
        terms_row_ = std::move(page->rows.front().value);
        auto postings = co_await engine_.partitions().read(partition_, {key::postings(after_)});
        if (!postings)
            co_return std::unexpected(postings.error());
        block_ = Block(terms_row_);
        if (postings->rows.empty() || !block_.well_formed())
            co_return std::unexpected(store::Error::corrupt);
        postings_row_ = std::move(postings->rows.front().value);
        postings_ = postings_row_;
        co_return store::Result<void>{};
    }
    Task<store::Result<void>> advance()
    {
        for (;;) {
            const auto done = next();
            if (!done)
                co_return std::unexpected(done.error());
            if (*done)
                co_return store::Result<void>{};
            if (const auto got = co_await read(); !got)
                co_return got;
        }
    }

private:
    store::Engine& engine_;
    const store::PartitionId& partition_;
    std::shared_ptr<const Segment> segment_;
    std::string dictionary_, after_, terms_row_, postings_row_;
    Block block_{std::string_view()};
    std::string_view postings_, term_;
    std::vector<std::uint32_t> numbers_;
    bool more_ = true;
};

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
            done = co_await impl_->merge(std::move(some));
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

// ---- merging ------------------------------------------------------------------------------------

Task<store::Result<void>> TextIndex::Impl::merge(Segments merged)
{
    Pace pace;
    const auto left_out = forgotten;
    auto made = std::make_shared<Segment>();
    made->id = reserve();
    EmailSet covered, before;
    for (const auto& one : merged) {
        before = before.united(*one->covered).united(one->given_up);
        covered = covered.united(*one->covered);
        made->given_up = made->given_up.united(one->given_up);
    }
    made->covered = std::make_shared<const EmailSet>(covered.without(left_out));
    made->given_up = made->given_up.without(left_out).without(*made->covered);

    std::vector<Cursor> cursors;
    cursors.reserve(merged.size());
    for (const auto& one : merged) {
        cursors.emplace_back(engine, partition, one);
        auto& places = cursors.back().places;
        places.reserve(one->letters());
        for (const auto& range : one->covered->ranges())
            for (auto email = range.first; email <= range.last; ++email) {
                const auto place = made->covered->place(email);
                places.push_back(place ? static_cast<std::uint32_t>(*place) : dropped);
                if (places.size() % 1024 == 0 && pace.due())
                    co_await pace.rest();
            }
    }
    const auto still_there = [&](const Manifest& now) {
        return std::ranges::all_of(merged, [&](const auto& one) {
            return std::ranges::find(now.segments, one->id, &Manifest::Segment::id) !=
                   now.segments.end();
        });
    };
    being_written.insert(made->id);
    const auto put_rows = [&](std::vector<store::Row> rows) -> Task<store::Result<bool>> {
        Change change;
        change.write = [&](Manifest& next, store::Commit& commit) {
            if (!still_there(next))
                return false;
            if (std::ranges::find(next.doomed, made->id) == next.doomed.end()) // Until it is whole.
                next.doomed.push_back(made->id);
            commit.put = std::move(rows);
            return true;
        };
        co_return co_await commit(std::move(change));
    };

    BlockWriter writer(made->id, made->letters());
    std::vector<store::Row> rows;
    std::size_t put_bytes = 0;
    store::Result<void> done;
    std::vector<std::uint32_t> places;
    std::string term;
    std::size_t steps = 0;
    const auto advance = [&](Cursor& cursor) -> Task<store::Result<void>> {
        auto next = co_await cursor.advance();
        if (!next && next.error() == store::Error::corrupt)
            damaged.insert(cursor.segment().id);
        co_return next;
    };
    for (const auto kind :
         {Kind::body_word, Kind::header_word, Kind::body_gram, Kind::header_gram}) {
        for (auto& cursor : cursors) {
            cursor.begin(kind);
            if (done)
                done = co_await advance(cursor);
        }
        while (done) {
            const Cursor* least = nullptr;
            for (const auto& cursor : cursors)
                if (cursor.has_term() && (least == nullptr || cursor.term() < least->term()))
                    least = &cursor;
            if (least == nullptr)
                break;
            term = least->term();
            places.clear();
            for (auto& cursor : cursors) {
                if (!done || cursor.term() != term)
                    continue;
                for (const auto number : cursor.numbers())
                    if (cursor.places[number] != dropped)
                        places.push_back(cursor.places[number]);
                done = co_await advance(cursor);
            }
            std::ranges::sort(places);
            const auto twice = std::ranges::unique(places);
            places.erase(twice.begin(), twice.end());
            if (!places.empty())
                writer.add(kind, term, places);
            if (writer.row_bytes() - put_bytes > commit_bytes && done) {
                put_bytes = writer.row_bytes();
                auto put = co_await put_rows(writer.take_rows());
                if (!put || !*put)
                    done = std::unexpected(put ? store::Error::conflict : put.error());
            }
            if (++steps % 64 == 0 && pace.due())
                co_await pace.rest();
        }
    }
    if (done) {
        writer.finish();
        rows = writer.take_rows();
        made->bytes = writer.row_bytes();
        std::ranges::move(letter_rows(made->id, *made->covered, made->given_up),
                          std::back_inserter(rows));
        const auto letters = made->covered->size() + made->given_up.size();
        const auto went = before.without(*made->covered).without(made->given_up);
        Change change;
        change.write = [&](Manifest& next, store::Commit& commit) {
            if (!still_there(next))
                return false;
            std::erase(next.doomed, made->id);
            for (const auto& one : merged) {
                std::erase_if(next.segments, [&](const auto& old) { return old.id == one->id; });
                next.doomed.push_back(one->id);
            }
            if (letters > 0) {
                next.segments.push_back({made->id, letters, made->bytes});
                commit.put = std::move(rows);
            }
            next.forgotten = next.forgotten.without(went);
            return true;
        };
        change.publish = [&] {
            for (const auto& one : merged)
                retire(one->id);
            if (letters > 0)
                segments.push_back(made);
            forgotten = forgotten.without(went);
            gone[made->id] = forgotten.count_common(*made->covered);
        };
        const auto put = co_await commit(std::move(change));
        if (!put)
            done = std::unexpected(put.error());
    }
    being_written.erase(made->id);
    co_return done;
}

} // namespace posthouse::textindex
