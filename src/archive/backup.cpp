// SPDX-License-Identifier: Apache-2.0
#include "archive/backup.hpp"

#include "archive/store_id.hpp"

#include <algorithm>
#include <ranges>

namespace posthouse::archive {
namespace {

/// After so many new bytes a backup that is broken off has not to be read again.
constexpr std::uint64_t keep_every = 256u << 20;
constexpr std::size_t bodies_at_once = 200;
constexpr std::size_t batch_bytes = 1u << 20;

} // namespace

Result<Backup::Known> Backup::KnownBodies::find(store::BlobId id, const Repository& repository)
{
    const auto is_there = [&](const ChunkName& piece) { return repository.has(piece); };
    for (auto& cursor : tables_) {
        while (!cursor.ended && (!cursor.at || cursor.at->id < id)) {
            auto next = cursor.table.next();
            if (!next && next.error().kind != Fault::Kind::damaged &&
                next.error().kind != Fault::Kind::absent)
                return std::unexpected(next.error());
            cursor.at = next ? std::move(*next) : std::nullopt;
            cursor.ended = !cursor.at; // (What is damaged there is read from the source again.)
        }
        if (cursor.at && cursor.at->id == id && std::ranges::all_of(cursor.at->pieces, is_there))
            return cursor.at;
    }
    return std::nullopt;
}

Result<Backup::Taken> Backup::run(const std::function<Timestamp()>& clock)
{
    manifest_.taken_at = options_.taken_at;
    manifest_.server = options_.server;
    manifest_.version = options_.version;
    manifest_.store = source_.store_id();
    for (const auto step : {&Backup::find_earlier, &Backup::bodies, &Backup::partitions})
        if (auto done = (this->*step)(); !done)
            return std::unexpected(done.error());
    manifest_.ended_at = clock();
    auto name = repository_.commit(manifest_);
    if (!name)
        return std::unexpected(name.error());
    progress_.bytes_written = repository_.bytes_written();
    return Taken{std::move(*name), std::move(manifest_), progress_, new_bodies_, new_partitions_};
}

Result<void> Backup::progress()
{
    progress_.bytes_written = repository_.bytes_written();
    if (on_progress_ && !on_progress_(progress_))
        return fault(Fault::Kind::refused, "it was broken off");
    return {};
}

/// The latest backup of this store, and what one that was broken off has stored.
Result<void> Backup::find_earlier()
{
    const auto names = repository_.backups();
    if (!names)
        return std::unexpected(names.error());
    for (const auto& name : *names | std::views::reverse) {
        auto manifest = repository_.manifest(name);
        if (!manifest && manifest.error().kind != Fault::Kind::damaged)
            return std::unexpected(manifest.error());
        if (!manifest || manifest->store != manifest_.store)
            continue;
        earlier_ = std::move(*manifest);
        break;
    }
    if (options_.bodies == Options::Bodies::all)
        return {};
    if (earlier_)
        known_.add(BodyTable(repository_, earlier_->body_chunks));
    if (auto unfinished = repository_.unfinished(); unfinished)
        if (unfinished->store == manifest_.store)
            known_.add(BodyTable(repository_, std::move(unfinished->body_chunks)));
    return {};
}

// ---- bodies ---------------------------------------------------------------------------------

Result<void> Backup::bodies()
{
    std::vector<StoredBody> fresh; // which the table waits for
    std::size_t fresh_bytes = 0;
    for (store::BlobId after;;) {
        const auto listed = source_.bodies(after);
        if (!listed)
            return std::unexpected(listed.error());
        if (listed->empty())
            break;
        after = listed->back().id;
        for (const auto& one : *listed) {
            StoredBody body{one.id, one.owner.name, one.bytes, {}};
            auto known = known_.find(one.id, repository_);
            if (!known)
                return std::unexpected(known.error());
            if (*known && (*known)->bytes == body.bytes)
                body.pieces = std::move((*known)->pieces);
            if (body.pieces.empty() && body.bytes <= Limits::body_piece)
                fresh_bytes += body.bytes;
            fresh.push_back(std::move(body));
            if (fresh.size() < bodies_at_once && fresh_bytes < batch_bytes)
                continue;
            if (auto done = read_new(std::exchange(fresh, {})); !done)
                return done;
            fresh_bytes = 0;
        }
        if (auto done = progress(); !done)
            return done;
    }
    if (auto done = read_new(std::move(fresh)); !done)
        return done;
    if (const auto last = table_.finish()) {
        const auto name = repository_.store(*last);
        if (!name)
            return std::unexpected(name.error());
        manifest_.body_chunks.push_back(*name);
    }
    return {};
}

/// Reads those that have no pieces yet, and puts all into the table, in their order.
Result<void> Backup::read_new(std::vector<StoredBody> bodies)
{
    std::vector<store::BlobId> wanted;
    std::vector<StoredBody*> waiting;
    for (auto& body : bodies) {
        if (!body.pieces.empty() || body.bytes == 0)
            continue;
        ++new_bodies_;
        if (body.bytes > Limits::body_piece) {
            if (auto done = read_large(body); !done)
                return done;
            continue;
        }
        wanted.push_back(body.id);
        waiting.push_back(&body);
    }
    while (!wanted.empty()) {
        const auto got = source_.read(wanted);
        if (!got)
            return std::unexpected(got.error());
        if (got->empty() || got->size() > wanted.size())
            return fault(Fault::Kind::source, "the server sent other bodies than were asked for");
        for (std::size_t i = 0; i < got->size(); ++i) {
            if ((*got)[i].size() != waiting[i]->bytes)
                return fault(Fault::Kind::source, "a body is not as long as the store says");
            const auto name = repository_.store((*got)[i]);
            if (!name)
                return std::unexpected(name.error());
            waiting[i]->pieces.push_back(*name);
            progress_.bytes_read += (*got)[i].size();
            unkept_bytes_ += (*got)[i].size();
        }
        const auto count = static_cast<std::ptrdiff_t>(got->size());
        wanted.erase(wanted.begin(), wanted.begin() + count);
        waiting.erase(waiting.begin(), waiting.begin() + count);
        if (auto done = progress(); !done)
            return done;
    }
    for (const auto& body : bodies)
        if (auto done = keep(body); !done)
            return done;
    return {};
}

Result<void> Backup::read_large(StoredBody& body)
{
    for (std::uint64_t at = 0; at < body.bytes; at += Limits::body_piece) {
        const auto length = std::min<std::uint64_t>(Limits::body_piece, body.bytes - at);
        const auto piece = source_.read(body.id, at, length);
        if (!piece)
            return std::unexpected(piece.error());
        if (piece->size() != length)
            return fault(Fault::Kind::source, "a body is not as long as the store says");
        const auto name = repository_.store(*piece);
        if (!name)
            return std::unexpected(name.error());
        body.pieces.push_back(*name);
        progress_.bytes_read += length;
        unkept_bytes_ += length;
        if (auto done = progress(); !done)
            return done;
    }
    return {};
}

Result<void> Backup::keep(const StoredBody& body)
{
    ++manifest_.bodies;
    ++progress_.bodies;
    manifest_.body_bytes += body.bytes;
    const auto chunk = table_.add(row_of(body));
    if (!chunk)
        return {};
    const auto name = repository_.store(*chunk);
    if (!name)
        return std::unexpected(name.error());
    manifest_.body_chunks.push_back(*name);
    if (unkept_bytes_ < keep_every)
        return {};
    unkept_bytes_ = 0;
    return repository_.keep_unfinished({manifest_.store, manifest_.body_chunks});
}

// ---- rows -----------------------------------------------------------------------------------

Result<void> Backup::partitions()
{
    for (std::string after;;) {
        const auto found = source_.partitions(after);
        if (!found)
            return std::unexpected(found.error());
        if (found->empty())
            return {};
        after = found->back().name;
        for (const auto& one : *found) {
            if (!is_backed_up(one.name))
                continue;
            if (manifest_.partitions.size() == Limits::partitions)
                return fault(Fault::Kind::source, "the store has too many partitions");
            if (auto done = partition(one); !done)
                return done;
            ++progress_.partitions;
            if (auto done = progress(); !done)
                return done;
        }
    }
}

Result<void> Backup::partition(const Source::Partition& one)
{
    const auto is_there = [&](const ChunkName& chunk) { return repository_.has(chunk); };
    const auto* before = earlier_ ? earlier_->find(one.name) : nullptr;
    if (before != nullptr && before->version == one.version &&
        std::ranges::all_of(before->chunks, is_there)) {
        manifest_.partitions.push_back(*before);
        return {};
    }
    ++new_partitions_;
    Manifest::Partition partition{.name = one.name, .version = one.version, .chunks = {}};
    RowCutter cutter;
    const auto store = [&](const std::optional<std::string>& chunk) -> Result<void> {
        if (!chunk)
            return {};
        const auto stored = repository_.store(*chunk);
        if (!stored)
            return std::unexpected(stored.error());
        partition.chunks.push_back(*stored);
        return {};
    };
    for (std::string after;;) {
        const auto page = source_.rows(one.name, after);
        if (!page)
            return std::unexpected(page.error());
        if (static_cast<std::uint64_t>(page->at) != one.version)
            return fault(Fault::Kind::source, "a partition has changed within one moment");
        for (const auto& row : page->rows) {
            if (auto done = store(cutter.add(row)); !done)
                return done;
            ++partition.rows;
            partition.bytes += row.key.size() + row.value.size();
            progress_.bytes_read += row.key.size() + row.value.size();
        }
        if (auto done = progress(); !done)
            return done;
        if (!page->more || page->rows.empty())
            break;
        after = page->rows.back().key;
    }
    if (auto done = store(cutter.finish()); !done)
        return done;
    manifest_.partitions.push_back(std::move(partition));
    return {};
}

} // namespace posthouse::archive
