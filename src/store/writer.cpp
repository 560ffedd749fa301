// SPDX-License-Identifier: Apache-2.0
#include "store/writer.hpp"

#include "base/text.hpp"
#include "store/waiter.hpp"

#include <deque>
#include <map>

namespace posthouse::store {

namespace {

// Key of the row that every commit of a writer carries: who committed last, and which of its
// commits it was. After Error::unknown it tells what became of it.
const std::string writer_row(std::string("\0w", 2));

// Blobs merged into one commit: enough to share a sync, little enough to hold in memory.
constexpr std::size_t most_blob_bytes = 16 << 20;
// Room that the writer's own row takes of the limits.
constexpr std::size_t own_rows = 1, own_bytes = 64;

std::string stamp(BlobId writer, std::uint64_t number)
{
    std::string value = writer.bytes();
    append_u64(value, number);
    return value;
}

} // namespace

/// What one mutation wrote, or several merged.
struct Writer::Batch::State {
    std::map<std::string, std::optional<std::string>, std::less<>> rows; // nullopt: erase
    std::vector<NewBlob> blobs;
    std::vector<BlobId> dropped;
    std::string hint;
    std::size_t row_bytes = 0, blob_bytes = 0; // upper bounds
    bool too_large = false;

    bool empty() const { return rows.empty() && blobs.empty() && dropped.empty(); }
    void set(std::string key, std::optional<std::string> value)
    {
        too_large |= key.size() > Limits::key || (value && value->size() > Limits::value);
        row_bytes += key.size() + (value ? value->size() : 0);
        rows.insert_or_assign(std::move(key), std::move(value));
    }
    bool fits() const
    {
        return !too_large && rows.size() + own_rows <= Limits::commit_rows &&
               row_bytes + own_bytes <= Limits::commit_bytes &&
               blobs.size() + dropped.size() <= Limits::commit_rows && hint.size() <= Limits::hint;
    }
    bool has_room_for(const State& more) const
    {
        return rows.size() + more.rows.size() + own_rows <= Limits::commit_rows &&
               row_bytes + more.row_bytes + own_bytes <= Limits::commit_bytes &&
               blob_bytes + more.blob_bytes <= most_blob_bytes &&
               blobs.size() + dropped.size() + more.blobs.size() + more.dropped.size() <=
                   Limits::commit_rows;
    }
    void merge(State more)
    {
        if (empty() && hint.empty()) {
            *this = std::move(more);
            return;
        }
        for (auto& [key, value] : more.rows)
            rows.insert_or_assign(key, std::move(value));
        std::move(more.blobs.begin(), more.blobs.end(), std::back_inserter(blobs));
        dropped.insert(dropped.end(), more.dropped.begin(), more.dropped.end());
        if (!more.hint.empty())
            hint = std::move(more.hint);
        row_bytes += more.row_bytes;
        blob_bytes += more.blob_bytes;
    }
    Commit to_commit(PartitionId partition, Version expect)
    {
        Commit commit;
        commit.partition = std::move(partition);
        commit.expect = expect;
        commit.put.reserve(rows.size() + 1);
        for (auto it = rows.begin(); it != rows.end();) {
            auto node = rows.extract(it++);
            if (node.mapped())
                commit.put.push_back({std::move(node.key()), std::move(*node.mapped())});
            else
                commit.erase.push_back(std::move(node.key()));
        }
        commit.blobs = std::move(blobs);
        commit.drop_blobs = std::move(dropped);
        commit.hint = std::move(hint);
        return commit;
    }
};

void Writer::Batch::put(std::string key, std::string value)
{
    state_.set(std::move(key), std::move(value));
}
void Writer::Batch::erase(std::string key)
{
    state_.set(std::move(key), std::nullopt);
}
void Writer::Batch::add_blob(BlobId id, std::string data)
{
    state_.too_large |= data.size() > Limits::small_blob;
    state_.blob_bytes += data.size();
    state_.blobs.push_back({id, std::move(data)});
}
void Writer::Batch::drop_blob(BlobId id)
{
    state_.dropped.push_back(id);
}
void Writer::Batch::hint(std::string payload)
{
    state_.hint = std::move(payload);
}

/// There is no coroutine of the writer's own: one of the callers leads. It commits for all that
/// wait, wakes them, and if others have come meanwhile makes the first of them lead.
struct Writer::Impl {
    struct Call {
        Mutation mutation;
        Waiter waiter;
        Result<Version> result = std::unexpected(Error::unavailable);
        bool leads = false;
    };
    Engine& engine;
    PartitionId partition;
    BlobId id;
    std::deque<Call*> waiting;
    std::optional<Version> version;         // what the next commit will expect
    std::optional<std::uint64_t> unsettled; // number of a commit whose outcome is not known
    std::uint64_t number = 0;
    bool busy = false;
    std::function<void()> on_failure;

    Impl(Engine& e, PartitionId p) : engine(e), partition(std::move(p)), id(e.blobs().new_id()) {}

