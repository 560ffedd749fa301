// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/scheduler.hpp"
#include "spool/scheduler_lists.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

/// The inside of the scheduler. Everything a decision needs stands at the head of a list:
///
///     carrier ─ for each band ─▶ sites that may start one more attempt
///     site    ─ for each band ─▶ destinations that have waiting deliveries
///     dest.   ─ for each band ─▶ groups (deliveries of one letter) that have waiting ones
///
/// and each list is turned by one at each start, so that one letter, destination or site with
/// thousands takes one turn in a round. A site that may start nothing is in no list, and so costs
/// nothing. Loads have lists of the same kind: loadable sites, and in each the destinations that
/// have due rows on disk.
namespace posthouse::spool {

inline constexpr std::size_t bands = priorities + 1;
inline constexpr std::size_t suspect_band = priorities;

enum class Place : std::uint8_t {
    waiting,   // in memory, may be started
    under_way, // part of an attempt
    recording, // its attempt or its lifetime ended, the commit is not durable yet
};

/// A delivery in memory.
struct Node {
    DeliveryId delivery{};
    Timestamp accepted{};
    Timestamp due = Timestamp::max(); // when recording: its next due time, if it has one
    Link link{};                      // in its group's waiting or busy list
    Index group = nowhere;
    std::uint32_t attempts = 0;
    std::uint8_t band = 0; // never suspect_band: its row's
    Place place = Place::waiting;
    bool removed = false;  // while its attempt was under way
    bool expiring = false; // recording, and of no attempt
};

/// The deliveries in memory of one letter to one destination in one band.
struct Group {
    LetterId letter{};
    Index destination = nowhere;
    std::uint8_t band = 0;
    List waiting{}, busy{};
    Link link{}; // in its destination's groups, while some are waiting
};

/// Where the rows that are not in memory are.
enum class Disk : std::uint8_t {
    nothing, // there are none
    timed,   // none is due before disk_due
    wanted,  // some are due: in its site's list `wanting`
    loading, // a Load is open
};

struct Destination {
    std::string key{};
    std::shared_ptr<const Policy> policy{};
    Index site = nowhere;
    std::array<List, bands> groups;
    std::array<Link, bands> ready; // in its site's ready lists
    std::uint32_t nodes = 0;       // in memory
    std::uint32_t waiting = 0;     // suspects not counted
    std::uint32_t attempts = 0;

    Disk disk = Disk::nothing;
    std::uint8_t disk_bands = 0; // a bit for each band that may have due rows on disk
    Timestamp disk_due = Timestamp::max();
    Timestamp during_load = Timestamp::max(); // the same, learnt while a Load is open
    Link wanting{};
    std::uint64_t load = 0; // the open one's number

    enum class Rest : std::uint8_t { no, idle, parked } rest = Rest::no;
    Link resting{};
};

struct Site {
    std::string key{}; // "" until learnt
    Carrier carrier = Carrier::courier;
    std::shared_ptr<const Policy> policy{};
    SiteHealth health{SitePolicy{}};
    std::array<List, bands> ready; // destinations
    std::array<Link, bands> startable;
    List wanting{}; // destinations
    Link loadable{};
    std::optional<Timestamp> paced_until{}; // Nothing is started before: letters_per_minute.
    std::uint32_t destinations = 0;
    std::uint32_t nodes = 0;
    std::uint32_t waiting = 0;
    std::uint32_t attempts = 0;
};

struct Attempt {
    Index destination = nowhere;
    LetterId letter{};
    std::vector<Index> nodes{};
    decision::Start::Company company = decision::Start::Company::shared;
    bool ended = false;
};

class Scheduler::State {
public:
    State(PolicyOf policy_of, Random& random, Limits limits)
        : policy_of_(std::move(policy_of)),
          random_(random),
          limits_(limits)
    {
    }

    Decision next(Timestamp now);
    Placement added(std::string_view destination, const Item&, Timestamp now);
    void has_more(std::string_view destination, Timestamp earliest);
    void loaded(std::string_view destination, std::span<const Item>, std::optional<Timestamp> next,
                Timestamp now);
    std::vector<Deferred> attempt_ended(AttemptId, const AttemptReport&, Timestamp now);
    void recorded(AttemptId);
    std::vector<Returned> attempt_lost(AttemptId, Loss);
    void removed(LetterId, DeliveryId);
    void removed(LetterId);
    void retry_now(std::string_view destination);
    void capacity(Carrier, std::size_t attempts);
    void policies_changed(PolicyOf);
    Stats stats() const;
    std::optional<SiteView> site_of(std::string_view destination, Timestamp now) const;
    std::vector<std::string> destinations(std::string_view after, std::size_t limit) const;

private:
    enum class Timer : std::uint8_t { destination, site, pace };
    static constexpr DeliveryId whole_letter{~0ull}; // Buried in place of each of its deliveries.
    using GroupKey = std::tuple<std::uint64_t, Index, std::uint8_t>;
    struct DeliveryHash {
        std::size_t operator()(const std::pair<LetterId, DeliveryId>& key) const
        {
            return static_cast<std::size_t>(key.first.value * 0x9e3779b97f4a7c15 ^
                                            key.second.value);
        }
    };
    struct CarrierState {
        std::array<List, bands> startable;                    // sites
        std::size_t capacity = 0, attempts = 0, suspects = 0; // suspects: under way
        std::uint64_t starts = 0;
    };

