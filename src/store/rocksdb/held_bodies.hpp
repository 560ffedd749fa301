// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/files.hpp"
#include "store/types.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace posthouse::store::rocksdb {

/// Large bodies that were dropped while a snapshot may still show them. Their files move to
/// bodies/new, whose content goes with the last snapshot, or when the store is opened: so a crash
/// leaves nothing of them. docs/store.md, L7h.
class HeldBodies {
public:
    /// Before the snapshot is taken, from any thread.
    void hold() { ++holders_; }
    /// After it went; on the worker's thread, as all below.
    void release(Files&, const std::string& data_dir);
    /// Durable; it being gone already is success.
    FileResult<> remove(Files&, const std::string& data_dir, BlobId);

private:
    std::atomic<int> holders_ = 0;
    std::vector<BlobId> held_;
};

} // namespace posthouse::store::rocksdb