    Task<> round(Call* first);
    Task<Result<Version>> write(Batch::State&);
    Task<Result<Version>> settle();
};

/// Reads back what became of the commit `unsettled`; if it was not applied, moves the version on,
/// so that it cannot be applied later. Ok(version): it was applied, and is `version`.
/// unavailable: it was not and will not be. unknown: still not known.
Task<Result<Version>> Writer::Impl::settle()
{
    for (int attempt = 0; attempt < 3; ++attempt) {
        std::vector<std::string> keys{writer_row};
        auto page = co_await engine.partitions().read(partition, std::move(keys));
        if (!page)
            break;
        if (!page->rows.empty() && page->rows[0].value == stamp(id, *unsettled)) {
            version = page->at;
            unsettled.reset();
            co_return page->at;
        }
        Batch::State bump;
        const std::uint64_t mine = ++number;
        bump.set(writer_row, stamp(id, mine));
        auto bumped = co_await engine.partitions().commit(bump.to_commit(partition, page->at));
        if (bumped) {
            version = *bumped;
            unsettled.reset();
            co_return std::unexpected(Error::unavailable);
        }
        // Conflict: somebody was faster, perhaps the lost commit itself. Unknown: the bump may
        // have been applied, and then the next one conflicts. Look again.
        if (bumped.error() != Error::conflict && bumped.error() != Error::unknown)
            break;
    }
    co_return std::unexpected(Error::unknown);
}

Task<Result<Version>> Writer::Impl::write(Batch::State& batch)
{
    if (unsettled) {
        (void)co_await settle();
        // Its own callers have been told Error::unknown; what these asked for was not written.
        if (unsettled)
            co_return std::unexpected(engine.fences_unknown_outcomes() ? Error::fenced
                                                                       : Error::unavailable);
    }
    if (!version) {
        auto read = co_await engine.partitions().version(partition);
        if (!read)
            co_return std::unexpected(read.error());
        version = *read;
    }
    if (batch.empty())
        co_return *version;
    const std::uint64_t mine = ++number;
    if (!engine.fences_unknown_outcomes())
        batch.set(writer_row, stamp(id, mine));
    auto done = co_await engine.partitions().commit(batch.to_commit(partition, *version));
    if (done) {
        version = *done;
    } else if (done.error() == Error::conflict) {
        version.reset();
    } else if (done.error() == Error::unknown) {
        unsettled = mine;
        done = co_await settle();
    }
    co_return done;
}

/// One commit after another until everything that waited when it began is done.
Task<> Writer::Impl::round(Call* first)
{
    std::vector<Call*> calls{first};
    calls.insert(calls.end(), waiting.begin(), waiting.end());
    waiting.clear();
    std::size_t next = 0;
    std::optional<Batch::State> carried; // of calls[next]: run already, but the batch was full
    std::optional<Error> failed;
    while (next < calls.size()) {
        Batch::State merged;
        const std::size_t begin = next;
        for (; next < calls.size(); ++next) {
            Batch::State one;
            if (carried) {
                one = std::move(*carried);
                carried.reset();
                // What it has seen did not come to be.
                if (failed) {
                    calls[next]->result =
                        std::unexpected(*failed == Error::unknown ? Error::unavailable : *failed);
                    calls[next]->mutation = nullptr;
                    continue;
                }
            } else {
                Batch batch(one);
                calls[next]->mutation(batch);
            }
            if (!one.fits()) {
                calls[next]->result = std::unexpected(Error::too_large);
                calls[next]->mutation = nullptr;
                if (on_failure)
                    on_failure();
                continue;
            }
            if (next != begin && !merged.has_room_for(one)) {
                carried = std::move(one);
                break;
            }
            merged.merge(std::move(one));
        }
        const auto result = co_await write(merged);
        failed.reset();
        if (!result) {
            failed = result.error();
            if (on_failure)
                on_failure();
        }
        for (std::size_t i = begin; i < next; ++i)
            if (calls[i]->mutation)
                calls[i]->result = result;
    }
    std::vector<Waiter*> woken; // The leader itself does not wait.
    for (Call* call : calls)
        if (call != first)
            woken.push_back(&call->waiter);
    if (!waiting.empty()) {
        waiting.front()->leads = true;
        woken.push_back(&waiting.front()->waiter);
        waiting.pop_front();
    } else {
        busy = false;
    }
    if (!woken.empty())
        co_await resume_later(std::move(woken));
}

Writer::Writer(Engine& engine, PartitionId partition)
    : impl_(std::make_shared<Impl>(engine, std::move(partition)))
{
}

Writer::~Writer()
{
    impl_->on_failure = nullptr; // What is under way keeps impl_ alive.
}

Task<Result<Version>> Writer::apply(Mutation mutation)
{
    const auto impl = impl_;
    Impl::Call call{std::move(mutation), {}, std::unexpected(Error::unavailable), false};
    if (impl->busy) {
        auto enqueue = [&] { impl->waiting.push_back(&call); };
        co_await call.waiter.wait(enqueue);
        if (!call.leads)
            co_return call.result;
    }
    impl->busy = true;
    co_await impl->round(&call);
    co_return call.result;
}

void Writer::on_failure(std::function<void()> call)
{
    impl_->on_failure = std::move(call);
}

const PartitionId& Writer::partition() const
{
    return impl_->partition;
}
bool Writer::idle() const
{
    return !impl_->busy;
}

} // namespace posthouse::store
