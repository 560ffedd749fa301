// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/files.hpp"

#include <memory>
#include <rocksdb/file_system.h>

namespace posthouse::store::rocksdb {

/// The outside world of the engine, for tests. Both see the same paths.
struct Environment {
    std::shared_ptr<::rocksdb::FileSystem> database;
    std::shared_ptr<Files> files;
};

} // namespace posthouse::store::rocksdb
