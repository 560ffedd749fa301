// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"
#include "store/rocksdb/database.hpp"
#include "store/rocksdb/held_bodies.hpp"
#include "store/rocksdb/worker.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace posthouse::store::rocksdb {

/// Reads on a thread of its own, past the block cache: a backup meets every block of the store, and
/// neither delays the executor nor throws out what is in use.
class RocksSnapshot final : public Snapshot {
public:
    struct Parts {
        Database& database;
        Worker& reader;       // the snapshots' own
        Worker& body_remover; // the one that removes large bodies
        std::shared_ptr<Files> files;
        std::shared_ptr<HeldBodies> held;
        boost::asio::any_io_executor executor;
        std::string data_dir;
    };
    explicit RocksSnapshot(Parts);
    ~RocksSnapshot() override;

    Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                std::size_t limit) override;
    Task<Result<Page>> scan(PartitionId, std::string prefix, std::string after,
                            std::size_t limit) override;
    Task<Result<std::vector<Blobs::Listed>>> list_blobs(BlobId after, std::size_t limit) override;
    Task<Result<std::string>> read_blob(BlobId, std::uint64_t offset, std::size_t length) override;

private:
    struct Held;
    std::shared_ptr<Held> held_; // reads under way keep it
};

} // namespace posthouse::store::rocksdb
