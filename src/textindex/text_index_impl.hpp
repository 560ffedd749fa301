// SPDX-License-Identifier: Apache-2.0
// What the parts of TextIndex share.
#pragma once

#include "store/waiter.hpp"
#include "textindex/needle.hpp"
#include "textindex/postings.hpp"
#include "textindex/rows.hpp"
#include "textindex/text_index.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace posthouse::textindex {

/// Letters that were indexed together, or merged. It never changes.
struct Segment {
    SegmentId id{};
    std::uint64_t bytes = 0;
    std::shared_ptr<const EmailSet> covered;
    EmailSet given_up;

    std::uint32_t letters() const { return static_cast<std::uint32_t>(covered->size()); }
};
using Segments = std::vector<std::shared_ptr<const Segment>>;

/// Lets others on after a while.
class Pace {
public:
    bool due() const { return std::chrono::steady_clock::now() > until_; }
    Task<> rest();

private:
    static constexpr std::chrono::microseconds at_a_time{1000};
    std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + at_a_time;
};

/// One after another.
class Turns {
public:
    Task<> take();
    Task<> give();
    bool taken() const { return taken_; }

private:
    bool taken_ = false;
    std::deque<store::Waiter*> waiting_;
};

struct TextIndex::Impl {
    Impl(store::Engine& e, store::PartitionId p) : engine(e), partition(std::move(p)) {}

    store::Engine& engine;
    const store::PartitionId partition;

    // ---- what is on disk, as far as is known -------------------------------------------------
    Manifest manifest;
    Segments segments; ///< of the manifest, but for damaged ones
    store::Version version = store::Version::none;
    bool stale = true; ///< to be read (again) before anything is written
    Turns turns;       ///< of whoever writes or reads all that

    // ---- besides ------------------------------------------------------------------------------
    std::uint32_t reserved = 1; ///< Ids below may be in use: not to be given again.
    std::set<SegmentId> being_written;
    std::map<SegmentId, std::weak_ptr<const Segment>> retired; ///< Somebody may still read them.
    EmailSet forgotten;                                        ///< the manifest's, and later ones
    std::map<SegmentId, std::uint64_t> gone;                   ///< of a segment's letters
    std::set<SegmentId> damaged;
    std::uint64_t drops = 0;
    int under_way = 0;
    bool tidying = false;

    // text_index.cpp
    Task<store::Result<void>> load();
    /// load(), if it is stale.
    Task<store::Result<void>> settle();
    Task<store::Result<std::shared_ptr<const Segment>>> load_segment(Manifest::Segment);
    struct Change {
        /// What it writes; false: nothing is to be done any more.
        std::function<bool(Manifest&, store::Commit&)> write;
        std::function<void()> publish = [] {};
    };
    /// ok(false): there was nothing to be done. Error::conflict if it was stale: whoever wrote
    /// besides may have taken the ids that were reserved before.
    Task<store::Result<bool>> commit(Change);
    SegmentId reserve();
    bool knows(std::uint64_t email) const;
    void retire(SegmentId);

    // text_index_look_up.cpp
    struct Search {
        const Segment& segment;
        Pace pace;
    };
    using Patterns = std::vector<std::pair<std::string, Bits>>;
    Task<store::Result<Found::Part>> search(const Segment&, Within, const NeedlePlan&);
    Task<store::Result<Bits>> look_up_keyed(Search&, Kind, const Lookup&);
    Task<store::Result<void>> scan_words(Search&, Kind, Patterns&, const Bits& among);

    // text_index_tidy.cpp
    Segments to_merge() const;
    Segments to_rewrite() const;
    std::vector<SegmentId> to_sweep() const;
    bool untidy() const;
    Task<store::Result<void>> sweep(SegmentId);
    Task<store::Result<void>> discard(SegmentId);
};

/// Counts what is under way.
class Busy {
public:
    explicit Busy(int& count) : count_(count) { ++count_; }
    Busy(const Busy&) = delete;
    ~Busy() { --count_; }

private:
    int& count_;
};

} // namespace posthouse::textindex
