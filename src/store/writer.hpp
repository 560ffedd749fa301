// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"

#include <functional>
#include <memory>

namespace posthouse::store {

/// The one writer of a partition in this process: written once, above every engine.
///
/// Callers hand in mutations. While a commit is under way the next ones wait; then all that wait
/// are merged into one commit, guarded by the version that the writer holds. A mutation is run
/// when its turn comes, once, in the order of the calls, and adds its rows to the batch; what it
/// reads must be state that only mutations of this partition change. Rows that name the same key
/// within one batch: the later one counts.
///
/// After Error::conflict or Error::unknown the writer reads the version (and its writer row)
/// back, reports the mutation's true outcome where it can tell, and goes on.
class Writer {
public:
    class Batch {
    public:
        void put(std::string key, std::string value);
        void erase(std::string key);
        void add_blob(BlobId, std::string data);
        void drop_blob(BlobId);
        void hint(std::string payload);

    private:
        friend class Writer;
        struct State;
        explicit Batch(State& state) : state_(state) {}
        State& state_;
    };
    using Mutation = std::move_only_function<void(Batch&)>;

    Writer(Engine&, PartitionId);
    ~Writer(); // The engine must outlive the mutations that wait.
    Writer(const Writer&) = delete;

    /// Ok: the mutation is durable; the version is that of the commit it was part of.
    /// An error other than Error::unknown: nothing of it was written, nor will be.
    Task<Result<Version>> apply(Mutation);

    /// Called when mutations that have run are not written, before any further one runs: what they
    /// have noted elsewhere as written is not.
    void on_failure(std::function<void()>);

    const PartitionId& partition() const;
    bool idle() const; // Nothing waits and nothing is under way.

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace posthouse::store
