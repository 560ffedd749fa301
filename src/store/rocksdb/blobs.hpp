// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/committer.hpp"
#include "store/rocksdb/held_bodies.hpp"
#include "store/rocksdb/keys.hpp"
#include "store/rocksdb/worker.hpp"

#include <atomic>

namespace posthouse::store::rocksdb {

/// Bodies: small ones in RocksDB, large ones in files of their own.
class RocksBlobs final : public Blobs {
public:
    struct Parts {
        Database& database;
        Committer& committer;
        Worker& worker;
        std::shared_ptr<Files> files;
        std::shared_ptr<HeldBodies> held;
        boost::asio::any_io_executor executor;
        std::string data_dir;
        std::uint64_t min_free_bytes = 0;
    };
    RocksBlobs(Parts parts, std::uint64_t incarnation)
        : parts_(std::move(parts)),
          incarnation_(incarnation)
    {
    }

    BlobId new_id() override;
    Task<Result<std::unique_ptr<BlobSink>>> create(BlobId, PartitionId owner) override;
    Task<Result<std::uint64_t>> size(BlobId) override;
    Task<Result<std::string>> read(BlobId, std::uint64_t offset, std::size_t length) override;
    Task<Result<void>> remove(BlobId) override;
    Task<Result<std::vector<Listed>>> list(BlobId after, std::size_t limit) override;
    Task<Result<void>> skip_ids(BlobId past) override;

private:
    class Sink;

    Parts parts_;
    std::atomic<std::uint64_t> incarnation_;
    std::atomic<std::uint64_t> sequence_ = 0;
};

} // namespace posthouse::store::rocksdb
