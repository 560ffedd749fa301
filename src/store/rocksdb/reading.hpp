// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"
#include "store/rocksdb/database.hpp"
#include "store/rocksdb/files.hpp"
#include "store/rocksdb/keys.hpp"

/// What both the store of this moment and a snapshot of it are read with. All may run on any
/// thread.
namespace posthouse::store::rocksdb {

struct RowScan {
    const PartitionId& partition;
    const std::string &prefix, &after;
    std::size_t rows;
    std::size_t bytes = ~std::size_t{0};
};
/// The options' snapshot is what version and rows are both read at.
Result<Page> scan_rows(const Database&, ::rocksdb::ReadOptions, const RowScan&);

Result<std::vector<PartitionId>> list_partitions(const Database&, ::rocksdb::ReadOptions,
                                                 const std::string& prefix,
                                                 const std::string& after, std::size_t limit);

Result<std::vector<Blobs::Listed>> list_blobs(const Database&, ::rocksdb::ReadOptions, BlobId after,
                                              std::size_t limit);
Result<BlobRecord> find_record(const Database&, const ::rocksdb::ReadOptions&, BlobId);

/// Where bodies are read.
struct BodyPlace {
    const Database& database;
    Files& files;
    const std::string& data_dir;
};
struct BlobSlice {
    BlobId id;
    std::uint64_t offset;
    std::size_t length;
};
Result<std::string> read_blob(const BodyPlace&, const ::rocksdb::ReadOptions&, const BlobSlice&);

} // namespace posthouse::store::rocksdb
