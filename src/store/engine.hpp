// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <functional>
#include <memory>
#include <span>

namespace posthouse::store {

/// Ordered maps of bytes to bytes with atomic, durable commits.
class Partitions {
public:
    virtual ~Partitions() = default;

    /// Ok: durable. Returns the partition's new version. Commits of one partition are applied in
    /// the order in which they were first awaited. Blobs are all checked before: one that is there
    /// already refuses the commit.
    virtual Task<Result<Version>> commit(Commit) = 0;

    /// Absent keys are left out of the page; present ones come in the order asked for.
    virtual Task<Result<Page>> read(PartitionId, std::vector<std::string> keys) = 0;

    /// Keys that begin with a zero byte are for what is written above every engine, as Writer is:
    /// a scan with an empty prefix leaves them out.
    /// Rows whose keys start with `prefix` and sort after `after` (exclusive; "" for the start),
    /// ascending, at most min(limit, Limits::page_rows).
    virtual Task<Result<Page>> scan(PartitionId, std::string prefix, std::string after,
                                    std::size_t limit) = 0;

    virtual Task<Result<Version>> version(PartitionId) = 0;

    /// Removes the whole partition, durable on return. Its blobs are left to the sweep.
    virtual Task<Result<void>> drop(PartitionId, Version expect) = 0;

    /// Names of existing partitions that start with `prefix`, after `after`, ascending.
    virtual Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                        std::size_t limit) = 0;
};

/// A large body on its way in. Destroyed unsealed, it leaves no trace.
class BlobSink {
public:
    virtual ~BlobSink() = default;
    virtual Task<Result<void>> write(std::string bytes) = 0;
    /// Durable and readable from here on.
    virtual Task<Result<void>> seal() = 0;
};

/// Immutable bodies. Small ones are written by Commit::blobs.
class Blobs {
public:
    virtual ~Blobs() = default;

    /// A name no blob of this store has had or will have.
    virtual BlobId new_id() = 0;

    /// `owner` is the partition whose row will name the blob; the sweep looks there.
    virtual Task<Result<std::unique_ptr<BlobSink>>> create(BlobId, PartitionId owner) = 0;

    virtual Task<Result<std::uint64_t>> size(BlobId) = 0;
    /// At most `length` bytes from `offset`; shorter only at the end. Checksums are verified.
    virtual Task<Result<std::string>> read(BlobId, std::uint64_t offset, std::size_t length) = 0;
    /// Removing an absent blob succeeds.
    virtual Task<Result<void>> remove(BlobId) = 0;

    struct Listed {
        BlobId id;
        PartitionId owner;
        std::uint64_t bytes = 0;
    };
    /// For the sweep: blobs after `after`, ascending. Those of this incarnation may be on their
    /// way.
    virtual Task<Result<std::vector<Listed>>> list(BlobId after, std::size_t limit) = 0;

    /// From here on new_id() gives ids behind this one, durably: what a restored store needs.
    virtual Task<Result<void>> skip_ids(BlobId past) = 0;
};

/// What the store was at one moment, all partitions and bodies together: after some commits of
/// each, and before the others. What it shows stays readable, whatever is dropped meanwhile, until
/// it is destroyed; the engine must outlive it. Reading it delays nobody's commits: where an engine
/// has threads, it is done on one of its own.
class Snapshot {
public:
    virtual ~Snapshot() = default;

    /// As those of Partitions and Blobs. A page of rows also ends, with more to come, when it has
    /// page_bytes or more.
    static constexpr std::size_t page_bytes = 256 * 1024;
    virtual Task<Result<std::vector<PartitionId>>> list(std::string prefix, std::string after,
                                                        std::size_t limit) = 0;
    virtual Task<Result<Page>> scan(PartitionId, std::string prefix, std::string after,
                                    std::size_t limit) = 0;
    virtual Task<Result<std::vector<Blobs::Listed>>> list_blobs(BlobId after,
                                                                std::size_t limit) = 0;
    virtual Task<Result<std::string>> read_blob(BlobId, std::uint64_t offset,
                                                std::size_t length) = 0;
};

/// "This partition changed": may be lost, doubled or late. After subscribe() returns read the
/// partition once; after a hint read it again.
class Hints {
public:
    using Listener = std::function<void(const PartitionId&, const std::string& payload)>;
    class Subscription {
    public:
        virtual ~Subscription() = default; // unsubscribes
    };

    virtual ~Hints() = default;
    /// The listener is called on the executor that commits complete on.
    virtual std::unique_ptr<Subscription> subscribe(PartitionId, Listener) = 0;
};

class Engine {
public:
    virtual ~Engine() = default; // Waits for commits under way.
    virtual Partitions& partitions() = 0;
    virtual Blobs& blobs() = 0;
    virtual Hints& hints() = 0;
    /// unavailable: this engine has none.
    virtual Task<Result<std::unique_ptr<Snapshot>>> snapshot()
    {
        co_return std::unexpected(Error::unavailable);
    }
    /// True: a commit that ends with Error::unknown is followed by Error::fenced until the store
    /// is opened anew, so that nobody has to find out what became of it while it is open.
    virtual bool fences_unknown_outcomes() const { return false; }
};

} // namespace posthouse::store
