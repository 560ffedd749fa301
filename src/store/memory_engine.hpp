// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"
#include "store/hint_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>

namespace posthouse::store {

/// What is durable: shared by the engines that are opened on it one after another.
class MemoryDisk {
public:
    struct Partition {
        Version version = Version::none;
        std::map<std::string, std::string, std::less<>> rows;
        bool operator==(const Partition&) const = default;
    };
    struct Blob {
        PartitionId owner;
        std::string data;
    };

    std::map<std::string, Partition, std::less<>> partitions;
    std::map<BlobId, Blob> blobs;
    Version floor = Version::none; // The greatest version of any dropped partition.
    std::uint64_t incarnation = 0;
};

/// What becomes of one commit.
enum class Fault : std::uint8_t {
    none,
    no_space,         // refused, not applied
    unavailable,      // refused, not applied
    unknown_applied,  // applied, but reported as Error::unknown
    unknown_lost,     // not applied, reported as Error::unknown
    power_cut_before, // not applied, never answered; every later operation gets Error::fenced
    power_cut_after,  // applied, never answered
};

/// The whole interface in memory, for tests and the simulation: every operation suspends and
/// completes on the executor, so that what happens meanwhile happens. Answers are what the
/// embedded engine would give. After power_cut() open another engine on the same disk.
///
/// A commit that a power cut catches is "never answered": its coroutine gets Error::fenced, at
/// which a test stops, as the process would have.
class MemoryEngine final : public Engine {
public:
    explicit MemoryEngine(boost::asio::any_io_executor,
                          std::shared_ptr<MemoryDisk> = std::make_shared<MemoryDisk>());
    ~MemoryEngine() override;

    Partitions& partitions() override;
    Blobs& blobs() override;
    Hints& hints() override;
    Task<Result<std::unique_ptr<Snapshot>>> snapshot() override;

    /// The nth commit from now (0: the next; commits, drops and seals count) meets this fault.
    void fail_commit(std::uint64_t nth, Fault);
    /// Every commit from now on; Fault::none to end it.
    void fail_all(Fault);
    /// Forgets everything that was not acknowledged; from here on all operations get Error::fenced.
    void power_cut();

    std::uint64_t commits() const; // so far: what a test of "a cut at every commit" counts to
    const std::shared_ptr<MemoryDisk>& disk() const;

private:
    struct State;
    class PartitionsPart;
    class BlobsPart;
    class Sink;
    class Moment;
    std::shared_ptr<State> state_;
    std::unique_ptr<PartitionsPart> partitions_;
    std::unique_ptr<BlobsPart> blobs_;
};

} // namespace posthouse::store
