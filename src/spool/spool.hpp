// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/ids.hpp"
#include "spool/keys.hpp"
#include "spool/records.pb.h"
#include "store/engine.hpp"
#include "store/writer.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace posthouse::spool {

/// All that routing has made of a letter.
struct Routes {
    std::vector<Delivery> deliveries;
    std::vector<std::pair<DeliveryId, NoticeDue>> notices;
    bool over = false; // as Spool::LastPage's
};

/// The durable queue: letters, their deliveries, what happened to them, and the rows that find
/// work. Each function that writes is one commit of one shard; docs/queue.md numbers the states
/// between them. It decides nothing: when to deliver is the Scheduler's, what to do the keeper's.
class Spool {
public:
    template <class T>
    using Result = store::Result<T>;

    explicit Spool(store::Engine&);
    ~Spool();

    /// Called when the store has shut us out: only opening it anew helps.
    void on_fenced(std::function<void()> call) { fenced_ = std::move(call); }
    /// Reads, or makes on the first opening, the key of the delivery ids. Before anything else.
    Task<Result<void>> open(Random&);
    const DeliveryIds& delivery_ids() const { return *delivery_ids_; }

    // ---- writing -----------------------------------------------------------------------------

    enum class Arrival : std::uint8_t { to_route, to_hold };
    using Notices = std::vector<std::pair<DeliveryId, NoticeDue>>;
    using Routes = spool::Routes;
    struct NewLetter {
        LetterId id;
        Letter record; // Its recipients are set from `recipients`.
        std::vector<std::string> recipients;
        std::vector<RecipientTerms> terms = {}; // one a recipient, or none at all
        std::optional<std::string> body;        // Absent: a sealed blob that record.body names.
        Arrival arrival = Arrival::to_route;
        std::optional<Routes> routes = {}; // Routed before it is accepted: it is in state 3 at once
    };
    /// The record's share of the recipients, and how many rows have the others.
    static void set_recipients(Letter&, const std::vector<std::string>& recipients,
                               const std::vector<RecipientTerms>& terms);
    /// State 1 of docs/queue.md, or state 3 with its routes: from here on the letter is ours.
    Task<Result<void>> accept(NewLetter);

    /// What is written down with the last page of a letter's routes, whose expansions are routed
    /// then, and their rows go.
    struct LastPage {
        Letter letter; // its shared_body, sender and edits are known only now
        std::vector<DeliveryId> expansions = {};
        bool over = false; // Nothing is left to be done: only the unsorted row finds it, and stays.
    };
    /// Routed deliveries, with the notices of those that failed; repeatable. With the last page the
    /// letter stops being "accepted".
    Task<Result<void>> add_deliveries(LetterId, std::vector<Delivery>, Notices,
                                      std::optional<LastPage>);

    struct Update {
        Delivery record;
        std::optional<Timestamp> old_due; // of its due row, if it has one
        std::optional<NoticeDue> notice = {};
        std::optional<Expansion> expansion =
            {}; // of an EXPANDED one: the letter is to be routed again
    };
    /// Outcomes of an attempt, or an administrator's word.
    Task<Result<void>> record(LetterId, std::vector<Update>, std::vector<TraceEvent>);

    /// What becomes of the body.
    enum class Body : std::uint8_t { drop, handed_over, release_claim };
    struct Ending {
        Letter letter;
        std::vector<Delivery> deliveries;               // all of them
        std::vector<std::optional<Timestamp>> old_dues; // their due rows, in the same order
        std::vector<std::string> event_keys;
        std::vector<DeliveryId> expansions = {}; // not routed yet
        FinishedLetter story;
        Body body = Body::drop;
        bool was_closing = false;       // begin_closing() came before
        std::optional<Arrival> arrival; // set for a letter that still has such a row: it was never
                                        // routed, or was over as soon as it was
    };
    /// The end: only the day's trace remains (and a release row, for Body::release_claim).
    Task<Result<void>> finish(LetterId, Ending, Timestamp now);

    /// Notices that are done with, and the letter's end if they were the last thing to be done.
    struct Told {
        std::vector<DeliveryId> deliveries;
        std::optional<Ending> ending;
    };
    /// An end of many rows: from here on it cannot be otherwise, and close_page() and finish()
    /// (with no deliveries in it) may be repeated until it is done.
    Task<Result<void>> begin_closing(LetterId, const Ending&);
    struct ClosedRow {
        Delivery record;
        std::optional<Timestamp> due_row;
    };
    Task<Result<void>> close_page(LetterId, std::vector<ClosedRow>);

