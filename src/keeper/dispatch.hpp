// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/host_book.hpp"
#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "keeper/policies.hpp"
#include "keeper/route_rows.hpp"
#include "keeper/workers.hpp"
#include "spool/scheduler.hpp"
#include "wire/messages.pb.h"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <set>

namespace posthouse::keeper {

/// From accepted to ended: has letters routed, starts the attempts that the scheduler decides on,
/// records their outcomes, has senders notified, and closes what is done.
///
/// Every await is between commits; what a crash leaves at each is a numbered state of
/// docs/queue.md, and start() takes it up from there.
class Dispatch {
public:
    struct Limits {
        static constexpr std::size_t routing_at_once = 512;
        static constexpr std::size_t unsorted_in_memory = 20'000;
        static constexpr std::size_t letters_kept = 2'000;     // fresh ones, with their bodies
        static constexpr std::size_t routed_ahead = 100;       // recipients, deliveries
        static constexpr std::size_t inline_body = 128 * 1024; // to a worker in one frame
        static constexpr std::size_t header = 64 * 1024;       // of a letter, to route it
        static constexpr std::uint32_t crashes = 3;            // alone, then it is poison
        static constexpr std::size_t reply_bytes = 2048;       // of a host's words
        static constexpr std::size_t output_bytes = 4096;      // of a program
        static constexpr int persons_a_question = 1000;        // a sorter's
        static constexpr int forwards = 1000;                  // of one .forward
        static constexpr int forwards_in_a_row = 20;
        static constexpr std::size_t forward_bytes = 1024;          // one of them
        static constexpr std::size_t run_at_once = 1000;            // deliveries, by ETRN
        static constexpr std::size_t returned_letter = 1000 * 1024; // with a notification
    };

    Dispatch(Office&, Letters&);
    ~Dispatch();

    /// Takes up what the last run left.
    Task<void> start();
    void configure();
    /// A letter that is ours now and may go on.
    void accepted(std::shared_ptr<OpenLetter>);
    void accepted(spool::LetterId);
    /// Routes a letter that is about to be accepted, where a sorter can do so at once: then one
    /// commit says both. False: it is to be routed afterwards, and nothing of it is changed.
    Task<bool> route_ahead(std::shared_ptr<OpenLetter>);
    /// Nothing new is started; `done` is called when nothing is under way.
    void drain(std::function<void()> done);

    Workers& sorters() { return sorters_; }
    Workers& couriers() { return couriers_; }
    Workers& agents() { return agents_; }
    void capacities_changed();
    spool::Scheduler& scheduler() { return *scheduler_; }
    HostBook& hosts() { return hosts_; }
    void pump();

