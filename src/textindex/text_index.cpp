// SPDX-License-Identifier: Apache-2.0
// Opening an index, its commits, and what is added to it.
#include "textindex/text_index.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "textindex/text_index_impl.hpp"

#include <algorithm>

namespace posthouse::textindex {
namespace {

/// Room in one commit, less what the manifest takes.
constexpr std::size_t most_row_bytes = store::Limits::commit_bytes - (1 << 19);
constexpr std::size_t sets_a_page = 8;

} // namespace

store::PartitionId partition_of(std::uint64_t account)
{
    return {"w/" + base32_encode(account)};
}

// ---- turns ------------------------------------------------------------------------------------

Task<> Pace::rest()
{
    store::Waiter waiter;
    auto nothing = [] {}; // It is to be resumed already, later.
    co_await store::resume_later({&waiter});
    co_await waiter.wait(nothing);
    until_ = std::chrono::steady_clock::now() + at_a_time;
}

Task<> Turns::take()
{
    if (!taken_) {
        taken_ = true;
        co_return;
    }
    store::Waiter waiter;
    auto enqueue = [&] { waiting_.push_back(&waiter); };
    co_await waiter.wait(enqueue); // Whoever gives it hands it on: it stays taken.
}

Task<> Turns::give()
{
    if (waiting_.empty()) {
        taken_ = false;
        co_return;
    }
    std::vector<store::Waiter*> next{waiting_.front()};
    waiting_.pop_front();
    co_await store::resume_later(std::move(next));
}

// ---- opening ----------------------------------------------------------------------------------

TextIndex::TextIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TextIndex::~TextIndex() = default;

Task<store::Result<std::shared_ptr<TextIndex>>> TextIndex::open(store::Engine& engine,
                                                                store::PartitionId partition)
{
    std::shared_ptr<TextIndex> index(
        new TextIndex(std::make_unique<Impl>(engine, std::move(partition))));
    if (auto loaded = co_await index->impl_->load(); !loaded)
        co_return std::unexpected(loaded.error());
    co_return index;
}

Task<store::Result<void>> TextIndex::Impl::load()
{
    auto page = co_await engine.partitions().read(partition, {key::manifest});
    if (!page)
        co_return std::unexpected(page.error());
    Manifest read;
    version = page->at;
    if (!page->rows.empty()) {
        auto unpacked = Manifest::unpack(page->rows.front().value);
        if (unpacked) {
            read = std::move(*unpacked);
        } else { // It is built again.
            ++drops;
            if (auto done = co_await engine.partitions().drop(partition, version); !done)
                co_return std::unexpected(done.error());
            version = store::Version::none;
        }
    }
    Segments loaded;
    std::set<SegmentId> broken;
    for (const auto& entry : read.segments) {
        const auto known = std::ranges::find(segments, entry.id, &Segment::id);
        if (known != segments.end()) {
            loaded.push_back(*known);
            continue;
        }
        auto segment = co_await load_segment(entry);
        if (segment)
            loaded.push_back(std::move(*segment));
        else if (segment.error() == store::Error::corrupt)
            broken.insert(entry.id);
        else
            co_return std::unexpected(segment.error());
    }
    for (const auto& segment : segments)
        retired[segment->id] = segment;
    segments = std::move(loaded);
    for (const auto& segment : segments)
        retired.erase(segment->id);
    damaged.merge(broken);
    forgotten = forgotten.united(read.forgotten);
    manifest = std::move(read);
    reserved = std::max(reserved, manifest.next);
    gone.clear();
    for (const auto& segment : segments)
        gone[segment->id] = forgotten.count_common(*segment->covered);
    stale = false;
    co_return store::Result<void>{};
}

Task<store::Result<std::shared_ptr<const Segment>>>
TextIndex::Impl::load_segment(Manifest::Segment entry)
{
    auto segment = std::make_shared<Segment>();
    segment->id = entry.id;
    segment->bytes = entry.bytes;
    for (const char letter : {'c', 's'}) {
        EmailSet all;
        std::string after;
        for (bool more = true; more;) {
            auto page = co_await engine.partitions().scan(partition, key::all(letter, entry.id),
                                                          after, sets_a_page);
            if (!page)
                co_return std::unexpected(page.error());
            for (const auto& row : page->rows) {
                after = row.key;
                const auto some = EmailSet::unpack(row.value, row.value.size());
                if (!some)
                    co_return std::unexpected(store::Error::corrupt);
                for (const auto& range : some->ranges())
                    all.add(range.first, range.last);
            }
            more = page->more;
        }
        if (letter == 'c')
            segment->covered = std::make_shared<const EmailSet>(std::move(all));
        else
            segment->given_up = std::move(all);
    }
    if (segment->covered->size() > Limits::segment_letters ||
        segment->covered->size() + segment->given_up.size() != entry.letters)
        co_return std::unexpected(store::Error::corrupt);
    co_return segment;
}

Task<store::Result<void>> TextIndex::Impl::settle()
{
    if (!stale)
        co_return store::Result<void>{};
    co_await turns.take();
    store::Result<void> loaded;
    if (stale)
        loaded = co_await load();
    co_await turns.give();
    co_return loaded;
}

// ---- commits ----------------------------------------------------------------------------------

Task<store::Result<bool>> TextIndex::Impl::commit(Change change)
{
    co_await turns.take();
    store::Result<bool> done = false;
    if (stale) {
        const auto loaded = co_await load();
        done = std::unexpected(loaded ? store::Error::conflict : loaded.error());
    }
    if (done) {
        auto next = manifest;
        store::Commit commit;
        commit.partition = partition;
        commit.expect = version;
        next.next = reserved;
        next.forgotten = forgotten;
        if (change.write(next, commit)) {
            commit.put.push_back({key::manifest, next.pack()});
            const auto written = co_await engine.partitions().commit(std::move(commit));
            if (written) {
                version = *written;
                manifest = std::move(next);
                change.publish();
                done = true;
            } else {
                // Another wrote, or what was written is not known.
                stale = written.error() == store::Error::conflict ||
                        written.error() == store::Error::unknown ||
                        written.error() == store::Error::fenced;
                done = std::unexpected(written.error());
            }
        }
    }
    co_await turns.give();
    co_return done;
}

SegmentId TextIndex::Impl::reserve()
{
    return SegmentId(reserved++);
}

/// To be called when it is no more in the manifest.
void TextIndex::Impl::retire(SegmentId id)
{
    const auto found = std::ranges::find(segments, id, &Segment::id);
    if (found != segments.end()) {
        retired[id] = *found;
        segments.erase(found);
    }
    gone.erase(id);
    damaged.erase(id);
}

// ---- what it knows ------------------------------------------------------------------------------

bool TextIndex::Impl::knows(std::uint64_t email) const
{
    return std::ranges::any_of(segments, [&](const auto& segment) {
        return segment->covered->contains(email) || segment->given_up.contains(email);
    });
}

bool TextIndex::knows(std::uint64_t email) const
{
    return impl_->knows(email);
}

std::uint64_t TextIndex::letters() const
{
    std::uint64_t letters = 0;
    for (const auto& segment : impl_->segments)
        letters += segment->covered->size() + segment->given_up.size();
    return letters;
}

void TextIndex::forget(const EmailSet& emails)
{
    auto fresh = emails.without(impl_->forgotten);
    if (fresh.empty())
        return;
    for (const auto& segment : impl_->segments)
        impl_->gone[segment->id] += segment->covered->count_common(fresh);
    auto all = impl_->forgotten.united(fresh);
    if (all.ranges().size() <= Limits::forgotten_ranges)
        impl_->forgotten = std::move(all);
}

// ---- adding -------------------------------------------------------------------------------------

Task<store::Result<void>> TextIndex::add(std::string batch)
{
    const auto self = shared_from_this();
    const Busy busy(impl_->under_way);
    if (auto settled = co_await impl_->settle(); !settled)
        co_return settled;
    if (impl_->segments.size() >= Limits::segments)
        if (auto tidied = co_await tidy(); !tidied)
            co_return std::unexpected(tidied.error());
    if (impl_->segments.size() >= 2 * Limits::segments)
        co_return std::unexpected(store::Error::unavailable);

    BatchReader reader(batch);
    const auto all = reader.covered().united(reader.given_up());
    auto segment = std::make_shared<Segment>();
    segment->id = impl_->reserve();
    segment->covered = std::make_shared<const EmailSet>(reader.covered());
    segment->given_up = reader.given_up();
    BlockWriter writer(segment->id, reader.letters());
    Pace pace;
    std::size_t entries = 0;
    while (const auto* entry = reader.next()) {
        writer.add(entry->kind, entry->term, entry->places);
        if (writer.row_bytes() > most_row_bytes)
            co_return std::unexpected(store::Error::corrupt); // No cutter makes one like this.
        if (++entries % 64 == 0 && pace.due())
            co_await pace.rest();
    }
    if (reader.damaged())
        co_return std::unexpected(store::Error::corrupt);
    if (all.empty())
        co_return store::Result<void>{};
    writer.finish();
    auto rows = writer.take_rows();
    segment->bytes = writer.row_bytes();
    std::ranges::move(letter_rows(segment->id, *segment->covered, segment->given_up),
                      std::back_inserter(rows));
    Impl::Change change;
    change.write = [&](Manifest& manifest, store::Commit& commit) {
        std::uint64_t known = 0;
        for (const auto& old : impl_->segments)
            known += old->covered->count_common(all) + old->given_up.count_common(all);
        if (known >= all.size() &&
            std::ranges::all_of(all.ranges(), [&](const EmailSet::Range& range) {
                for (auto email = range.first; email <= range.last; ++email)
                    if (!impl_->knows(email))
                        return false;
                return true;
            }))
            return false;
        manifest.segments.push_back({segment->id, all.size(), segment->bytes});
        manifest.forgotten = manifest.forgotten.without(all);
        commit.put = std::move(rows);
        return true;
    };
    change.publish = [&] {
        impl_->segments.push_back(segment);
        impl_->forgotten = impl_->forgotten.without(all);
    };
    auto done = co_await impl_->commit(std::move(change));
    if (!done)
        co_return std::unexpected(done.error());
    co_return store::Result<void>{};
}

Task<store::Result<void>> TextIndex::drop()
{
    const auto self = shared_from_this();
    const Busy busy(impl_->under_way);
    co_await impl_->turns.take();
    store::Result<void> done;
    if (impl_->stale)
        done = co_await impl_->load();
    if (done) {
        ++impl_->drops;
        done = co_await impl_->engine.partitions().drop(impl_->partition, impl_->version);
        impl_->stale = true;
    }
    if (done) {
        impl_->segments.clear();
        impl_->manifest = {};
        impl_->forgotten = {};
        impl_->gone.clear();
        impl_->damaged.clear();
        impl_->retired.clear(); // Their ids are given to no others.
        impl_->version = store::Version::none;
        impl_->stale = false;
    }
    co_await impl_->turns.give();
    co_return done;
}

std::size_t TextIndex::memory_bytes() const
{
    std::size_t bytes = sizeof(Impl) + 500;
    for (const auto& segment : impl_->segments)
        bytes += 300 + (segment->covered->ranges().size() + segment->given_up.ranges().size()) *
                           sizeof(EmailSet::Range);
    return bytes + impl_->forgotten.ranges().size() * sizeof(EmailSet::Range);
}

bool TextIndex::idle() const
{
    return impl_->under_way == 0;
}

} // namespace posthouse::textindex
