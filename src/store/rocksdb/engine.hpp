// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

/// The embedded engine: one process, one directory.
///
///     format      the version of this layout
///     lock        held, and holds the process id, while the store is open
///     rows/       RocksDB: rows, versions, and bodies up to Limits::small_blob
///     bodies/xx/  larger bodies, a file each (docs/store.md)
///     bodies/new/ larger bodies on their way in; emptied by open()
namespace posthouse::store::rocksdb {

struct OpenFailure {
    enum class Kind : std::uint8_t { locked, newer_version, corrupt, unwritable, no_space, other };
    Kind kind = Kind::other;
    std::string text; // one sentence
};

/// What to do with a store that is damaged. no: refuse to open over a write-ahead log that is
/// damaged before its end, and take no more commits (Error::fenced) once a compaction has met a
/// damaged table. yes: go on with what can be read, and compact nothing.
enum class Salvage : std::uint8_t { no, yes };

struct Environment; // store/rocksdb/environment.hpp: files of a test's own

struct OpenOptions {
    /// Completions and hints run here. Operations must be awaited by coroutines of this executor.
    boost::asio::any_io_executor executor;
    std::string data_dir;
    Salvage salvage = Salvage::no;
    /// With less than this free, commits that add bodies get Error::no_space, so that there is
    /// room left for those that free some.
    std::uint64_t min_free_bytes = 128u << 20;
    std::uint64_t body_memtable_bytes = 256u << 20;
    std::uint64_t row_memtable_bytes = 64u << 20;
    std::uint64_t cache_bytes = 128u << 20;
    std::uint64_t max_wal_bytes = 1u << 30;
    std::shared_ptr<Environment> environment; // null: the system's
};

/// Our own threads start here and none later; RocksDB starts most of its own here, and one more to
/// recover from a full disk. Afterwards files are opened only below data_dir.
std::expected<std::unique_ptr<Engine>, OpenFailure> open(OpenOptions);

} // namespace posthouse::store::rocksdb
