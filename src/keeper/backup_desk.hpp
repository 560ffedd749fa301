// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "store/engine.hpp"
#include "wire/backup.pb.h"
#include "wire/link.hpp"

#include <map>
#include <memory>

namespace posthouse::keeper {

/// Shows one moment of the store to an administrator's command, page by page, each when it is asked
/// for: how fast is the asker's business. What is read is read on a thread of the store's own.
class BackupDesk {
public:
    struct Limits {
        static constexpr std::size_t at_once = 2; ///< each holds back what was dropped since
        static constexpr std::size_t partitions_a_page = 200;
        static constexpr std::size_t bodies_a_page = 1000;
        static constexpr std::size_t raw_bytes = 1u << 20;
    };

    BackupDesk(store::Engine& engine, Random& random) : engine_(engine), random_(random) {}

    /// backup_read and backup_end. `asker` tells links apart; a command on the locked store is its
    /// own.
    Task<wire::Result<wire::Answer>> answer(const void* asker, wire::Frame);
    /// Its moments end.
    void gone(const void* asker);

private:
    using Page = wire::BackupPage;
    struct Moment {
        const void* asker;
        std::shared_ptr<store::Snapshot> snapshot;
    };
    Task<wire::Result<wire::Answer>> begin(const void* asker);
    Task<wire::Result<wire::Answer>> read(std::shared_ptr<store::Snapshot>, wire::BackupRead);
    Task<wire::Result<wire::Answer>> partitions(store::Snapshot&, const wire::BackupRead&);
    Task<wire::Result<wire::Answer>> rows(store::Snapshot&, const wire::BackupRead&);
    Task<wire::Result<wire::Answer>> bodies(store::Snapshot&, const wire::BackupRead&);
    Task<wire::Result<wire::Answer>> whole_bodies(store::Snapshot&, const wire::BackupRead&);
    Task<wire::Result<wire::Answer>> piece(store::Snapshot&, const wire::BackupRead&);

    store::Engine& engine_;
    Random& random_;
    std::map<std::uint64_t, Moment> moments_;
    std::uint64_t last_ = 0;
};

} // namespace posthouse::keeper
