// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/engine.hpp"

#include <atomic>
#include <memory>
#include <rocksdb/db.h>

namespace posthouse::store::rocksdb {

/// The open RocksDB, closed when it goes. Safe to use from several threads.
struct Database {
    std::unique_ptr<::rocksdb::Env> env; // null: the default one
    std::unique_ptr<::rocksdb::DB> db;
    ::rocksdb::ColumnFamilyHandle* rows = nullptr;
    ::rocksdb::ColumnFamilyHandle* bodies = nullptr;
    /// RocksDB takes no writes since a background error, until Resume() succeeds.
    std::shared_ptr<std::atomic<bool>> stopped = std::make_shared<std::atomic<bool>>(false);

    Database() = default;
    Database(const Database&) = delete;
    ~Database();
};

std::expected<std::unique_ptr<Database>, OpenFailure> open_database(const OpenOptions&);

/// What a failed read means to a caller. (Not found is not a failure here.)
Error read_error(const ::rocksdb::Status&);
bool is_full(const ::rocksdb::Status&);

} // namespace posthouse::store::rocksdb
