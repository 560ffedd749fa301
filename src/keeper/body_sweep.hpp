// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "store/engine.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <set>
#include <vector>

namespace posthouse::keeper {

/// Removes large bodies that no row names: what a crash leaves of one between its last byte and the
/// commit that names it, or between the commit that drops its last name and its file's end
/// (docs/store.md, L3 to L8).
///
/// It looks at a snapshot: there every name is in its place, however much moves from the queue to
/// mailboxes and between them meanwhile, and what has no name there can never get one. But for what
/// is on its way: so a body of this run goes only if it had no name a day ago either.
class BodySweep {
public:
    struct Limits {
        /// Smaller ones are in the commits that name them, and need no looking for.
        static constexpr std::uint64_t least_bytes = 64 * 1024;
        static constexpr std::size_t bodies_a_round = 200'000; ///< looked for at a time
        static constexpr std::size_t remembered = 10'000;      ///< of this run, without a name
        static constexpr std::size_t rows_a_page = 200;
    };
    struct Pace {
        Duration first = std::chrono::minutes(1), every = std::chrono::hours(24);
        Duration pause = std::chrono::milliseconds(5); ///< after so much as a page of rows
    };
    explicit BodySweep(store::Engine& engine, boost::asio::any_io_executor executor)
        : BodySweep(engine, std::move(executor), Pace())
    {
    }
    BodySweep(store::Engine&, boost::asio::any_io_executor, Pace);

    /// Until the executor stops.
    Task<void> run();
    struct Swept {
        std::uint64_t bodies = 0;  ///< large ones that there are
        std::uint64_t removed = 0; ///< of these
        std::uint64_t bytes = 0;   ///< that they took
    };
    /// Once. An error, that of a row that cannot be read too: nothing was removed that is named,
    /// and maybe not all that is not.
    Task<store::Result<Swept>> sweep();

private:
    struct Body {
        store::BlobId id;
        std::uint64_t bytes = 0;
    };
    /// Bodies in the order of their ids, and which of them have been found named.
    struct Looked {
        std::vector<Body> bodies;
        std::vector<bool> named;
        void name(store::BlobId);
        void name(const std::string& bytes);
        bool all_named() const;
    };
    struct Kind {
        std::string partitions; ///< their prefix
        std::string rows;
        bool (*take)(const store::Row&, Looked&); ///< false: it cannot be read
    };
    static std::vector<Kind> kinds();
    Task<store::Result<store::BlobId>> list_some(store::Snapshot&, store::BlobId after, Looked&);
    Task<store::Result<void>> look_for_names(store::Snapshot&, Looked&);
    Task<store::Result<void>> look_in(store::Snapshot&, const store::PartitionId&, const Kind&,
                                      Looked&);
    Task<store::Result<void>> remove_unnamed(const Looked&, Swept&);
    Task<void> breathe(std::size_t rows);

    store::Engine& engine_;
    boost::asio::steady_timer timer_;
    Pace pace_;
    std::uint64_t run_; ///< the store's incarnation: ids before it are of nothing under way
    std::set<store::BlobId> unnamed_before_, unnamed_now_; ///< of this run
    std::size_t since_pause_ = 0;
};

} // namespace posthouse::keeper
