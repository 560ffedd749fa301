// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/body_table.hpp"
#include "archive/repository.hpp"
#include "archive/source.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace posthouse::archive {

/// Stores what a source shows: bodies that no earlier backup of this store has, and the rows of
/// partitions that have changed.
class Backup {
public:
    struct Options {
        std::string server, version;
        Timestamp taken_at;
        enum class Bodies : std::uint8_t { only_new, all } bodies = Bodies::only_new;
    };
    struct Progress {
        std::uint64_t bodies = 0, partitions = 0; ///< looked at so far
        std::uint64_t bytes_read = 0;             ///< from the source
        std::uint64_t bytes_written = 0;
    };
    /// Called now and then; may wait, which is how a rate is kept. False: stop.
    using OnProgress = std::function<bool(const Progress&)>;

    struct Taken {
        std::string name;
        Manifest manifest;
        Progress progress;
        std::uint64_t new_bodies = 0, new_partitions = 0;
    };

    Backup(Source& source, Repository& repository, Options options, OnProgress on_progress)
        : source_(source),
          repository_(repository),
          options_(std::move(options)),
          on_progress_(std::move(on_progress))
    {
    }
    Result<Taken> run(const std::function<Timestamp()>& clock);

private:
    using Known = std::optional<StoredBody>;
    /// Bodies of earlier backups in the order of their ids.
    class KnownBodies {
    public:
        void add(BodyTable table) { tables_.push_back({std::move(table), std::nullopt, false}); }
        /// With all of its pieces in the repository. The ids asked for ascend.
        Result<Known> find(store::BlobId, const Repository&);

    private:
        struct Cursor {
            BodyTable table;
            Known at;
            bool ended = false;
        };
        std::vector<Cursor> tables_;
    };

    Result<void> find_earlier();
    Result<void> bodies();
    Result<void> keep(const StoredBody&);
    Result<void> read_new(std::vector<StoredBody>);
    Result<void> read_large(StoredBody&);
    Result<void> partitions();
    Result<void> partition(const Source::Partition&);
    Result<void> progress();

    Source& source_;
    Repository& repository_;
    Options options_;
    OnProgress on_progress_;
    Progress progress_;
    KnownBodies known_;
    std::optional<Manifest> earlier_; // of this store
    Manifest manifest_;
    RowCutter table_;
    std::uint64_t new_bodies_ = 0, new_partitions_ = 0, unkept_bytes_ = 0;
};

} // namespace posthouse::archive