    // The links of the lists.
    auto group_link()
    {
        return [this](Index i) -> Link& { return groups_[i].link; };
    }
    auto ready_link(std::size_t band)
    {
        return [this, band](Index i) -> Link& { return destinations_[i].ready[band]; };
    }
    auto wanting_link()
    {
        return [this](Index i) -> Link& { return destinations_[i].wanting; };
    }
    auto resting_link()
    {
        return [this](Index i) -> Link& { return destinations_[i].resting; };
    }
    auto startable_link(std::size_t band)
    {
        return [this, band](Index i) -> Link& { return sites_[i].startable[band]; };
    }
    auto loadable_link()
    {
        return [this](Index i) -> Link& { return sites_[i].loadable; };
    }

    // Deliveries: scheduler_memory.cpp
    Index* find(LetterId, DeliveryId);
    Index insert(Index destination, const Item&, Place);
    void join(Index node, LetterId, Index destination, std::size_t band);
    void leave(Index node);
    void set_place(Index node, Place);
    void link_in(Index node);
    void take_out(Index node);
    void forget(Index node);
    void erase(Index node);
    void bury(LetterId, DeliveryId);
    bool is_stale(const Destination&, const Item&) const;
    void load_is_over(Destination&);
    void evict(Index destination, std::uint32_t surplus);

    // Destinations and sites: scheduler_sites.cpp
    Index intern(std::string_view destination);
    Index make_site(const Destination&);
    void learn(Index destination, const std::string& key);
    void move(Index destination, Index to);
    void release_site(Index);
    void settle(Index destination);
    void trim();
    void forget_destination(Index);
    void note_on_disk(Index destination, Timestamp due, unsigned band_bits);
    void unlist(Index destination);
    void list(Index destination);
    void refresh(Index site);
    void block(Index site);
    void pace(Index site);
    void unblock(Index site);

    // Room: scheduler_sites.cpp
    std::size_t room(const Site&) const;
    bool takes(Index destination, const Item&) const;
    bool loadable(const Site&) const;
    bool too_old(Index destination, const Item&) const;
    bool expire_if_old(Index destination, const Item&);

    // Ends of attempts: scheduler_events.cpp
    void free_place(Attempt&);
    void feel(Index site, const AttemptReport&);
    void give_back(const Attempt&, Index node, Loss);

    // Decisions: scheduler_next.cpp
    void fire_timers();
    std::optional<Decision> expire();
    std::optional<Decision> load();
    std::optional<Decision> start();
    std::optional<std::size_t> choose_band(const CarrierState&) const;
    Decision start_from(CarrierState&, std::size_t band);
    void tick(Timestamp now) { now_ = std::max(now_, now); }

    PolicyOf policy_of_;
    Random& random_;
    const Limits limits_;
    Timestamp now_{};

    Slab<Node> nodes_;
    Slab<Group> groups_;
    Slab<Destination> destinations_;
    Slab<Site> sites_;
    std::unordered_map<std::pair<LetterId, DeliveryId>, Index, DeliveryHash> node_of_;
    std::map<GroupKey, Index> group_of_; // in order, to find all of a letter
    std::unordered_map<std::string_view, Index> destination_of_; // views of Destination::key
    std::unordered_map<std::string, Index> site_of_;             // carrier and key
    std::unordered_map<std::uint64_t, Attempt> attempts_;
    std::unordered_map<std::uint64_t, std::uint32_t> crashes_alone_; // of letters with suspects
    std::set<std::tuple<Timestamp, Timer, Index>> timers_;
    std::deque<std::pair<LetterId, DeliveryId>> expiring_;

    std::array<CarrierState, carriers> carriers_;
    List loadable_{};        // sites
    List idle_{}, parked_{}; // destinations, the longest unused first
    std::set<std::uint64_t> open_loads_;
    std::uint64_t last_load_ = 0;
    // Rows that were changed or erased while Loads were open, with the number of the last Load
    // that may have read them as they were; and the same in the order of those numbers.
    std::unordered_map<std::pair<LetterId, DeliveryId>, std::uint64_t, DeliveryHash> buried_;
    std::deque<std::pair<std::uint64_t, std::pair<LetterId, DeliveryId>>> graves_;
    std::size_t waiting_ = 0, suspects_ = 0, under_way_ = 0;
    std::uint64_t last_attempt_ = 0;
};

} // namespace posthouse::spool
