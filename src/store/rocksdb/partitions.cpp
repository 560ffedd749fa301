// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/partitions.hpp"

#include "store/bounds.hpp"
#include "store/rocksdb/keys.hpp"
#include "store/rocksdb/reading.hpp"

#include <algorithm>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

namespace {

Result<Version> parse_version(std::string_view value)
{
    const auto number = decode_number(value);
    if (!number)
        return std::unexpected(Error::corrupt);
    return Version(*number);
}

} // namespace

Task<Result<Version>> RocksPartitions::commit(Commit commit)
{
    if (!within_limits(commit))
        co_return std::unexpected(Error::too_large);
    Request request{std::move(commit)};
    auto submit = [&] { committer_.submit(request); };
    co_await request.waiter.wait(submit);
    co_return request.result;
}

Task<Result<void>> RocksPartitions::drop(PartitionId partition, Version expect)
{
    if (!within_limits(partition))
        co_return std::unexpected(Error::too_large);
    Request request{Request::Drop{std::move(partition), expect}};
    auto submit = [&] { committer_.submit(request); };
    co_await request.waiter.wait(submit);
    if (!request.result)
        co_return std::unexpected(request.result.error());
    co_return Result<void>();
}

Task<Result<Page>> RocksPartitions::read(PartitionId partition, std::vector<std::string> keys)
{
    if (!within_limits(partition) || keys.size() > Limits::page_rows)
        co_return std::unexpected(Error::too_large);
    co_return read_now(partition, keys);
}

Result<Page> RocksPartitions::read_now(const PartitionId& partition,
                                       std::vector<std::string>& keys) const
{
    // One MultiGet of one column family sees one state: the version is that of the rows.
    std::vector<std::string> whole;
    whole.reserve(keys.size() + 1);
    whole.push_back(version_key(partition.name));
    for (const std::string& key : keys)
        whole.push_back(row_key(partition.name, key));
    const std::vector<rdb::Slice> slices(whole.begin(), whole.end());
    std::vector<rdb::PinnableSlice> values(slices.size());
    std::vector<rdb::Status> statuses(slices.size());
    database_.db->MultiGet(rdb::ReadOptions(), database_.rows, slices.size(), slices.data(),
                           values.data(), statuses.data());
    Page page;
    for (std::size_t i = 0; i < slices.size(); ++i) {
        if (statuses[i].IsNotFound())
            continue;
        if (!statuses[i].ok())
            return std::unexpected(read_error(statuses[i]));
        if (i == 0) {
            const auto version = parse_version(values[0].ToStringView());
            if (!version)
                return std::unexpected(version.error());
            page.at = *version;
        } else {
            page.rows.push_back({std::move(keys[i - 1]), values[i].ToString()});
        }
    }
    return page;
}

Task<Result<Page>> RocksPartitions::scan(PartitionId partition, std::string prefix,
                                         std::string after, std::size_t limit)
{
    if (!within_limits(partition) || prefix.size() > Limits::key || after.size() > Limits::key)
        co_return std::unexpected(Error::too_large);
    co_return scan_now(partition, prefix, after, std::min(limit, Limits::page_rows));
}

Result<Page> RocksPartitions::scan_now(const PartitionId& partition, const std::string& prefix,
                                       const std::string& after, std::size_t limit) const
{
    // One snapshot for the version and the rows.
    rdb::ManagedSnapshot snapshot(database_.db.get());
    rdb::ReadOptions options;
    options.snapshot = snapshot.snapshot();
    return scan_rows(database_, options, {partition, prefix, after, limit});
}

Task<Result<Version>> RocksPartitions::version(PartitionId partition)
{
    rdb::PinnableSlice value;
    const rdb::Status status =
        database_.db->Get(rdb::ReadOptions(), database_.rows, version_key(partition.name), &value);
    if (status.IsNotFound())
        co_return Version::none;
    if (!status.ok())
        co_return std::unexpected(read_error(status));
    co_return parse_version(value.ToStringView());
}

Task<Result<std::vector<PartitionId>>> RocksPartitions::list(std::string prefix, std::string after,
                                                             std::size_t limit)
{
    co_return list_partitions(database_, rdb::ReadOptions(), prefix, after, limit);
}

} // namespace posthouse::store::rocksdb
