// SPDX-License-Identifier: Apache-2.0
#include "archive/restore.hpp"

#include "archive/store_id.hpp"
#include "base/text.hpp"
#include "mailbox/records.pb.h"
#include "mailbox/shared_bodies.hpp"
#include "spool/records.pb.h"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::archive {
namespace {

constexpr std::size_t commit_bytes = 2u << 20, commit_rows = 2000;
constexpr std::size_t body_bytes_a_commit = 8u << 20, bodies_a_commit = 1000;
constexpr std::size_t names_a_page = 1000;

std::unexpected<Fault> store_fault(store::Error error)
{
    return fault(error == store::Error::no_space ? Fault::Kind::no_space : Fault::Kind::source,
                 fmt::format("the store: {}", store::describe(error)));
}

store::PartitionId marker()
{
    return {std::string(restoring_partition)};
}

Task<Result<void>> commit(store::Engine& engine, store::Commit batch)
{
    const auto done = co_await engine.partitions().commit(std::move(batch));
    if (!done)
        co_return store_fault(done.error());
    co_return Result<void>{};
}

/// All but the last row of these is a Message, or a Letter: what names a body.
std::optional<std::string> body_named_by(std::string_view partition, const store::Row& row)
{
    if (partition.starts_with("a/") && row.key.starts_with('e')) {
        mailbox::Message message;
        if (message.ParseFromString(row.value))
            return message.body();
    } else if (partition.starts_with("q/") && row.key.starts_with('l')) {
        spool::Letter letter;
        if (letter.ParseFromString(row.value))
            return letter.body();
    } else {
        return std::string();
    }
    return std::nullopt;
}

std::optional<store::BlobId> shared_body(std::string_view partition)
{
    std::string bytes;
    for (std::size_t i = 2; i + 1 < partition.size(); i += 2) {
        const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
        bytes += static_cast<char>(digit(partition[i]) << 4 | digit(partition[i + 1]));
    }
    return store::BlobId::from_bytes(bytes);
}

} // namespace

bool Restore::is_wanted(const std::string& partition) const
{
    if (!is_backed_up(partition) || partition == restoring_partition)
        return false;
    if (options_.queue == Queue::without)
        return !partition.starts_with("q/") && partition != "n/spool";
    return true;
}

Task<Result<Restore::Progress>> Restore::run(store::Engine& engine, Random& random)
{
    if (auto found = find_named(); !found)
        co_return std::unexpected(found.error());
    if (auto cleared = co_await clear(engine); !cleared)
        co_return std::unexpected(cleared.error());
    if (auto done = co_await bodies(engine); !done)
        co_return std::unexpected(done.error());
    for (const auto& partition : manifest_.partitions) {
        if (is_wanted(partition.name))
            if (auto done = co_await rows(engine, partition); !done)
                co_return std::unexpected(done.error());
        ++progress_.partitions;
        on_progress_(progress_);
    }
    // What the restored store gives out from here on is of another line than the old one's.
    const auto id = co_await store_id(engine, random);
    if (!id)
        co_return store_fault(id.error());
    const auto version = co_await engine.partitions().version(marker());
    if (!version)
        co_return store_fault(version.error());
    const auto dropped = co_await engine.partitions().drop(marker(), *version);
    if (!dropped)
        co_return store_fault(dropped.error());
    co_return progress_;
}

/// Before anything is written: so a backup with a damaged row is told of while nothing is lost.
Result<void> Restore::find_named()
{
    for (const auto& partition : manifest_.partitions)
        if (is_wanted(partition.name))
            if (auto done = find_named(partition); !done)
                return done;
    std::ranges::sort(named_);
    const auto twice = std::ranges::unique(named_);
    named_.erase(twice.begin(), twice.end());
    return {};
}

Result<void> Restore::find_named(const Manifest::Partition& partition)
{
    PartitionRows rows(repository_, partition.chunks);
    for (;;) {
        const auto row = rows.next();
        if (!row)
            return fault(row.error().kind, fmt::format("{}: {}", partition.name, row.error().text));
        if (!*row)
            return {};
        const auto body = body_named_by(partition.name, **row);
        if (!body)
            return fault(Fault::Kind::damaged,
                         fmt::format("{}: a record cannot be read", partition.name));
        if (body->empty())
            continue;
        const auto id = store::BlobId::from_bytes(*body);
        if (!id)
            return fault(Fault::Kind::damaged,
                         fmt::format("{}: a record names no body", partition.name));
        named_.push_back(*id);
    }
}

