// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/engine.hpp"
#include "store/rocksdb/files.hpp"

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
    /// What RocksDB's last background error left it able to do.
    enum class Health : std::uint8_t {
        running,
        full,     // takes no writes for want of room, until Resume() succeeds
        stopped,  // takes no writes, until Resume() succeeds
        finished, // takes no writes until it is opened again
    };
    std::shared_ptr<std::atomic<Health>> health =
        std::make_shared<std::atomic<Health>>(Health::running);

    Database() = default;
    Database(const Database&) = delete;
    ~Database();
};

std::expected<std::unique_ptr<Database>, OpenFailure> open_database(const OpenOptions&, Files&);

/// What a failed read means to a caller. (Not found is not a failure here.)
Error read_error(const ::rocksdb::Status&);
bool is_full(const ::rocksdb::Status&);

} // namespace posthouse::store::rocksdb
