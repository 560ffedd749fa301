// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "spool/ids.hpp"
#include "spool/retry_policy.hpp"
#include "spool/site.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which delivery is tried when (docs/design.md, "Queue").
///
/// A *delivery* is one recipient of one letter to one *destination*, an opaque key such as
/// "smtp:example.org" or "mailbox:". A *site* is what serves destinations: for SMTP the set of MX
/// hosts, learnt from couriers; until then a destination is its own site. An *attempt* carries
/// deliveries of one letter to one destination.
namespace posthouse::spool {

/// Who performs attempts. Each kind has a capacity of its own, so that hosts far away never keep
/// letters out of the mailboxes here.
enum class Carrier : std::uint8_t { sorter, courier, agent };
inline constexpr std::size_t carriers = 3;

/// Smaller goes first: a more urgent band goes before a less urgent one, but for one start in
/// eight. The rows on disk sort by (destination, priority, due), so what many recipients
/// of one letter would hold up belongs into a later band.
inline constexpr std::uint8_t priorities = 4;
/// The band for a letter with so many deliveries to one destination: 1, or 2 for more than 20.
/// Band 0 is for what someone waits for, band 3 for what can wait.
constexpr std::uint8_t priority_for(std::size_t deliveries)
{
    return deliveries > 20 ? 2 : 1;
}

/// A delivery as the scheduler sees it.
struct Item {
    LetterId letter{};
    DeliveryId delivery{};
    Timestamp due{};
    Timestamp accepted{};       // the letter's lifetime begins here
    std::uint32_t attempts = 0; // that have ended
    std::uint8_t priority = 1;
};

/// How one destination is served.
struct Policy {
    Carrier carrier = Carrier::courier;
    std::uint32_t recipients = 50;   // at most, per attempt
    std::uint32_t in_memory = 1'000; // deliveries of its site, waiting and under way
    SitePolicy site;
    RetryPolicy retry;

    static Policy smtp() { return {}; }
    /// Mailboxes of our own: a wide window that hardly moves, and no long back-off.
    static Policy mailbox();
    /// LMTP servers, programs and system mailboxes on this host.
    static Policy local(Carrier);
};

/// Asked once for each destination it hears of, and again after policies_changed().
using PolicyOf = std::function<std::shared_ptr<const Policy>(std::string_view destination)>;

enum class AttemptId : std::uint64_t {};

/// How an attempt ended. What it does not name is deferred.
struct AttemptReport {
    std::vector<DeliveryId> done{}; // deliveries with a final outcome: delivered, failed, expanded
    std::string site{};             // its key, where one was learnt; "" otherwise
    Health health = Health::answered;
    std::uint32_t connections = 0; // the site takes no more than this many; 0: it did not say
};

/// Why an attempt will never be reported.
enum class Loss : std::uint8_t {
    crashed, // its worker died over something it had in hand: all of it is suspect
    stopped, // its worker was stopped, killed or cut off: nobody's fault
};

/// For each delivery of an attempt that was not done: when it is due again.
struct Deferred {
    DeliveryId delivery{};
    std::uint32_t attempts = 0;
    std::optional<Timestamp> due{}; // nothing: its lifetime is over, it has failed
};

/// A delivery given back by attempt_lost().
struct Returned {
    DeliveryId delivery{};
    std::uint32_t crashes_alone = 0; // how often its letter took a worker down with it, by itself
};

enum class Placement : std::uint8_t {
    in_memory,
    on_disk, // no room: a Load will ask for it
    known,   // it is here already
};

namespace decision {

/// Hand these deliveries to a worker. -> attempt_ended() and recorded(), or attempt_lost().
struct Start {
    AttemptId attempt{};
    std::string destination{};
    LetterId letter{};
    std::vector<DeliveryId> deliveries{};
    enum class Company : std::uint8_t { shared, alone } company = Company::shared;
};
/// Read the destination's first `limit` due rows, in the order of (priority, due). -> loaded()
struct Load {
    std::string destination{};
    std::size_t limit = 0;
};
/// The lifetime of these ended while their site was dead. -> removed() of each.
struct Expire {
    std::string destination{};
    LetterId letter{};
    std::vector<DeliveryId> deliveries{};
};
/// Nothing to do before `until` (nothing: before the next event).
struct Sleep {
    std::optional<Timestamp> until{};
};

} // namespace decision

using Decision = std::variant<decision::Start, decision::Load, decision::Expire, decision::Sleep>;

/// The queue's scheduler, without I/O, clock or store: events in, decisions out. After events call
/// next() until it says Sleep.
///
/// It holds what is due and fits; everything else stays on disk, of which it knows one time per
/// destination. The keeper's side of the bargain, on which "no delivery in two attempts at once"
/// rests: a delivery is forgotten only by recorded() or removed(), which are called once the
/// commit that changes its row is durable, so that no later Load can bring the old row back.
class Scheduler {
public:
    struct Limits {
        std::size_t in_memory = 20'000; // deliveries, waiting and under way
        std::size_t suspects = 5'000;   // of them tried alone; others that were lost are just due
        std::size_t open_loads = 4;
        /// Remembered, with their sites' health, though they have no deliveries.
        std::size_t idle_destinations = 4'096;
        /// Remembered though none of their deliveries is due. Beyond it the one that has slept
        /// longest is forgotten, and has_more() must tell of it again when it is due: the rows
        /// that find due destinations are on disk.
        std::size_t parked_destinations = 100'000;
    };

