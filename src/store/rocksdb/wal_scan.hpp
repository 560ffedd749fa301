// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/files.hpp"

#include <optional>

namespace posthouse::store::rocksdb {

/// What a look at RocksDB's write-ahead logs found, before RocksDB opens them.
///
/// None of its recovery modes is what is wanted here: one that accepts a torn end either accepts
/// damage before it too (and silently forgets what follows), or refuses an end that a power cut
/// has left in pieces. The committer begins a record only when the one before it is synced; so
/// an end that holds no further *beginning* of a record was never acknowledged, and anything
/// that cannot be read before such a beginning was.
struct WalScan {
    struct Damage {
        std::string path;
        std::uint64_t offset = 0;        // of the first byte that cannot be read
        std::uint64_t records_after = 0; // that can be read
    };
    bool torn = false;            // an end that is to be dropped
    std::optional<Damage> damage; // acknowledged records that are lost
};

FileResult<WalScan> scan_wal(Files&, const std::string& directory);

} // namespace posthouse::store::rocksdb