    /// Serves Method::read_letter: a worker reads on in a letter that it has in hand.
    Task<wire::Result<wire::Answer>> read_letter(const wire::Link*, wire::Frame);
    /// Serve Method::look_up and Method::routes, of a sorter that routes a letter.
    Task<wire::Result<wire::Answer>> look_up(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> take_routes(const wire::Link*, wire::Frame);
    /// What waits for this domain is due now, as much as fits. False: nothing waits.
    Task<bool> run_queue(mail::Domain);

    // For the administrator's desk.
    void waiting_again(const OpenLetter&, const spool::Delivery&);
    /// Of outcomes: at once, or with the letter's end.
    enum class Written : std::uint8_t { now, with_the_end };
    /// After a change of deliveries' states in memory: conclude() makes it durable, but for what
    /// settle() then says with the letter's end. Call both, in this order.
    Task<Written> conclude(std::shared_ptr<OpenLetter>, std::vector<spool::Spool::Update>,
                           std::vector<spool::TraceEvent>);
    Task<void> settle(std::shared_ptr<OpenLetter>);
    /// The end of a letter whose deliveries are final, tried once: after an error nothing is
    /// changed. `arrival`: it was never routed, and what it waited for.
    Task<store::Result<void>> end_once(std::shared_ptr<OpenLetter>,
                                       std::optional<spool::Spool::Arrival> arrival);
    /// Takes an unrouted letter out of those to be routed; accepted() puts it back.
    enum class Withdrawal : std::uint8_t { done, not_waiting, being_routed };
    Withdrawal withdraw(spool::LetterId);

private:
    // routing: dispatch_routing.cpp
    void route_more();
    Task<void> route(spool::LetterId, Workers::Company);
    /// Is a letter to be routed once more?
    enum class Again : std::uint8_t { no, with_others, alone };
    Task<store::Result<Again>> route_once(spool::LetterId, Workers::Company);
    Task<wire::Route> question_for(std::shared_ptr<const OpenLetter>);
    Task<store::Result<void>> apply_routes(std::shared_ptr<OpenLetter>,
                                           std::vector<wire::Routed::Delivery>, wire::Routed);
    RouteRows rows_of(OpenLetter&, const std::vector<wire::Routed::Delivery>&,
                      const wire::Routed& rewritten);
    static void note_routes(OpenLetter&, std::map<std::uint64_t, spool::Delivery>,
                            const spool::Spool::Notices&);
    void start_waiting(const OpenLetter&);
    Task<Again> suspect(spool::LetterId, Workers::Company, spool::Loss);
    void schedule(const OpenLetter&, const spool::Delivery&);

    // routing ahead: dispatch_ahead.cpp
    struct Ahead;
    Task<void> ask_routes(std::shared_ptr<Ahead>);
    Task<void> ask_filed(std::shared_ptr<Ahead>);
    void accepted_routed(std::shared_ptr<OpenLetter>);

    // attempts: dispatch_attempts.cpp, dispatch_mailboxes.cpp, dispatch_local.cpp
    Task<void> attempt(spool::decision::Start);
    Task<void> attempt_remote(spool::decision::Start, std::shared_ptr<OpenLetter>);
    Task<void> attempt_mailbox(spool::decision::Start, std::shared_ptr<OpenLetter>);
    struct Filing {
        enum class End : std::uint8_t { delivered, failed, deferred, lost } end = End::deferred;
        std::string status, text;
        spool::Loss loss = spool::Loss::stopped;
    };
    Task<std::expected<std::unique_ptr<wire::Filed>, Filing>>
        ask_sorter(std::shared_ptr<OpenLetter>, spool::Delivery, Workers::Company);
    Task<Filing> file(std::shared_ptr<OpenLetter>, spool::Delivery, Workers::Company);
    Task<std::expected<wire::Attempted, spool::Loss>> carry(std::shared_ptr<OpenLetter>,
                                                            wire::Attempt, Workers::Company);
    Task<void> attempt_local(spool::decision::Start, std::shared_ptr<OpenLetter>);

    // outcomes: dispatch_outcomes.cpp
    Task<Written> record(const spool::decision::Start&, std::shared_ptr<OpenLetter>,
                         const wire::Attempted&);
    Task<void> forget_filed(std::shared_ptr<OpenLetter>, std::vector<spool::DeliveryId>);
    spool::Spool::Update outcome(OpenLetter&, spool::DeliveryId, const wire::Attempted::Outcome&,
                                 std::optional<Timestamp> due, Timestamp now,
                                 std::vector<spool::TraceEvent>&);
    static std::optional<spool::Expansion> expansion_of(const spool::Delivery&,
                                                        const wire::Attempted::Outcome&);
    std::optional<spool::NoticeDue> warning_due(const OpenLetter&, spool::Delivery&, Timestamp now);
    bool is_over(const OpenLetter&, Timestamp now) const;
    Task<void> lost(const spool::decision::Start&, std::shared_ptr<OpenLetter>, spool::Loss);
    Task<void> load(spool::decision::Load);
    Task<void> expire(spool::decision::Expire);
    Task<wire::Result<std::string>> whole_letter(const OpenLetter&);
    Task<store::Result<std::string>> head_of(const OpenLetter&);

    // ends: dispatch_endings.cpp
    Task<void> notify(std::shared_ptr<OpenLetter>);
    /// Whom a letter's notices are for.
    struct Addressee {
        std::string address;
        bool double_bounce = false;
    };
    std::optional<Addressee> addressee_of(const OpenLetter&, const spool::NoticeDue&) const;
    Task<bool> notify_once(OpenLetter&, Addressee, const std::vector<spool::Spool::Notice>&,
                           const spool::Spool::Told&);
    wire::Notify notification_order(const OpenLetter&, const Addressee&,
                                    const std::vector<spool::Spool::Notice>&, Timestamp now) const;
    Task<void> close_in_pages(std::shared_ptr<OpenLetter>, spool::Spool::Ending, Timestamp now);
    Task<void> close_left(spool::LetterId);
    Task<spool::Spool::Ending> ending_of(const OpenLetter&, Timestamp now);
    Task<void> finish(std::shared_ptr<OpenLetter>);
    Task<void> shed_events(std::shared_ptr<OpenLetter>, spool::Spool::Ending&);
    Task<void> ended(std::shared_ptr<OpenLetter>, spool::Spool::Body);
    Task<spool::Spool::Body> fate_of_body(const OpenLetter&);
    Task<void> release_claim(std::size_t shard, store::BlobId);

    // keeping house: dispatch.cpp
    Task<void> sweep();
    Task<void> settle_left(std::shared_ptr<OpenLetter>);
    Task<void> read_hints(Timestamp now);
    void pause_for(Duration);
    Task<void> sleep(Duration);
    spool::PolicyOf policies() const;
    DelayTerms terms_for(std::string_view destination) const
    {
        return delay_terms(office_.config(), destination);
    }
    void begin() { ++under_way_; }
    void end();

    Office& office_;
    Letters& letters_;
    Workers sorters_, couriers_, agents_;
    SystemRandom random_;
    std::unique_ptr<spool::Scheduler> scheduler_;
    HostBook hosts_;
    boost::asio::steady_timer wake_;
    std::deque<spool::LetterId> unsorted_;
    std::deque<spool::LetterId> suspects_;           // brought a sorter down while being routed
    std::map<std::uint64_t, std::uint32_t> crashes_; // of letters being routed, alone
    using LettersInHand = std::multiset<std::pair<const wire::Link*, std::uint64_t>>;
    std::shared_ptr<LettersInHand> in_hand_ = std::make_shared<LettersInHand>();
    /// Where the pages of routes of letters that are being routed go.
    std::map<std::pair<const wire::Link*, std::uint64_t>, std::vector<wire::Routed::Delivery>*>
        pages_;
    std::size_t routing_ = 0;
    std::set<std::uint64_t> being_routed_;
    bool routing_suspect_ = false;
    bool unsorted_on_disk_ = false;
    std::size_t under_way_ = 0;
    bool draining_ = false;
    std::function<void()> drained_;
};

} // namespace posthouse::keeper
