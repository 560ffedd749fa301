// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "spool/notice.hpp"

#include <algorithm>
#include <ranges>

namespace posthouse::keeper {
namespace {

constexpr auto store_patience = std::chrono::seconds(2);
constexpr std::size_t trace_lines = 20;         // of one attempt
constexpr std::size_t events_of_a_letter = 500; // on disk: store::Limits::commit_rows
constexpr std::ptrdiff_t updates_a_commit = 500;

void log_outcome(spool::LetterId letter, const spool::Delivery& delivery)
{
    const auto* event = delivery.state() == spool::DELIVERED ? "delivery.delivered"
                        : delivery.state() == spool::FAILED  ? "delivery.failed"
                                                             : "delivery.deferred";
    log::info(event, {{"letter", letter.text()},
                      {"recipient", delivery.recipient()},
                      {"destination", delivery.destination()},
                      {"attempt", delivery.attempts()},
                      {"host", delivery.host()},
                      {"status", delivery.status()},
                      {"reply", delivery.text()}});
}

/// Did the worker do badly by the letter? Only then is the letter suspect; a full disk, or a body
/// that cannot be read at present, is nobody's fault.
bool is_the_worlds_fault(wire::Failure failure)
{
    return failure == wire::Failure::unavailable || failure == wire::Failure::no_space ||
           failure == wire::Failure::busy;
}

/// Keeps a worker's right to read on in a letter for as long as it has it in hand.
class InHand {
public:
    using Set = std::multiset<std::pair<const wire::Link*, std::uint64_t>>;
    InHand(std::shared_ptr<Set> set, const wire::Link* link, std::uint64_t letter)
        : set_(std::move(set)),
          entry_(set_->emplace(link, letter)) // Two attempts may have one letter in hand.
    {
    }
    InHand(const InHand&) = delete;
    ~InHand() { set_->erase(entry_); }

private:
    std::shared_ptr<Set> set_;
    Set::iterator entry_;
};

} // namespace

Task<void> Dispatch::attempt(spool::decision::Start start)
{
    auto opened = co_await letters_.open(start.letter);
    if (!opened) {
        if (opened.error() != store::Error::not_found) {
            log::error("letter.damaged", {{"letter", start.letter.text()},
                                          {"reason", store::describe(opened.error())}});
        }
        // Rows that lead nowhere are not looked at again in this run.
        scheduler_->attempt_lost(start.attempt, spool::Loss::stopped);
        scheduler_->removed(start.letter);
        end();
        pump();
        co_return;
    }
    auto letter = std::move(*opened);
    const auto asked_for = start.deliveries;
    std::erase_if(start.deliveries, [&](spool::DeliveryId id) {
        const auto found = letter->deliveries.find(id.value);
        // Not before routing is complete: only then is it known whose the body will be.
        return !letter->routed ||
               found == letter->deliveries.end() || // Or an administrator is at it just now.
               found->second.record.state() != spool::WAITING || found->second.under_way;
    });
    for (const auto id : start.deliveries)
        letter->deliveries[id.value].under_way = true;
    if (start.deliveries.empty()) { // Their end is being written just now.
        scheduler_->attempt_ended(start.attempt, {asked_for, {}, spool::Health::unknown, 0},
                                  wall_clock());
        scheduler_->recorded(start.attempt);
    } else if (start.destination == routing::mailbox_destination)
        co_await attempt_mailbox(start, letter);
    else
        co_await attempt_remote(start, letter);
    end();
    pump();
    if (sorters_.waiting() == 0)
        route_more();
}

Task<wire::Result<std::string>> Dispatch::whole_letter(const OpenLetter& letter)
{
    if (letter.record.body_bytes() > Limits::inline_body)
        co_return std::string();
    if (!letter.body.empty())
        co_return letter.record.prefix() + letter.body;
    const auto blob = store::BlobId::from_bytes(letter.record.body());
    if (!blob)
        co_return std::unexpected(wire::Failure::invalid);
    auto body = co_await office_.engine.blobs().read(*blob, 0, Limits::inline_body);
    if (!body)
        co_return std::unexpected(failure_of(body.error()));
    co_return letter.record.prefix() + *body;
}

// ---- other hosts ----------------------------------------------------------------------------

Task<void> Dispatch::attempt_remote(spool::decision::Start start,
                                    std::shared_ptr<OpenLetter> letter)
{
    wire::Attempt order;
    order.set_letter(letter->id.value);
    order.set_destination(start.destination);
    order.set_sender(letter->record.sender());
    order.set_bytes(letter->record.prefix().size() + letter->record.body_bytes());
    order.set_smtputf8(letter->record.smtputf8());
    order.set_eight_bit(letter->record.body_type() == "8BITMIME");
    order.set_binary(letter->record.body_type() == "BINARYMIME");
    for (const auto id : start.deliveries)
        order.add_recipients(letter->deliveries[id.value].record.final_address());

    wire::Attempted none; // Every delivery deferred, for our own fault.
    auto bytes = co_await whole_letter(*letter);
    if (!bytes) {
        auto* outcome = none.add_outcomes();
        outcome->set_status("4.3.0");
        outcome->set_text("the letter's body cannot be read at present");
        co_return co_await record(start, letter, none);
    }
    const auto company = start.company == spool::decision::Start::Company::alone
                             ? Workers::Company::alone
                             : Workers::Company::shared;
    auto place = co_await couriers_.take(company);
    const InHand hold(in_hand_, place.link().get(), letter->id.value);
    auto attempted = co_await place.link()->call<wire::Attempted>(wire::Method::attempt, order,
                                                                  std::move(*bytes));
    if (!attempted && is_the_worlds_fault(attempted.error())) {
        place = {};
        auto* outcome = none.add_outcomes();
        outcome->set_status("4.3.0");
        outcome->set_text("our courier could not take it at present");
        co_return co_await record(start, letter, none);
    }
    if (!attempted) {
        const auto loss = attempted.error() == wire::Failure::closed ? co_await place.loss()
                                                                     : spool::Loss::crashed;
        place = {};
        co_return co_await lost(start, letter, loss);
    }
    place = {};
    co_await record(start, letter, attempted->message);
}

/// One outcome for each delivery; the last one counts for those without.
Task<void> Dispatch::record(const spool::decision::Start& start, std::shared_ptr<OpenLetter> letter,
                            const wire::Attempted& attempted)
{
    const auto now = wall_clock();
    spool::AttemptReport report;
    report.site = printable(attempted.site(), 255);
    report.health = attempted.site_troubled() ? spool::Health::troubled : spool::Health::answered;
    const auto outcome_of = [&](std::size_t i) {
        const auto count = static_cast<std::size_t>(attempted.outcomes_size());
        return count == 0 ? wire::Attempted::Outcome()
                          : attempted.outcomes(static_cast<int>(std::min(i, count - 1)));
    };
    if (attempted.outcomes().empty() || attempted.health_unknown())
        report.health = spool::Health::unknown;
    for (std::size_t i = 0; i < start.deliveries.size(); ++i)
        if (outcome_of(i).result() != wire::Attempted::DEFERRED)
            report.done.push_back(start.deliveries[i]);
    auto deferred = scheduler_->attempt_ended(start.attempt, report, now);
    pump(); // The place is free: others need not wait for our commit.

    std::vector<spool::Spool::Update> updates;
    std::vector<spool::TraceEvent> events;
    for (std::size_t i = 0; i < start.deliveries.size(); ++i) {
        auto& open = letter->deliveries[start.deliveries[i].value];
        auto& delivery = open.record;
        const auto outcome = outcome_of(i);
        spool::Spool::Update update;
        update.old_due = std::exchange(open.due_row, std::nullopt);
        delivery.set_attempts(delivery.attempts() + 1);
        delivery.set_status(printable(outcome.status(), 16));
        delivery.set_text(printable(outcome.text(), Limits::reply_bytes));
        delivery.set_host(printable(outcome.host(), 255));
        auto result = outcome.result();
        if (result == wire::Attempted::DEFERRED) {
            const auto next =
                std::ranges::find(deferred, start.deliveries[i], &spool::Deferred::delivery);
            if (next != deferred.end() && !next->due) {
                result = wire::Attempted::FAILED;
                delivery.set_text("given up; last: " + delivery.text());
                if (!delivery.status().starts_with('5'))
                    delivery.set_status("5.4.7"); // RFC 3463 §3.5: delivery time expired
            } else {
                delivery.set_due(to_microseconds(next == deferred.end() ? now : *next->due));
                open.due_row = from_microseconds(delivery.due());
                spool::TraceEvent event;
                event.set_at(to_microseconds(now));
                event.set_event("deferred");
                event.set_text("<" + delivery.recipient() + "> " + delivery.status() + " " +
                               (delivery.host().empty() ? "" : delivery.host() + ": ") +
                               delivery.text());
                events.push_back(std::move(event));
            }
        }
        if (result != wire::Attempted::DEFERRED) {
            delivery.set_state(result == wire::Attempted::DELIVERED ? spool::DELIVERED
                                                                    : spool::FAILED);
            delivery.set_settled_at(to_microseconds(now));
            update.owes_notice = result == wire::Attempted::FAILED;
        }
        log_outcome(letter->id, delivery);
        update.record = delivery;
        updates.push_back(std::move(update));
    }
    for (const auto& line : attempted.trace() | std::views::take(trace_lines)) {
        spool::TraceEvent event;
        event.set_at(to_microseconds(now));
        event.set_event("attempt");
        event.set_text(printable(line, Limits::reply_bytes));
        events.push_back(std::move(event));
    }
    co_await conclude(letter, std::move(updates), std::move(events));
    for (const auto id : start.deliveries)
        letter->deliveries[id.value].under_way = false;
    co_await settle(letter);
    scheduler_->recorded(start.attempt);
}

/// Writes outcomes down, unless they are the last thing to happen to the letter: then its end,
/// which settle() writes, says it all in one commit, and no state is left between the two.
Task<void> Dispatch::conclude(std::shared_ptr<OpenLetter> letter,
                              std::vector<spool::Spool::Update> updates,
                              std::vector<spool::TraceEvent> events)
{
    for (const auto& update : updates)
        if (update.owes_notice) {
            letter->notices.push_back({{update.record.id()}, spool::notice_of(update.record)});
        }
    // The end erases them all in one commit, so their number has a bound; the last words of each
    // delivery are in its own record besides.
    if (letter->events.size() + events.size() > events_of_a_letter)
        events.clear();
    letter->events.insert(letter->events.end(), events.begin(), events.end());
    if (letter->settled() && letter->notices.empty()) {
        for (auto& update : updates) // Still on disk, for the end to erase.
            letter->deliveries[update.record.id()].due_row = update.old_due;
        co_return;
    }
    std::uint32_t number = 0;
    for (const auto& event : events)
        letter->event_keys.push_back(
            spool::keys::event(letter->id, from_microseconds(event.at()), number++));
    while (std::ssize(updates) > updates_a_commit) { // Each commit is true by itself.
        std::vector<spool::Spool::Update> some(updates.end() - updates_a_commit, updates.end());
        if (co_await office_.spool.record(letter->id, some, {}))
            updates.erase(updates.end() - updates_a_commit, updates.end());
        else
            co_await sleep(store_patience);
    }
    for (;;) {
        auto done = co_await office_.spool.record(letter->id, updates, events);
        if (done)
            co_return;
        log::warning("outcome.not_recorded",
                     {{"letter", letter->id.text()}, {"reason", store::describe(done.error())}});
        co_await sleep(store_patience);
    }
}

Task<void> Dispatch::lost(const spool::decision::Start& start, std::shared_ptr<OpenLetter> letter,
                          spool::Loss loss)
{
    log::warning("attempt.lost", {{"letter", letter->id.text()},
                                  {"crashed", loss == spool::Loss::crashed ? "yes" : "no"}});
    for (const auto id : start.deliveries)
        letter->deliveries[id.value].under_way = false;
    const auto returned = scheduler_->attempt_lost(start.attempt, loss);
    std::vector<spool::Spool::Update> updates;
    for (const auto& back : returned) {
        auto& open = letter->deliveries[back.delivery.value];
        if (back.crashes_alone < Limits::crashes || open.record.state() != spool::WAITING)
            continue;
        log::error("letter.poison", {{"letter", letter->id.text()},
                                     {"recipient", open.record.recipient()},
                                     {"while", "delivering"}});
        open.record.set_state(spool::POISON);
        open.record.set_crashes(back.crashes_alone);
        updates.push_back({open.record, std::exchange(open.due_row, std::nullopt), false});
    }
    if (updates.empty()) {
        pump();
        co_return;
    }
    while (!co_await office_.spool.record(letter->id, updates, {}))
        co_await sleep(store_patience);
    for (const auto& update : updates)
        scheduler_->removed(letter->id, {update.record.id()});
    pump();
}

// ---- our own mailboxes ----------------------------------------------------------------------

Task<void> Dispatch::attempt_mailbox(spool::decision::Start start,
                                     std::shared_ptr<OpenLetter> letter)
{
    const auto company = start.company == spool::decision::Start::Company::alone
                             ? Workers::Company::alone
                             : Workers::Company::shared;
    wire::Attempted attempted;
    attempted.set_health_unknown(true); // A full disk says nothing about the other mailboxes.
    for (const auto id : start.deliveries) {
        auto filing = co_await file(letter, letter->deliveries[id.value].record, company);
        if (filing.end == Filing::End::lost)
            co_return co_await lost(start, letter, filing.loss);
        auto* outcome = attempted.add_outcomes();
        outcome->set_result(filing.end == Filing::End::delivered ? wire::Attempted::DELIVERED
                            : filing.end == Filing::End::failed  ? wire::Attempted::FAILED
                                                                 : wire::Attempted::DEFERRED);
        outcome->set_status(filing.status);
        outcome->set_text(filing.text);
    }
    if (attempted.outcomes().empty())
        attempted.add_outcomes();
    co_await record(start, letter, attempted);
    for (const auto id : start.deliveries) {
        const auto& delivery = letter->deliveries[id.value].record;
        if (delivery.state() != spool::DELIVERED)
            continue;
        auto account = co_await office_.open_accounts.open(mailbox::AccountId{delivery.account()});
        if (account)
            (*account)->forget_delivery(id.value);
    }
}

Task<Dispatch::Filing> Dispatch::file(std::shared_ptr<OpenLetter> letter, spool::Delivery delivery,
                                      Workers::Company company)
{
    const mailbox::AccountId account_id{delivery.account()};
    auto account = co_await office_.open_accounts.open(account_id);
    if (!account)
        co_return Filing{Filing::End::deferred, "4.2.0", "the mailbox cannot be opened at present"};
    // Then the body may be gone already: it was the mailbox's, and its message expunged.
    const bool before =
        !letter->fresh && (co_await (*account)->was_delivered(delivery.id())).value_or(false);
    if (before)
        co_return Filing{Filing::End::delivered, "2.0.0", "in the mailbox before"};

    // Routed to an account that has been removed since? Its partition is gone for good.
    if (!letter->fresh) {
        const auto path = mail::ForwardPath::parse(delivery.recipient());
        const auto facts = path ? co_await office_.facts_of(*path)
                                : std::expected<routing::Facts, wire::Failure>(routing::Facts());
        if (!facts)
            co_return Filing{Filing::End::deferred, "4.3.0", "accounts cannot be looked up"};
        if (delivery.account() != facts->account && delivery.account() != facts->catch_all_account)
            co_return Filing{Filing::End::failed, "5.1.1", "No such mailbox here any more"};
    }
    auto bytes = co_await whole_letter(*letter);
    if (!bytes)
        co_return Filing{Filing::End::deferred, "4.3.0",
                         "the letter's body cannot be read at present"};
    wire::File order;
    order.set_letter(letter->id.value);
    order.set_sender(letter->record.sender());
    order.set_recipient(delivery.recipient());
    order.set_final_address(delivery.final_address());
    order.set_bytes(letter->record.prefix().size() + letter->record.body_bytes());
    order.set_received_at(letter->record.received_at());
    auto place = co_await sorters_.take(company);
    wire::Result<wire::Typed<wire::Filed>> filed = std::unexpected(wire::Failure::closed);
    {
        const InHand hold(in_hand_, place.link().get(), letter->id.value);
        filed =
            co_await place.link()->call<wire::Filed>(wire::Method::file, order, std::move(*bytes));
    }
    if (!filed && is_the_worlds_fault(filed.error()))
        co_return Filing{Filing::End::deferred, "4.3.0", "our sorter could not file it at present"};
    if (!filed) {
        Filing lost_filing{Filing::End::lost, {}, {}};
        lost_filing.loss =
            filed.error() == wire::Failure::closed ? co_await place.loss() : spool::Loss::crashed;
        co_return lost_filing;
    }
    place = {};

    const auto blob = store::BlobId::from_bytes(letter->record.body());
    expects(blob.has_value());
    if (letter->record.shared_body()) {
        auto claimed =
            co_await mailbox::SharedBodies(office_.engine)
                .claim(*blob, mailbox::SharedBodies::claim_of(account_id, delivery.id()));
        if (!claimed)
            co_return Filing{Filing::End::deferred, "4.3.1", "the store cannot take it at present"};
    }
    mailbox::Account::Delivery message;
    message.id = delivery.id();
    message.message.set_body(letter->record.body());
    message.message.set_body_bytes(letter->record.body_bytes());
    message.message.set_prefix(filed->message.prefix() + letter->record.prefix());
    message.message.set_internal_date(letter->record.received_at());
    message.message.set_shared_body(letter->record.shared_body());
    message.message.set_summary(filed->message.summary());
    message.message.set_letter(letter->id.text());
    auto delivered = co_await (*account)->deliver(std::move(message), wall_clock());
    if (!delivered)
        co_return Filing{Filing::End::deferred, "4.3.1", "the store cannot take it at present"};
    co_return Filing{Filing::End::delivered, "2.0.0", "in the mailbox"};
}

// ---- expired while their site was dead --------------------------------------------------------

Task<void> Dispatch::expire(spool::decision::Expire expired)
{
    auto opened = co_await letters_.open(expired.letter);
    if (!opened) {
        scheduler_->removed(expired.letter);
        end();
        co_return;
    }
    auto letter = std::move(*opened);
    std::vector<spool::Spool::Update> updates;
    for (const auto id : expired.deliveries) {
        const auto found = letter->deliveries.find(id.value);
        if (!letter->routed || found == letter->deliveries.end() ||
            found->second.record.state() != spool::WAITING)
            continue;
        auto& delivery = found->second.record;
        delivery.set_state(spool::FAILED);
        delivery.set_status("5.4.7");
        delivery.set_text("given up; last: " + delivery.text());
        delivery.set_settled_at(to_microseconds(wall_clock()));
        updates.push_back({delivery, std::exchange(found->second.due_row, std::nullopt), true});
    }
    if (!updates.empty())
        co_await conclude(letter, std::move(updates), {});
    co_await settle(letter);
    for (const auto id : expired.deliveries)
        scheduler_->removed(expired.letter, id);
    end();
    pump();
}

} // namespace posthouse::keeper
