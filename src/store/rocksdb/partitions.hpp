// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/committer.hpp"

namespace posthouse::store::rocksdb {

/// Writes go through the committer. Reads run here and now, on the caller's thread: nearly all
/// are answered from memtables and the block cache in a few microseconds, less than handing them
/// to another thread and back would cost; one that does go to the disk delays its executor by
/// that one read.
class RocksPartitions final : public Partitions {
public:
    RocksPartitions(Database& database, Committer& committer)
        : database_(database),
          committer_(committer)
    {
    }

    Task<Result<Version>> commit(Commit) override;
    Task<Result<Page>> read(PartitionId, std::vector<std::string> keys) override;
    Task<Result<Page>> scan(PartitionId, std::string prefix, std::string after,
                            std::size_t limit) override;
    Task<Result<Version>> version(PartitionId) override;
    Task<Result<void>> drop(PartitionId, Version expect) override;
    Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                std::size_t limit) override;

private:
    Result<Page> read_now(const PartitionId&, std::vector<std::string>& keys) const;
    Result<Page> scan_now(const PartitionId&, const std::string& prefix, const std::string& after,
                          std::size_t limit) const;

    Database& database_;
    Committer& committer_;
};

} // namespace posthouse::store::rocksdb
