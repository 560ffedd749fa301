// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace posthouse::store::rocksdb {

/// Called where RocksDB is opened, so that the linker takes fast_checksum.cpp before it comes to
/// librocksdb.a.
void use_fast_checksum();

} // namespace posthouse::store::rocksdb
