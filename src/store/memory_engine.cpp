// SPDX-License-Identifier: Apache-2.0
#include "store/memory_engine.hpp"

#include "store/bounds.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthouse::store {

namespace {

constexpr std::size_t no_bound = ~std::size_t{0};

struct Scan {
    const PartitionId& partition;
    const std::string &prefix, &after;
    std::size_t rows, bytes;
};

Page scan_rows(const MemoryDisk& disk, const Scan& scan)
{
    Page page;
    const auto found = disk.partitions.find(scan.partition.name);
    if (found == disk.partitions.end())
        return page;
    page.at = found->second.version;
    const auto& rows = found->second.rows;
    const std::string start = scan_start(scan.prefix);
    const std::size_t limit = std::min(scan.rows, Limits::page_rows);
    std::size_t bytes = 0;
    for (auto row = scan.after < start ? rows.lower_bound(start) : rows.upper_bound(scan.after);
         row != rows.end() && row->first.starts_with(scan.prefix); ++row) {
        if (page.rows.size() == limit || bytes >= scan.bytes) {
            page.more = true;
            break;
        }
        bytes += row->first.size() + row->second.size();
        page.rows.push_back({row->first, row->second});
    }
    return page;
}

std::vector<PartitionId> list_partitions(const MemoryDisk& disk, const std::string& prefix,
                                         const std::string& after, std::size_t limit)
{
    std::vector<PartitionId> names;
    const auto& all = disk.partitions;
    limit = std::min(limit, Limits::page_rows);
    for (auto it = after < prefix ? all.lower_bound(prefix) : all.upper_bound(after);
         it != all.end() && it->first.starts_with(prefix) && names.size() < limit; ++it)
        names.push_back({it->first});
    return names;
}

std::vector<Blobs::Listed> list_blobs(const MemoryDisk& disk, BlobId after, std::size_t limit)
{
    std::vector<Blobs::Listed> listed;
    limit = std::min(limit, Limits::page_rows);
    for (auto it = disk.blobs.upper_bound(after); it != disk.blobs.end() && listed.size() < limit;
         ++it)
        listed.push_back({it->first, it->second.owner, it->second.data.size()});
    return listed;
}

std::string slice(const std::string& data, std::uint64_t offset, std::size_t length)
{
    return offset >= data.size() ? std::string() : data.substr(offset, length);
}

} // namespace

struct MemoryEngine::State {
    boost::asio::any_io_executor executor;
    std::shared_ptr<MemoryDisk> disk;
    HintTable hints;
    bool cut = false;
    Fault always = Fault::none;
    std::map<std::uint64_t, Fault> faults; // by number of the commit
    std::uint64_t started = 0;
    std::uint64_t sequence = 0;

    Task<> turn() { return boost::asio::post(executor, boost::asio::use_awaitable); }
    Fault next_fault()
    {
        const auto planned = faults.find(started++);
        return planned == faults.end() ? always : planned->second;
    }
    Version version(const PartitionId& id) const
    {
        const auto found = disk->partitions.find(id.name);
        return found == disk->partitions.end() ? Version::none : found->second.version;
    }
    /// Runs `apply` as the fault has it.
    template <class Apply>
    auto with(Fault, Apply) -> decltype(std::declval<Apply>()());
    Result<Version> apply(Commit&);
    Result<void> apply_drop(const PartitionId&, Version expect);
};

template <class Apply>
auto MemoryEngine::State::with(Fault fault, Apply apply) -> decltype(std::declval<Apply>()())
{
    switch (fault) {
    case Fault::none:
        return apply();
    case Fault::no_space:
        return std::unexpected(Error::no_space);
    case Fault::unavailable:
        return std::unexpected(Error::unavailable);
    case Fault::unknown_lost:
        return std::unexpected(Error::unknown);
    case Fault::unknown_applied: {
        auto result = apply();
        if (!result)
            return result; // A refusal is an answer.
        return std::unexpected(Error::unknown);
    }
    case Fault::power_cut_after:
        (void)apply();
        [[fallthrough]];
    case Fault::power_cut_before:
        cut = true;
        return std::unexpected(Error::fenced);
    }
    return std::unexpected(Error::unavailable);
}