    /// What a letter's notices become: a letter of ours in the same shard, in one commit.
    Task<Result<void>> accept_notification(NewLetter, LetterId about, Told, Timestamp now);
    /// Notices that nobody is to be told of.
    Task<Result<void>> drop_notices(LetterId, Told, Timestamp now);
    Task<Result<void>> erase_events(LetterId, std::vector<std::string> keys);
    Task<Result<void>> release_done(std::size_t shard, store::BlobId);

    Task<Result<void>> hold_unsorted(LetterId);
    Task<Result<void>> release_held(LetterId);
    Task<Result<void>> update_letter(LetterId, const Letter&);

    // ---- reading -----------------------------------------------------------------------------

    struct Stored {
        Letter letter;
        std::vector<std::string> recipients;
        std::vector<RecipientTerms> terms; // one a recipient, or none at all
        bool routed = false;               // its deliveries are all there
        std::optional<Closing> closing;    // its end has begun
    };
    Task<Result<Stored>> letter(LetterId);
    Task<Result<std::vector<Delivery>>> deliveries(LetterId);
    Task<Result<std::vector<Expansion>>> expansions(LetterId);
    struct Events {
        std::vector<TraceEvent> events;
        std::vector<std::string> keys;
    };
    Task<Result<Events>> events(LetterId);
    struct Notice {
        DeliveryId delivery;
        NoticeDue record;
    };
    Task<Result<std::vector<Notice>>> notices(LetterId);
    /// nullopt: no such letter has ended within the days kept.
    Task<Result<std::optional<FinishedLetter>>> finished(LetterId, Timestamp now, int days);

    /// Letters that have a row of this kind (keys::unsorted_prefix, held_prefix, letter_prefix,
    /// notice_prefix), in one shard, in the order of their ids; each once.
    Task<Result<std::vector<LetterId>>> letters(std::size_t shard, std::string_view kind,
                                                LetterId after, std::size_t limit);

    struct DueDelivery {
        LetterId letter;
        DeliveryId delivery;
        Timestamp due;
        std::uint32_t priority = 0;
        std::uint32_t attempts = 0;
    };
    struct DuePage {
        std::vector<DueDelivery> due;  // due by now, at most `limit`, by priority and time
        std::optional<Timestamp> next; // the earliest that is not in `due`
    };
    Task<Result<DuePage>> due(std::string destination, Timestamp now, std::size_t limit);

    /// Destinations to look at, from buckets up to `now`; each with the shard and bucket of its
    /// hint.
    struct Hint {
        std::size_t shard;
        std::uint32_t bucket;
        std::string destination;
    };
    Task<Result<std::vector<Hint>>> hints(std::size_t shard, Timestamp now);
    /// Moves hints of buckets that are over to where the destination's next due row is.
    Task<Result<void>> renew_hints(std::size_t shard, std::vector<Hint>, Timestamp now);

    Task<Result<std::vector<store::BlobId>>> releases(std::size_t shard);
    /// Drops rows of days before `day`; at most a page. True: there may be more.
    Task<Result<bool>> forget_days_before(std::size_t shard, std::uint32_t day);

private:
    using Batch = store::Writer::Batch;
    store::Writer& writer(LetterId id) { return *writers_[id.shard()]; }
    Task<Result<void>> commit(store::Writer&, store::Writer::Mutation);
    void put_letter(Batch&, NewLetter&);
    static void put_record(Batch&, LetterId, const Letter&);
    void put_routes(Batch&, LetterId, const std::vector<Delivery>&, const Notices&);
    void put_waiting(Batch&, LetterId, const Delivery&);
    static void put_ending(Batch&, LetterId, const Ending&, Timestamp now);
    static void put_told(Batch&, LetterId, const Told&, Timestamp now);
    void put_hint(Batch&, std::size_t shard, std::uint32_t bucket, const std::string& destination);

    store::Engine& engine_;
    std::array<std::unique_ptr<store::Writer>, shards> writers_;
    std::unique_ptr<DeliveryIds> delivery_ids_;
    std::unordered_set<std::string> hinted_; // Hints known to be on disk; forgotten now and then.
    std::uint32_t hinted_bucket_ = 0;
    std::function<void()> fenced_;
};

} // namespace posthouse::spool
