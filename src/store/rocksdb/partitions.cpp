// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/partitions.hpp"

#include "store/bounds.hpp"
#include "store/rocksdb/keys.hpp"

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
    rdb::ReadOptions bounded;
    bounded.snapshot = snapshot.snapshot();
    Page page;
    rdb::PinnableSlice stored;
    const rdb::Status found =
        database_.db->Get(bounded, database_.rows, version_key(partition.name), &stored);
    if (found.IsNotFound())
        return page;
    if (!found.ok())
        return std::unexpected(read_error(found));
    const auto version = parse_version(stored.ToStringView());
    if (!version)
        return std::unexpected(version.error());
    page.at = *version;

    const std::string end = after_prefix(row_key(partition.name, prefix));
    const rdb::Slice bound(end);
    bounded.iterate_upper_bound = &bound;
    const std::unique_ptr<rdb::Iterator> it(database_.db->NewIterator(bounded, database_.rows));
    const std::string start = scan_start(prefix);
    const bool from_start = after < start;
    const std::string seek = row_key(partition.name, from_start ? start : after);
    it->Seek(seek);
    if (!from_start && it->Valid() && it->key() == rdb::Slice(seek))
        it->Next();
    const std::size_t head = 2 + partition.name.size();
    for (; it->Valid(); it->Next()) {
        if (page.rows.size() == limit) {
            page.more = true;
            break;
        }
        rdb::Slice key = it->key();
        key.remove_prefix(head);
        page.rows.push_back({key.ToString(), it->value().ToString()});
    }
    if (!it->status().ok())
        return std::unexpected(read_error(it->status()));
    return page;
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
    const std::string begin = version_key(after < prefix ? prefix : after);
    const std::string end = after_prefix(version_key(prefix));
    const rdb::Slice bound(end);
    rdb::ReadOptions bounded;
    bounded.iterate_upper_bound = &bound;
    std::vector<PartitionId> names;
    limit = std::min(limit, Limits::page_rows);
    const std::unique_ptr<rdb::Iterator> it(database_.db->NewIterator(bounded, database_.rows));
    for (it->Seek(begin); it->Valid() && names.size() < limit; it->Next()) {
        std::string name = it->key().ToString().substr(1);
        if (name != after)
            names.push_back({std::move(name)});
    }
    if (!it->status().ok())
        co_return std::unexpected(read_error(it->status()));
    co_return names;
}

} // namespace posthouse::store::rocksdb