Result<Version> MemoryEngine::State::apply(Commit& commit)
{
    const Version before = version(commit.partition);
    if (commit.expect && *commit.expect != before)
        return std::unexpected(Error::conflict);
    for (const NewBlob& blob : commit.blobs)
        if (disk->blobs.contains(blob.id))
            return std::unexpected(Error::exists);
    MemoryDisk::Partition& partition = disk->partitions[commit.partition.name];
    partition.version = Version(std::uint64_t(before == Version::none ? disk->floor : before) + 1);
    for (Row& row : commit.put)
        partition.rows.insert_or_assign(std::move(row.key), std::move(row.value));
    for (const std::string& key : commit.erase)
        partition.rows.erase(key);
    for (NewBlob& blob : commit.blobs) {
        auto& owner = blob.owner.name.empty() ? commit.partition : blob.owner;
        disk->blobs.emplace(blob.id, MemoryDisk::Blob{owner, std::move(blob.data)});
    }
    for (const BlobId id : commit.drop_blobs)
        disk->blobs.erase(id);
    return partition.version;
}

Result<void> MemoryEngine::State::apply_drop(const PartitionId& id, Version expect)
{
    const Version before = version(id);
    if (before != expect)
        return std::unexpected(Error::conflict);
    if (before != Version::none) {
        disk->floor = std::max(disk->floor, before);
        disk->partitions.erase(id.name);
    }
    return {};
}

class MemoryEngine::PartitionsPart final : public Partitions {
public:
    explicit PartitionsPart(std::shared_ptr<State> state) : state_(std::move(state)) {}

    Task<Result<Version>> commit(Commit commit) override
    {
        const auto state = state_; // The engine may go meanwhile.
        if (!within_limits(commit))
            co_return std::unexpected(Error::too_large);
        const Fault fault = state->next_fault();
        co_await state->turn();
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        auto result = state->with(fault, [&] { return state->apply(commit); });
        if (result && !commit.hint.empty())
            state->hints.publish(commit.partition, commit.hint);
        co_return result;
    }

    Task<Result<Page>> read(PartitionId id, std::vector<std::string> keys) override
    {
        const auto state = state_;
        if (keys.size() > Limits::page_rows)
            co_return std::unexpected(Error::too_large);
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        Page page;
        const auto found = state->disk->partitions.find(id.name);
        if (found == state->disk->partitions.end())
            co_return page;
        page.at = found->second.version;
        for (std::string& key : keys)
            if (const auto row = found->second.rows.find(key); row != found->second.rows.end())
                page.rows.push_back({std::move(key), row->second});
        co_return page;
    }

    Task<Result<Page>> scan(PartitionId id, std::string prefix, std::string after,
                            std::size_t limit) override
    {
        const auto state = state_;
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        co_return scan_rows(*state->disk, {id, prefix, after, limit, no_bound});
    }

    Task<Result<Version>> version(PartitionId id) override
    {
        const auto state = state_;
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        co_return state->version(id);
    }

    Task<Result<void>> drop(PartitionId id, Version expect) override
    {
        const auto state = state_;
        const Fault fault = state->next_fault();
        co_await state->turn();
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        co_return state->with(fault, [&] { return state->apply_drop(id, expect); });
    }

    Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                std::size_t limit) override
    {
        const auto state = state_;
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        co_return list_partitions(*state->disk, prefix, after, limit);
    }

private:
    std::shared_ptr<State> state_;
};

class MemoryEngine::Sink final : public BlobSink {
public:
    Sink(std::shared_ptr<State> state, BlobId id, PartitionId owner)
        : state_(std::move(state)),
          id_(id),
          blob_{std::move(owner), {}}
    {
    }
    Task<Result<void>> write(std::string bytes) override
    {
        blob_.data += bytes;
        co_return Result<void>();
    }
    Task<Result<void>> seal() override
    {
        const Fault fault = state_->next_fault();
        co_await state_->turn();
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return state_->with(fault, [this]() -> Result<void> {
            if (!state_->disk->blobs.emplace(id_, std::move(blob_)).second)
                return std::unexpected(Error::exists);
            return {};
        });
    }

private:
    std::shared_ptr<State> state_;
    BlobId id_;
    MemoryDisk::Blob blob_;
};

class MemoryEngine::BlobsPart final : public Blobs {
public:
    explicit BlobsPart(std::shared_ptr<State> state) : state_(std::move(state)) {}

    BlobId new_id() override { return {state_->disk->incarnation, ++state_->sequence}; }

