// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/body_table.hpp"
#include "archive/record_check.hpp"
#include "archive/repository.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace posthouse::archive {

/// Finds all that is wrong with backups: reads every pack and every record; or, quickly, looks only
/// whether everything that a manifest names is there.
class Verify {
public:
    enum class Depth : std::uint8_t { quick, full };
    struct Fault {
        std::string backup; ///< or "": of the repository
        std::string where, what;
    };
    struct Report {
        std::vector<Fault> faults; ///< the first Limits::faults_told
        std::uint64_t fault_count = 0;
        std::vector<std::string> damaged_packs;
        std::uint64_t packs = 0, backups = 0, partitions = 0, messages = 0, bodies = 0;
    };
    struct Progress {
        std::uint64_t done = 0, of = 0;
        std::string what;
    };
    using OnProgress = std::function<void(const Progress&)>;

    Verify(Repository& repository, Depth depth, OnProgress on_progress)
        : repository_(repository),
          depth_(depth),
          on_progress_(std::move(on_progress))
    {
    }
    /// What cannot be read at all, the file system's fault, is an error.
    Result<Report> run(const std::vector<std::string>& backups);

private:
    struct Body {
        store::BlobId id;
        std::uint64_t bytes = 0;
    };
    void tell(std::string where, std::string what);
    Result<void> packs();
    Result<void> backup(const std::string& name);
    Result<void> bodies(const Manifest&);
    Result<void> name_accounts(const Manifest&);
    Result<void> partition(const Manifest::Partition&);
    Result<void> records(const Manifest::Partition&);
    std::string name_of(const std::string& partition) const;
    std::optional<std::uint64_t> bytes_of(store::BlobId) const;
    /// Damage is told; what else there is, is an error.
    Result<void> told(const std::string& where, const archive::Fault&);

    Repository& repository_;
    Depth depth_;
    OnProgress on_progress_;
    Report report_;
    Progress progress_;
    std::string now_; ///< the backup that is looked at
    std::vector<Body> bodies_;
    std::map<std::string, std::string> addresses_;       ///< by partition
    std::map<std::string, std::vector<ChunkName>> seen_; ///< partitions as they were found sound
};

} // namespace posthouse::archive
