// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/reading.hpp"

#include "store/bounds.hpp"
#include "store/rocksdb/body_file.hpp"

#include <algorithm>
#include <cerrno>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

Result<Page> scan_rows(const Database& database, rdb::ReadOptions options, const RowScan& scan)
{
    Page page;
    rdb::PinnableSlice stored;
    const rdb::Status found =
        database.db->Get(options, database.rows, version_key(scan.partition.name), &stored);
    if (found.IsNotFound())
        return page;
    if (!found.ok())
        return std::unexpected(read_error(found));
    const auto version = decode_number(stored.ToStringView());
    if (!version)
        return std::unexpected(Error::corrupt);
    page.at = Version(*version);

    const std::string end = after_prefix(row_key(scan.partition.name, scan.prefix));
    const rdb::Slice bound(end);
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rdb::Iterator> it(database.db->NewIterator(options, database.rows));
    const std::string start = scan_start(scan.prefix);
    const bool from_start = scan.after < start;
    const std::string seek = row_key(scan.partition.name, from_start ? start : scan.after);
    it->Seek(seek);
    if (!from_start && it->Valid() && it->key() == rdb::Slice(seek))
        it->Next();
    const std::size_t head = 2 + scan.partition.name.size();
    const std::size_t limit = std::min(scan.rows, Limits::page_rows);
    std::size_t bytes = 0;
    for (; it->Valid(); it->Next()) {
        if (page.rows.size() == limit || bytes >= scan.bytes) {
            page.more = true;
            break;
        }
        rdb::Slice key = it->key();
        key.remove_prefix(head);
        bytes += key.size() + it->value().size();
        page.rows.push_back({key.ToString(), it->value().ToString()});
    }
    if (!it->status().ok())
        return std::unexpected(read_error(it->status()));
    return page;
}

Result<std::vector<PartitionId>> list_partitions(const Database& database, rdb::ReadOptions options,
                                                 const std::string& prefix,
                                                 const std::string& after, std::size_t limit)
{
    const std::string begin = version_key(after < prefix ? prefix : after);
    const std::string end = after_prefix(version_key(prefix));
    const rdb::Slice bound(end);
    options.iterate_upper_bound = &bound;
    std::vector<PartitionId> names;
    limit = std::min(limit, Limits::page_rows);
    const std::unique_ptr<rdb::Iterator> it(database.db->NewIterator(options, database.rows));
    for (it->Seek(begin); it->Valid() && names.size() < limit; it->Next()) {
        std::string name = it->key().ToString().substr(1);
        if (name != after)
            names.push_back({std::move(name)});
    }
    if (!it->status().ok())
        return std::unexpected(read_error(it->status()));
    return names;
}

Result<std::vector<Blobs::Listed>> list_blobs(const Database& database, rdb::ReadOptions options,
                                              BlobId after, std::size_t limit)
{
    std::vector<Blobs::Listed> listed;
    limit = std::min(limit, Limits::page_rows);
    const std::string end("c");
    const rdb::Slice bound(end);
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rdb::Iterator> it(database.db->NewIterator(options, database.rows));
    for (it->Seek(blob_key(after)); it->Valid() && listed.size() < limit; it->Next()) {
        const auto id = BlobId::from_bytes(it->key().ToStringView().substr(1));
        auto known = BlobRecord::decode(it->value().ToStringView());
        if (!id || !known)
            return std::unexpected(Error::corrupt);
        if (*id > after)
            listed.push_back({*id, {std::move(known->owner)}, known->bytes});
    }
    if (!it->status().ok())
        return std::unexpected(read_error(it->status()));
    return listed;
}

Result<BlobRecord> find_record(const Database& database, const rdb::ReadOptions& options, BlobId id)
{
    rdb::PinnableSlice value;
    const rdb::Status status = database.db->Get(options, database.rows, blob_key(id), &value);
    if (status.IsNotFound())
        return std::unexpected(Error::not_found);
    if (!status.ok())
        return std::unexpected(read_error(status));
    auto record = BlobRecord::decode(value.ToStringView());
    if (!record)
        return std::unexpected(Error::corrupt);
    return std::move(*record);
}

Result<std::string> read_blob(const BodyPlace& from, const rdb::ReadOptions& options,
                              const BlobSlice& slice)
{
    rdb::PinnableSlice value;
    const rdb::Status status =
        from.database.db->Get(options, from.database.bodies, slice.id.bytes(), &value);
    if (status.ok()) {
        if (slice.offset >= value.size())
            return std::string();
        return std::string(value.ToStringView().substr(slice.offset, slice.length));
    }
    if (!status.IsNotFound())
        return std::unexpected(read_error(status));
    const auto known = find_record(from.database, options, slice.id);
    if (!known)
        return std::unexpected(known.error());
    if (known->place == BlobRecord::Place::row)
        return std::unexpected(Error::corrupt); // A record without its bytes.
    auto file = from.files.open(body_path(from.data_dir, slice.id));
    if (!file && file.error().code == ENOENT && options.snapshot != nullptr)
        file = from.files.open(new_body_path(from.data_dir, slice.id)); // Held back: L7h.
    if (!file)
        return std::unexpected(file.error().code == ENOENT ? Error::not_found : Error::unavailable);
    return read_body(**file, {slice.id, known->bytes, slice.offset, slice.length});
}

} // namespace posthouse::store::rocksdb