/// Refuses a store that is in use; takes one whose restoring was broken off back to its beginning.
Task<Result<void>> Restore::clear(store::Engine& engine)
{
    auto& partitions = engine.partitions();
    const auto begun = co_await partitions.version(marker());
    if (!begun)
        co_return store_fault(begun.error());
    const bool again = *begun != store::Version::none;
    for (std::string after;;) {
        const auto names = co_await partitions.list({}, after, names_a_page);
        if (!names)
            co_return store_fault(names.error());
        if (names->empty())
            break;
        after = names->back().name;
        for (const auto& name : *names) {
            if (name.name.starts_with("n/"))
                continue;
            if (!again)
                co_return fault(Fault::Kind::refused,
                                "the store is not empty: a whole backup is restored into an empty "
                                "data directory only");
            const auto version = co_await partitions.version(name);
            if (!version)
                co_return store_fault(version.error());
            if (const auto dropped = co_await partitions.drop(name, *version); !dropped)
                co_return store_fault(dropped.error());
        }
    }
    store::Commit mark;
    mark.partition = marker();
    mark.put.push_back({"whole", {}});
    if (auto marked = co_await commit(engine, std::move(mark)); !marked)
        co_return marked;
    for (store::BlobId after;;) {
        const auto left = co_await engine.blobs().list(after, names_a_page);
        if (!left)
            co_return store_fault(left.error());
        if (left->empty())
            co_return Result<void>{};
        after = left->back().id;
        for (const auto& body : *left)
            if (const auto removed = co_await engine.blobs().remove(body.id); !removed)
                co_return store_fault(removed.error());
    }
}

Task<Result<void>> Restore::bodies(store::Engine& engine)
{
    if (!named_.empty())
        if (const auto skipped = co_await engine.blobs().skip_ids(named_.back()); !skipped)
            co_return store_fault(skipped.error());
    BodyTable table(repository_, manifest_.body_chunks);
    store::Commit batch;
    std::size_t bytes = 0;
    auto wanted = named_.begin();
    while (wanted != named_.end()) {
        const auto body = table.next();
        if (!body)
            co_return std::unexpected(body.error());
        if (!*body || (*body)->id > *wanted)
            co_return fault(Fault::Kind::damaged,
                            fmt::format("the body {} is not in the backup", hex(wanted->bytes())));
        if ((*body)->id < *wanted)
            continue; // Nobody names it.
        ++wanted;
        ++progress_.bodies;
        progress_.bytes += (*body)->bytes;
        if ((*body)->bytes > store::Limits::small_blob) {
            if (auto done = co_await large_body(engine, **body); !done)
                co_return done;
        } else {
            auto data = whole_body(repository_, **body);
            if (!data)
                co_return std::unexpected(data.error());
            bytes += data->size();
            batch.blobs.push_back({(*body)->id, std::move(*data), {(*body)->owner}});
        }
        if (bytes < body_bytes_a_commit && batch.blobs.size() < bodies_a_commit &&
            wanted != named_.end())
            continue;
        batch.partition = marker();
        if (auto done = co_await commit(engine, std::exchange(batch, {})); !done)
            co_return done;
        bytes = 0;
        on_progress_(progress_);
    }
    co_return Result<void>{};
}

Task<Result<void>> Restore::large_body(store::Engine& engine, const StoredBody& body)
{
    auto sink = co_await engine.blobs().create(body.id, {body.owner});
    if (!sink)
        co_return store_fault(sink.error());
    for (const auto& piece : body.pieces) {
        auto chunk = repository_.chunk(piece);
        if (!chunk)
            co_return std::unexpected(chunk.error());
        if (const auto written = co_await (*sink)->write(std::move(*chunk)); !written)
            co_return store_fault(written.error());
    }
    const auto sealed = co_await (*sink)->seal();
    if (!sealed)
        co_return store_fault(sealed.error());
    co_return Result<void>{};
}

Task<Result<void>> Restore::rows(store::Engine& engine, const Manifest::Partition& partition)
{
    const bool account = partition.name.starts_with("a/");
    const bool shared = partition.name.starts_with("b/");
    if (shared) { // The claims of what is not restored would keep it for ever.
        const auto id = shared_body(partition.name);
        if (!id || !std::ranges::binary_search(named_, *id))
            co_return Result<void>{};
    }
    AccountRows taken({.numbers = options_.numbers,
                       .deliveries = options_.queue == Queue::with
                                         ? AccountRows::Deliveries::kept
                                         : AccountRows::Deliveries::dropped});
    PartitionRows rows(repository_, partition.chunks);
    store::Commit batch;
    std::size_t bytes = 0;
    for (;;) {
        auto row = rows.next();
        if (!row)
            co_return std::unexpected(row.error());
        if (*row) {
            if (shared && options_.queue == Queue::without &&
                (*row)->key == mailbox::SharedBodies::queue_claim)
                continue;
            const auto fate = account ? taken.take(**row) : AccountRows::Fate::keep;
            if (fate == AccountRows::Fate::damaged)
                co_return fault(Fault::Kind::damaged,
                                fmt::format("{}: a record cannot be read", partition.name));
            if (fate == AccountRows::Fate::drop)
                continue;
            bytes += (*row)->key.size() + (*row)->value.size();
            progress_.bytes += (*row)->key.size() + (*row)->value.size();
            ++progress_.rows;
            batch.put.push_back(std::move(**row));
        }
        if (!batch.put.empty() &&
            (!*row || bytes >= commit_bytes || batch.put.size() >= commit_rows)) {
            batch.partition = {partition.name};
            if (auto done = co_await commit(engine, std::exchange(batch, {})); !done)
                co_return done;
            bytes = 0;
            on_progress_(progress_);
        }
        if (!*row)
            co_return Result<void>{};
    }
}

} // namespace posthouse::archive
