// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/blobs.hpp"

#include "store/bounds.hpp"
#include "store/rocksdb/body_file.hpp"
#include "store/rocksdb/reading.hpp"

#include <boost/asio/post.hpp>
#include <cerrno>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

namespace {

// Bytes of a large body that may wait in memory for the disk.
constexpr std::size_t most_pending = 256 * 1024;

Error write_error(FileError error)
{
    return error.code == ENOSPC || error.code == EDQUOT ? Error::no_space : Error::unavailable;
}

/// Runs `work` on the worker's thread and then goes on with the caller on its executor.
template <class Work>
Task<std::invoke_result_t<Work&>> on_worker(RocksBlobs::Parts& parts, Work work)
{
    std::optional<std::invoke_result_t<Work&>> result;
    Waiter waiter;
    auto start = [&] {
        parts.worker.post(
            [&result, &work, executor = parts.executor, wakeup = Wakeup(waiter)]() mutable {
                result.emplace(work());
                boost::asio::post(executor, std::move(wakeup));
            });
    };
    co_await waiter.wait(start);
    co_return std::move(*result);
}

} // namespace

/// States 1 to 5 of a large body, docs/store.md.
class RocksBlobs::Sink final : public BlobSink {
public:
    Sink(Parts& parts, BlobId id, PartitionId owner)
        : parts_(parts),
          id_(id),
          owner_(std::move(owner)),
          writer_(id)
    {
    }
    ~Sink() override
    {
        if (named_ || !created_)
            return;
        // Files and path by value: the sink is gone when the job runs.
        parts_.worker.post([files = parts_.files, path = new_body_path(parts_.data_dir, id_),
                            file = std::move(file_)]() mutable {
            file.reset();
            (void)files->remove(path);
        });
    }

    FileResult<> create()
    {
        const auto free = parts_.files->free_bytes(parts_.data_dir);
        if (free && *free < parts_.min_free_bytes)
            return std::unexpected(FileError{ENOSPC});
        auto file = parts_.files->create(new_body_path(parts_.data_dir, id_));
        if (!file)
            return std::unexpected(file.error());
        file_ = std::move(*file);
        created_ = true;
        return {};
    }

    Task<Result<void>> write(std::string bytes) override
    {
        if (failed_)
            co_return std::unexpected(*failed_);
        pending_ += writer_.take(std::move(bytes));
        if (pending_.size() < most_pending)
            co_return Result<void>();
        co_return noted(co_await on_worker(parts_, [this] { return append(); }));
    }

    Task<Result<void>> seal() override
    {
        if (failed_)
            co_return std::unexpected(*failed_);
        pending_ += writer_.finish();
        // State 2: whole and synced under its temporary name.
        const auto synced = noted(co_await on_worker(parts_, [this]() -> FileResult<> {
            if (auto appended = append(); !appended)
                return appended;
            return file_->sync();
        }));
        if (!synced)
            co_return synced;
        // State 3: known, so that no file ever has its final name without a record.
        Request request{Request::Register{id_, owner_, writer_.size()}};
        auto submit = [&] { parts_.committer.submit(request); };
        co_await request.waiter.wait(submit);
        if (!request.result) {
            failed_ = request.result.error();
            co_return std::unexpected(*failed_);
        }
        // States 4 and 5.
        co_return noted(co_await on_worker(parts_, [this] { return give_name(); }));
    }

private:
    Result<void> noted(FileResult<> done)
    {
        if (done)
            return {};
        failed_ = write_error(done.error());
        return std::unexpected(*failed_);
    }
    FileResult<> append()
    {
        const std::string bytes = std::exchange(pending_, {});
        return bytes.empty() ? FileResult<>() : file_->append(bytes);
    }
    FileResult<> give_name()
    {
        Files& files = *parts_.files;
        file_.reset();
        const std::string directory = body_directory(parts_.data_dir, id_);
        auto renamed =
            files.rename(new_body_path(parts_.data_dir, id_), body_path(parts_.data_dir, id_));
        if (!renamed)
            return renamed;
        named_ = true;
        return files.sync_directory(directory);
    }

    Parts& parts_;
    BlobId id_;
    PartitionId owner_;
    BodyWriter writer_;
    std::string pending_;
    std::unique_ptr<Files::Writable> file_;
    std::optional<Error> failed_;
    bool created_ = false, named_ = false;
};

BlobId RocksBlobs::new_id()
{
    return {incarnation_, ++sequence_};
}

Task<Result<std::unique_ptr<BlobSink>>> RocksBlobs::create(BlobId id, PartitionId owner)
{
    if (!within_limits(owner))
        co_return std::unexpected(Error::too_large);
    auto sink = std::make_unique<Sink>(parts_, id, std::move(owner));
    const auto created = co_await on_worker(parts_, [&sink] { return sink->create(); });
    if (!created)
        co_return std::unexpected(created.error().code == EEXIST ? Error::exists
                                                                 : write_error(created.error()));
    co_return std::move(sink);
}

Task<Result<std::uint64_t>> RocksBlobs::size(BlobId id)
{
    const auto known = find_record(parts_.database, rdb::ReadOptions(), id);
    if (!known)
        co_return std::unexpected(known.error());
    co_return known->bytes;
}

Task<Result<std::string>> RocksBlobs::read(BlobId id, std::uint64_t offset, std::size_t length)
{
    co_return read_blob({parts_.database, *parts_.files, parts_.data_dir}, rdb::ReadOptions(),
                        {id, offset, length});
}

Task<Result<void>> RocksBlobs::remove(BlobId id)
{
    const auto known = find_record(parts_.database, rdb::ReadOptions(), id);
    if (!known && known.error() == Error::not_found)
        co_return Result<void>();
    if (known && known->place == BlobRecord::Place::file) {
        const auto removed = co_await on_worker(
            parts_, [&] { return parts_.held->remove(*parts_.files, parts_.data_dir, id); });
        if (!removed)
            co_return std::unexpected(Error::unavailable);
    }
    Request request{Request::Forget{id}};
    auto submit = [&] { parts_.committer.submit(request); };
    co_await request.waiter.wait(submit);
    if (!request.result)
        co_return std::unexpected(request.result.error());
    co_return Result<void>();
}

Task<Result<std::vector<Blobs::Listed>>> RocksBlobs::list(BlobId after, std::size_t limit)
{
    co_return list_blobs(parts_.database, rdb::ReadOptions(), after, limit);
}

Task<Result<void>> RocksBlobs::skip_ids(BlobId past)
{
    if (past.incarnation < incarnation_)
        co_return Result<void>();
    const auto skipped = co_await on_worker(parts_, [&]() -> std::optional<Error> {
        rdb::WriteOptions synced;
        synced.sync = true;
        const rdb::Status status = parts_.database.db->Put(
            synced, parts_.database.rows, incarnation_key, encode_number(past.incarnation + 1));
        if (status.ok())
            return std::nullopt;
        return is_full(status) ? Error::no_space : Error::unavailable;
    });
    if (skipped)
        co_return std::unexpected(*skipped);
    incarnation_ = past.incarnation + 1;
    co_return Result<void>();
}

} // namespace posthouse::store::rocksdb
