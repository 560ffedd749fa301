// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/account_rows.hpp"
#include "archive/body_table.hpp"
#include "archive/repository.hpp"
#include "base/random.hpp"
#include "store/engine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace posthouse::archive {

/// A whole backup into a store that has nothing in it. Broken off it leaves a store that no server
/// opens; begun again it starts from nothing.
class Restore {
public:
    enum class Queue : std::uint8_t { with, without };
    struct Options {
        Queue queue = Queue::with;
        AccountRows::Numbers numbers = AccountRows::Numbers::ahead;
    };
    struct Progress {
        std::uint64_t bodies = 0, partitions = 0, rows = 0, bytes = 0;
    };
    using OnProgress = std::function<void(const Progress&)>;

    Restore(Repository& repository, const Manifest& manifest, Options options,
            OnProgress on_progress)
        : repository_(repository),
          manifest_(manifest),
          options_(options),
          on_progress_(std::move(on_progress))
    {
    }
    Task<Result<Progress>> run(store::Engine&, Random&);

private:
    using Step = Result<void>;
    bool is_wanted(const std::string& partition) const;
    Step find_named();
    Step find_named(const Manifest::Partition&);
    Task<Step> clear(store::Engine&);
    Task<Step> bodies(store::Engine&);
    Task<Step> large_body(store::Engine&, const StoredBody&);
    Task<Step> rows(store::Engine&, const Manifest::Partition&);

    Repository& repository_;
    const Manifest& manifest_;
    Options options_;
    OnProgress on_progress_;
    Progress progress_;
    std::vector<store::BlobId> named_; ///< bodies that what is restored names, sorted
};

} // namespace posthouse::archive
