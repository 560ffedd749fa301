// SPDX-License-Identifier: Apache-2.0
#include "textindex/text_index_merge.hpp"

#include <algorithm>

namespace posthouse::textindex {
namespace {

constexpr std::size_t commit_bytes = 256 << 10;
constexpr std::uint32_t dropped = ~std::uint32_t(0);

} // namespace

Merge::Merge(TextIndex::Impl& index, Segments merged)
    : index_(index),
      merged_(std::move(merged)),
      made_(std::make_shared<Segment>())
{
    made_->id = index_.reserve();
    index_.being_written.insert(made_->id);
    EmailSet covered, given_up;
    for (const auto& one : merged_) {
        covered = covered.united(*one->covered);
        given_up = given_up.united(one->given_up);
    }
    const auto before = covered.united(given_up);
    made_->covered = std::make_shared<const EmailSet>(covered.without(index_.forgotten));
    made_->given_up = given_up.without(index_.forgotten).without(*made_->covered);
    left_out_ = before.without(*made_->covered).without(made_->given_up);
    writer_.emplace(made_->id, made_->letters());
    for (const auto& one : merged_)
        inputs_.emplace_back(index_, one);
}

Merge::~Merge()
{
    index_.being_written.erase(made_->id);
}

Task<store::Result<void>> Merge::run()
{
    co_await number_letters();
    for (const auto kind : {Kind::body_word, Kind::header_word, Kind::body_gram, Kind::header_gram})
        if (auto done = co_await merge_kind(kind); !done)
            co_return done;
    co_return co_await publish();
}

Task<> Merge::number_letters()
{
    for (auto& input : inputs_) {
        const auto& segment = input.cursor.segment();
        auto& places = input.places;
        places.reserve(segment.letters());
        for (const auto& range : segment.covered->ranges())
            for (auto email = range.first; email <= range.last; ++email) {
                const auto place = made_->covered->place(email);
                places.push_back(place ? static_cast<std::uint32_t>(*place) : dropped);
                if (places.size() % 1024 == 0 && pace_.due())
                    co_await pace_.rest();
            }
    }
}

Task<store::Result<void>> Merge::merge_kind(Kind kind)
{
    for (auto& input : inputs_) {
        input.cursor.begin(kind);
        if (auto done = co_await advance(input.cursor); !done)
            co_return done;
    }
    std::string term;
    std::vector<std::uint32_t> places;
    for (std::size_t steps = 0;; ++steps) {
        const SegmentCursor* least = nullptr;
        for (const auto& input : inputs_)
            if (input.cursor.has_term() &&
                (least == nullptr || input.cursor.term() < least->term()))
                least = &input.cursor;
        if (least == nullptr)
            co_return store::Result<void>{};
        term = least->term();
        places.clear();
        for (auto& input : inputs_) {
            if (input.cursor.term() != term)
                continue;
            for (const auto number : input.cursor.numbers())
                if (input.places[number] != dropped)
                    places.push_back(input.places[number]);
            if (auto done = co_await advance(input.cursor); !done)
                co_return done;
        }
        std::ranges::sort(places);
        const auto twice = std::ranges::unique(places);
        places.erase(twice.begin(), twice.end());
        if (!places.empty())
            writer_->add(kind, term, places);
        if (writer_->row_bytes() - put_bytes_ > commit_bytes) {
            put_bytes_ = writer_->row_bytes();
            if (auto put = co_await put_rows(writer_->take_rows()); !put)
                co_return put;
        }
        if (steps % 64 == 0 && pace_.due())
            co_await pace_.rest();
    }
}

Task<store::Result<void>> Merge::advance(SegmentCursor& cursor)
{
    auto done = co_await cursor.advance();
    if (!done && done.error() == store::Error::corrupt)
        index_.damaged.insert(cursor.segment().id);
    co_return done;
}

/// Nobody took one away meanwhile.
bool Merge::all_there(const Manifest& now) const
{
    return std::ranges::all_of(merged_, [&](const auto& one) {
        return std::ranges::find(now.segments, one->id, &Manifest::Segment::id) !=
               now.segments.end();
    });
}

/// Of a segment that is doomed until all of them are there.
Task<store::Result<void>> Merge::put_rows(std::vector<store::Row> rows)
{
    TextIndex::Impl::Change change;
    change.write = [&](Manifest& next, store::Commit& commit) {
        if (!all_there(next))
            return false;
        if (std::ranges::find(next.doomed, made_->id) == next.doomed.end())
            next.doomed.push_back(made_->id);
        commit.put = std::move(rows);
        return true;
    };
    const auto put = co_await index_.commit(std::move(change));
    if (!put || !*put)
        co_return std::unexpected(put ? store::Error::conflict : put.error());
    co_return store::Result<void>{};
}

Task<store::Result<void>> Merge::publish()
{
    writer_->finish();
    auto rows = writer_->take_rows();
    made_->bytes = writer_->row_bytes();
    std::ranges::move(letter_rows(made_->id, *made_->covered, made_->given_up),
                      std::back_inserter(rows));
    const auto letters = made_->covered->size() + made_->given_up.size();
    TextIndex::Impl::Change change;
    change.write = [&](Manifest& next, store::Commit& commit) {
        if (!all_there(next))
            return false;
        std::erase(next.doomed, made_->id);
        for (const auto& one : merged_) {
            std::erase_if(next.segments, [&](const auto& old) { return old.id == one->id; });
            next.doomed.push_back(one->id);
        }
        if (letters > 0) {
            next.segments.push_back({made_->id, letters, made_->bytes});
            commit.put = std::move(rows);
        }
        next.forgotten = next.forgotten.without(left_out_);
        return true;
    };
    change.publish = [&] {
        for (const auto& one : merged_)
            index_.retire(one->id);
        index_.forgotten = index_.forgotten.without(left_out_);
        if (letters == 0)
            return;
        index_.segments.push_back(made_);
        index_.gone[made_->id] = index_.forgotten.count_common(*made_->covered);
    };
    const auto put = co_await index_.commit(std::move(change));
    if (!put)
        co_return std::unexpected(put.error());
    co_return store::Result<void>{};
}

} // namespace posthouse::textindex
