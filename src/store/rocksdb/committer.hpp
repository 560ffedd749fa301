// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/hint_table.hpp"
#include "store/rocksdb/database.hpp"
#include "store/rocksdb/files.hpp"
#include "store/rocksdb/version_cache.hpp"
#include "store/waiter.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>

namespace posthouse::store::rocksdb {

/// Something to be written, and the coroutine that waits for it. Stands in that coroutine's frame.
struct Request {
    struct Drop {
        PartitionId partition;
        Version expect;
    };
    struct Register { // a large blob, before its file gets its name
        BlobId id;
        PartitionId owner;
        std::uint64_t bytes;
    };
    struct Forget { // a blob; its file, if it had one, is gone
        BlobId id;
    };

    template <class What>
    explicit Request(What w) : what(std::move(w))
    {
    }

    std::variant<Commit, Drop, Register, Forget> what;
    Result<Version> result = std::unexpected(Error::unavailable);
    Waiter waiter;
    Request* next = nullptr;
    bool detached = false; // Nobody waits: on the heap, and deleted when it is done.
};

/// One thread that takes whatever waits, of all partitions, checks the expected versions in order,
/// writes it all as one synced batch, and wakes all that waited by one post to the executor. While
/// one batch is synced the next gathers.
class Committer {
public:
    struct Parts {
        Database& database;
        Files& files;
        std::shared_ptr<HintTable> hints;
        /// Called on the committer's thread with large blobs whose last name has gone.
        std::function<void(std::vector<BlobId>)> remove_files;
    };
    Committer(const OpenOptions&, Parts, Version floor);
    ~Committer(); // Writes what waits first.
    Committer(const Committer&) = delete;

    /// From any thread. The request stays where it is until its waiter is resumed.
    void submit(Request&);

private:
    struct Round;
    class Completion;

    void run();
    Request* gather(Request*& backlog);
    void perform(Request* first);
    void prepare(Request&, Round&);
    Result<Version> prepare(Commit&, Round&);
    Result<Version> prepare(const Request::Drop&, Round&);
    Result<Version> prepare(const Request::Register&, Round&);
    Result<Version> prepare(const Request::Forget&, Round&);
    Result<Version> current(const std::string& partition, Round&);
    Result<std::optional<char>> place(BlobId, Round&);
    Result<void> forget(BlobId, Round&);
    std::optional<Error> write(Round&);
    bool resumed();
    bool has_room();

    const boost::asio::any_io_executor executor_;
    const std::string data_dir_;
    const std::uint64_t min_free_bytes_;
    Parts parts_;
    VersionCache versions_;
    Version floor_;
    std::chrono::steady_clock::time_point last_resume_{}, last_look_{};
    bool roomy_ = true;

    std::mutex mutex_;
    std::condition_variable changed_;
    Request* head_ = nullptr;
    Request** tail_ = &head_;
    bool ending_ = false;
    std::thread thread_;
};

} // namespace posthouse::store::rocksdb