    Task<Result<std::unique_ptr<BlobSink>>> create(BlobId id, PartitionId owner) override
    {
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return std::make_unique<Sink>(state_, id, std::move(owner));
    }

    Task<Result<std::uint64_t>> size(BlobId id) override
    {
        const auto blob = find(id);
        if (!blob)
            co_return std::unexpected(blob.error());
        co_return (*blob)->data.size();
    }

    Task<Result<std::string>> read(BlobId id, std::uint64_t offset, std::size_t length) override
    {
        const auto blob = find(id);
        if (!blob)
            co_return std::unexpected(blob.error());
        co_return slice((*blob)->data, offset, length);
    }

    Task<Result<void>> remove(BlobId id) override
    {
        const auto state = state_;
        co_await state->turn();
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        state->disk->blobs.erase(id);
        co_return Result<void>();
    }

    Task<Result<std::vector<Listed>>> list(BlobId after, std::size_t limit) override
    {
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return list_blobs(*state_->disk, after, limit);
    }

    Task<Result<void>> skip_ids(BlobId past) override
    {
        const auto state = state_;
        co_await state->turn();
        if (state->cut)
            co_return std::unexpected(Error::fenced);
        if (past.incarnation >= state->disk->incarnation)
            state->disk->incarnation = past.incarnation + 1;
        co_return Result<void>();
    }

private:
    Result<const MemoryDisk::Blob*> find(BlobId id) const
    {
        if (state_->cut)
            return std::unexpected(Error::fenced);
        const auto found = state_->disk->blobs.find(id);
        if (found == state_->disk->blobs.end())
            return std::unexpected(Error::not_found);
        return &found->second;
    }

    std::shared_ptr<State> state_;
};

/// A copy of all that there is.
class MemoryEngine::Moment final : public Snapshot {
public:
    explicit Moment(std::shared_ptr<State> state) : state_(std::move(state)), disk_(*state_->disk)
    {
    }

    Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                std::size_t limit) override
    {
        co_await state_->turn();
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return list_partitions(disk_, prefix, after, limit);
    }
    Task<Result<Page>> scan(PartitionId id, std::string prefix, std::string after,
                            std::size_t limit) override
    {
        co_await state_->turn();
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return scan_rows(disk_, {id, prefix, after, limit, page_bytes});
    }
    Task<Result<std::vector<Blobs::Listed>>> list_blobs(BlobId after, std::size_t limit) override
    {
        co_await state_->turn();
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        co_return store::list_blobs(disk_, after, limit);
    }
    Task<Result<std::string>> read_blob(BlobId id, std::uint64_t offset,
                                        std::size_t length) override
    {
        co_await state_->turn();
        if (state_->cut)
            co_return std::unexpected(Error::fenced);
        const auto found = disk_.blobs.find(id);
        if (found == disk_.blobs.end())
            co_return std::unexpected(Error::not_found);
        co_return slice(found->second.data, offset, length);
    }

private:
    std::shared_ptr<State> state_;
    const MemoryDisk disk_;
};

MemoryEngine::MemoryEngine(boost::asio::any_io_executor executor, std::shared_ptr<MemoryDisk> disk)
    : state_(std::make_shared<State>())
{
    state_->executor = std::move(executor);
    state_->disk = std::move(disk);
    ++state_->disk->incarnation;
    partitions_ = std::make_unique<PartitionsPart>(state_);
    blobs_ = std::make_unique<BlobsPart>(state_);
}

MemoryEngine::~MemoryEngine() = default;
Partitions& MemoryEngine::partitions()
{
    return *partitions_;
}
Blobs& MemoryEngine::blobs()
{
    return *blobs_;
}
Hints& MemoryEngine::hints()
{
    return state_->hints;
}

Task<Result<std::unique_ptr<Snapshot>>> MemoryEngine::snapshot()
{
    if (state_->cut)
        co_return std::unexpected(Error::fenced);
    co_return std::make_unique<Moment>(state_);
}

void MemoryEngine::fail_commit(std::uint64_t nth, Fault fault)
{
    state_->faults[state_->started + nth] = fault;
}
void MemoryEngine::fail_all(Fault fault)
{
    state_->always = fault;
}
void MemoryEngine::power_cut()
{
    state_->cut = true;
}
std::uint64_t MemoryEngine::commits() const
{
    return state_->started;
}
const std::shared_ptr<MemoryDisk>& MemoryEngine::disk() const
{
    return state_->disk;
}

} // namespace posthouse::store