    Scheduler(PolicyOf, Random&, Limits);
    Scheduler(PolicyOf policy_of, Random& random)
        : Scheduler(std::move(policy_of), random, Limits())
    {
    }
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    Decision next(Timestamp now);

    /// A delivery whose row is durable: a new one, one released, or one to be tried again now.
    Placement added(std::string_view destination, const Item&, Timestamp now);
    /// There are rows for this destination; the earliest is due then. (Start-up.)
    void has_more(std::string_view destination, Timestamp earliest);
    /// Answers a Load. `next`: the earliest due time among the rows that were not read, due ones
    /// included; nothing when there are none. After a failed read: no items, and `next` in a while.
    void loaded(std::string_view destination, std::span<const Item>, std::optional<Timestamp> next,
                Timestamp now);

    /// Gives the attempt's place to others and says when each delivery that is not done is due
    /// again. Commit that, then call recorded(). (What was removed meanwhile is left out.)
    std::vector<Deferred> attempt_ended(AttemptId, const AttemptReport&, Timestamp now);
    /// The outcome of attempt_ended() is durable.
    void recorded(AttemptId);
    /// The deliveries are due at once. After a crash each is suspect: tried by itself, one suspect
    /// at a time for each kind of carrier, when there is nothing else to do or at every 64th start.
    std::vector<Returned> attempt_lost(AttemptId, Loss);

    /// The row is gone, held or has its final outcome; durable. One under way stays so until its
    /// attempt ends, and is then forgotten.
    void removed(LetterId, DeliveryId);
    void removed(LetterId);

    /// Ends the site's back-off: it is probed at once. (Rows not due are made due by the caller,
    /// who then calls added() or has_more().)
    void retry_now(std::string_view destination);
    /// How many attempts this kind of carrier can perform at a time, those under way included.
    /// 0 at first.
    void capacity(Carrier, std::size_t attempts);
    void policies_changed(PolicyOf);

    struct Stats {
        std::size_t waiting = 0;   // in memory and not under way
        std::size_t under_way = 0; // deliveries of attempts not recorded
        std::size_t suspects = 0;
        std::size_t attempts = 0; // started and not ended
        std::size_t destinations = 0;
        std::size_t sites = 0;
    };
    Stats stats() const;

    struct SiteView {
        std::string key; // "" until learnt
        SiteHealth::State state = SiteHealth::State::alive;
        std::uint32_t attempts = 0;
        std::uint32_t allowed = 0;
        std::optional<Timestamp> dead_until;
        std::size_t in_memory = 0;
    };
    /// Nothing for a destination that is not known.
    std::optional<SiteView> site_of(std::string_view destination, Timestamp now) const;
    /// Those that are known, the least first, behind `after`; at most `limit`.
    std::vector<std::string> destinations(std::string_view after, std::size_t limit) const;

private:
    class State;
    std::unique_ptr<State> state_;
};

} // namespace posthouse::spool
