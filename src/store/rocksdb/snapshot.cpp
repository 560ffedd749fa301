// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/snapshot.hpp"

#include "store/bounds.hpp"
#include "store/rocksdb/reading.hpp"
#include "store/waiter.hpp"

#include <boost/asio/post.hpp>
#include <optional>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

struct RocksSnapshot::Held {
    Parts parts;
    const rdb::Snapshot* snapshot = nullptr;

    explicit Held(Parts p) : parts(std::move(p))
    {
        parts.held->hold(); // First: what is dropped behind the snapshot is held from here on.
        snapshot = parts.database.db->GetSnapshot();
    }
    ~Held()
    {
        parts.database.db->ReleaseSnapshot(snapshot);
        parts.body_remover.post([held = parts.held, files = parts.files, dir = parts.data_dir] {
            held->release(*files, dir);
        });
    }
    Held(const Held&) = delete;

    rdb::ReadOptions options() const
    {
        rdb::ReadOptions options;
        options.snapshot = snapshot;
        options.fill_cache = false;
        return options;
    }
    /// Runs `work` on the reader and goes on with the caller on its executor.
    template <class Work>
    static Task<std::invoke_result_t<Work&>> on_reader(std::shared_ptr<Held> self, Work work)
    {
        std::optional<std::invoke_result_t<Work&>> result;
        Waiter waiter;
        auto start = [&] {
            self->parts.reader.post([&result, &work, executor = self->parts.executor,
                                     wakeup = Wakeup(waiter)]() mutable {
                result.emplace(work());
                boost::asio::post(executor, std::move(wakeup));
            });
        };
        co_await waiter.wait(start);
        co_return std::move(*result);
    }
};

RocksSnapshot::RocksSnapshot(Parts parts) : held_(std::make_shared<Held>(std::move(parts))) {}
RocksSnapshot::~RocksSnapshot() = default;

Task<Result<std::vector<PartitionId>>> RocksSnapshot::list(std::string prefix, std::string after,
                                                           std::size_t limit)
{
    const auto held = held_;
    co_return co_await Held::on_reader(held, [&] {
        return list_partitions(held->parts.database, held->options(), prefix, after, limit);
    });
}

Task<Result<Page>> RocksSnapshot::scan(PartitionId partition, std::string prefix, std::string after,
                                       std::size_t limit)
{
    const auto held = held_;
    if (!within_limits(partition) || prefix.size() > Limits::key || after.size() > Limits::key)
        co_return std::unexpected(Error::too_large);
    co_return co_await Held::on_reader(held, [&] {
        return scan_rows(held->parts.database, held->options(),
                         {partition, prefix, after, limit, page_bytes});
    });
}

Task<Result<std::vector<Blobs::Listed>>> RocksSnapshot::list_blobs(BlobId after, std::size_t limit)
{
    const auto held = held_;
    co_return co_await Held::on_reader(held, [&] {
        return rocksdb::list_blobs(held->parts.database, held->options(), after, limit);
    });
}

Task<Result<std::string>> RocksSnapshot::read_blob(BlobId id, std::uint64_t offset,
                                                   std::size_t length)
{
    const auto held = held_;
    co_return co_await Held::on_reader(held, [&] {
        const auto& parts = held->parts;
        return rocksdb::read_blob({parts.database, *parts.files, parts.data_dir}, held->options(),
                                  {id, offset, length});
    });
}

} // namespace posthouse::store::rocksdb
