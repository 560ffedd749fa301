// SPDX-License-Identifier: Apache-2.0
// What became of attempts, and how it is written down.
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/lines.hpp"
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
    const auto* event = delivery.state() == spool::DELIVERED  ? "delivery.delivered"
                        : delivery.state() == spool::FAILED   ? "delivery.failed"
                        : delivery.state() == spool::EXPANDED ? "delivery.expanded"
                                                              : "delivery.deferred";
    log::info(event, {{"letter", letter.text()},
                      {"recipient", delivery.recipient()},
                      {"destination", delivery.destination()},
                      {"attempt", delivery.attempts()},
                      {"host", delivery.host()},
                      {"status", delivery.status()},
                      {"reply", delivery.text()}});
}

spool::TraceEvent event_at(Timestamp at, std::string name, std::string text)
{
    spool::TraceEvent event;
    event.set_at(to_microseconds(at));
    event.set_event(std::move(name));
    event.set_text(std::move(text));
    return event;
}

} // namespace

/// One outcome for each delivery; the last one counts for those without.
Task<Dispatch::Written> Dispatch::record(const spool::decision::Start& start,
                                         std::shared_ptr<OpenLetter> letter,
                                         const wire::Attempted& attempted)
{
    // What is being routed of it now is what was asked: what it is expanded to comes after that.
    const bool will_expand = std::ranges::any_of(attempted.outcomes(), [](const auto& one) {
        return one.result() == wire::Attempted::EXPANDED;
    });
    while (will_expand && being_routed_.contains(letter->id.value))
        co_await sleep(std::chrono::milliseconds(10));
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
        const auto next =
            std::ranges::find(deferred, start.deliveries[i], &spool::Deferred::delivery);
        auto due = next == deferred.end() ? std::optional(now) : next->due;
        if (is_over(*letter, now))
            due.reset();
        updates.push_back(outcome(*letter, start.deliveries[i], outcome_of(i), due, now, events));
    }
    if (!attempted.outcomes().empty() && start.destination != routing::mailbox_destination &&
        start.destination != routing::agent_destination) {
        const auto& last = attempted.outcomes(0);
        hosts_.note(start.destination,
                    {now, printable(last.host(), 255), printable(last.status(), 16),
                     printable(last.text(), 200), last.result() == wire::Attempted::DELIVERED});
    }
    for (const auto& line : attempted.trace() | std::views::take(trace_lines))
        events.push_back(event_at(now, "attempt", printable(line, Limits::reply_bytes)));
    const bool expands = std::ranges::any_of(
        updates, [](const auto& update) { return update.expansion.has_value(); });
    for (const auto& update : updates)
        if (update.expansion)
            letter->expansions.push_back(*update.expansion);
    if (expands) {
        letter->routed = false; // There is more to it now.
        ++letter->expanding;
    }
    const auto written = co_await conclude(letter, std::move(updates), std::move(events));
    for (const auto id : start.deliveries)
        letter->deliveries[id.value].under_way = false;
    // Not before every expansion's row is written: the last page of routes erases them.
    if (expands && --letter->expanding == 0)
        accepted(letter->id);
    else if (!expands)
        co_await settle(letter);
    scheduler_->recorded(start.attempt);
    co_return written;
}

/// What tells a sender of a failure need not be tried for as long as other letters.
bool Dispatch::is_over(const OpenLetter& letter, Timestamp now) const
{
    return letter.record.sender().empty() && now - from_microseconds(letter.record.received_at()) >=
                                                 office_.config().queue.notification_lifetime;
}

/// One delivery's outcome in memory; what is to be written of it. `due`: when it would be tried
/// again; nothing: its time is over.
spool::Spool::Update Dispatch::outcome(OpenLetter& letter, spool::DeliveryId id,
                                       const wire::Attempted::Outcome& outcome,
                                       std::optional<Timestamp> due, Timestamp now,
                                       std::vector<spool::TraceEvent>& events)
{
    auto& open = letter.deliveries[id.value];
    auto& delivery = open.record;
    spool::Spool::Update update;
    update.old_due = std::exchange(open.due_row, std::nullopt);
    delivery.set_attempts(delivery.attempts() + 1);
    delivery.set_status(printable(outcome.status(), 16));
    delivery.set_text(printable(outcome.text(), Limits::reply_bytes));
    delivery.set_host(printable(outcome.host(), 255));
    delivery.set_output(printable_lines(outcome.output(), Limits::output_bytes));
    auto result = outcome.result();
    if (result == wire::Attempted::EXPANDED) {
        update.expansion = expansion_of(delivery, outcome);
        if (!update.expansion) { // A worker that says what cannot be.
            result = wire::Attempted::FAILED;
            delivery.set_status("5.3.5");
            delivery.set_text("forwarded to what is no address");
        }
    }
    if (result == wire::Attempted::DEFERRED && !due) {
        result = wire::Attempted::FAILED;
        delivery.set_text("given up; last: " + delivery.text());
        if (!delivery.status().starts_with('5'))
            delivery.set_status("5.4.7"); // RFC 3463 §3.5: delivery time expired
    }
    switch (result) {
    case wire::Attempted::DEFERRED:
        delivery.set_due(to_microseconds(*due));
        open.due_row = due;
        events.push_back(event_at(now, "deferred",
                                  "<" + delivery.recipient() + "> " + delivery.status() + " " +
                                      (delivery.host().empty() ? "" : delivery.host() + ": ") +
                                      delivery.text()));
        update.notice = warning_due(letter, delivery, now);
        break;
    case wire::Attempted::DELIVERED:
        delivery.set_state(spool::DELIVERED);
        if (!delivery.destination().starts_with("smtp:") &&
            !delivery.destination().starts_with("via:"))
            update.notice = spool::notice_owed(delivery, spool::ACTION_DELIVERED);
        break;
    case wire::Attempted::RELAYED: // Nobody after us will say that it arrived.
        delivery.set_state(spool::DELIVERED);
        delivery.set_relayed(true);
        update.notice = spool::notice_owed(delivery, spool::ACTION_RELAYED);
        break;
    case wire::Attempted::EXPANDED:
        delivery.set_state(spool::EXPANDED);
        if (outcome.recipients_size() > 1)
            update.notice = spool::notice_owed(delivery, spool::ACTION_EXPANDED);
        break;
    default:
        delivery.set_state(spool::FAILED);
        update.notice = spool::notice_owed(delivery, spool::ACTION_FAILED);
    }
    if (is_final(delivery.state()))
        delivery.set_settled_at(to_microseconds(now));
    if (update.notice)
        update.notice->set_tried_at(to_microseconds(now));
    log_outcome(letter.id, delivery);
    update.record = delivery;
    return update;
}

/// What a .forward or the like has put in a delivery's place; nothing if that makes no sense.
std::optional<spool::Expansion> Dispatch::expansion_of(const spool::Delivery& delivery,
                                                       const wire::Attempted::Outcome& outcome)
{
    if (outcome.recipients().empty() || outcome.recipients_size() > Limits::forwards ||
        delivery.through_size() >= Limits::forwards_in_a_row)
        return std::nullopt;
    spool::Expansion expansion;
    expansion.set_delivery(delivery.id());
    expansion.set_user(delivery.user());
    expansion.set_recipient(delivery.recipient());
    *expansion.mutable_through() = delivery.through();
    expansion.add_through(delivery.final_address());
    const bool several = outcome.recipients_size() > 1;
    expansion.set_notify(delivery.notify());
    if (several && (delivery.notify() & spool::notify_success) != 0) {
        const auto rest = delivery.notify() & ~spool::notify_success;
        expansion.set_notify(rest == 0 ? spool::notify_never : rest);
    }
    expansion.set_original(delivery.original());
    expansion.set_has_sender(delivery.has_sender());
    expansion.set_sender(delivery.sender());
    expansion.set_list(delivery.list());
    for (const auto& recipient : outcome.recipients()) {
        if (recipient.empty() || printable(recipient, Limits::forward_bytes) != recipient)
            return std::nullopt;
        expansion.add_recipients(recipient);
    }
    return expansion;
}

/// The first time that a delivery has waited too long, its sender is told.
std::optional<spool::NoticeDue> Dispatch::warning_due(const OpenLetter& letter,
                                                      spool::Delivery& delivery, Timestamp now)
{
    if (delivery.warned() || letter.record.sender().empty())
        return std::nullopt;
    const auto terms = terms_for(delivery.destination());
    const auto accepted_at = from_microseconds(letter.record.received_at());
    if (terms.warn_after.count() == 0 || now - accepted_at < terms.warn_after)
        return std::nullopt;
    delivery.set_warned(true);
    auto notice = spool::notice_owed(delivery, spool::ACTION_DELAYED);
    if (notice)
        notice->set_given_up_at(to_microseconds(accepted_at + terms.lifetime));
    return notice;
}

/// Writes outcomes down, unless they are the last thing to happen to the letter: then its end,
/// which settle() writes, says it all in one commit, and no state is left between the two.
Task<Dispatch::Written> Dispatch::conclude(std::shared_ptr<OpenLetter> letter,
                                           std::vector<spool::Spool::Update> updates,
                                           std::vector<spool::TraceEvent> events)
{
    for (const auto& update : updates)
        if (update.notice)
            letter->notices.push_back(
                {spool::key_of_notice({update.record.id()}, update.notice->action()),
                 *update.notice});
    // The end erases them all in one commit, so their number has a bound; the last words of each
    // delivery are in its own record besides.
    if (letter->events.size() + events.size() > events_of_a_letter)
        events.clear();
    letter->events.insert(letter->events.end(), events.begin(), events.end());
    // It may take away the row that finds the letter, if others are to be done with it: these are.
    while (letter->last_page_under_way)
        co_await sleep(std::chrono::milliseconds(10));
    if (letter->has_nothing_left()) {
        for (auto& update : updates) // Still on disk, for the end to erase.
            letter->deliveries[update.record.id()].due_row = update.old_due;
        co_return Written::with_the_end;
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
            co_return Written::now;
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
        updates.push_back({open.record, std::exchange(open.due_row, std::nullopt)});
    }
    if (updates.empty()) {
        pump();
        co_return;
    }
    while (!co_await office_.spool.record(letter->id, updates, {}))
        co_await sleep(store_patience);
    for (const auto& update : updates)
        scheduler_->removed(letter->id, {update.record.id()});
    co_await settle(letter); // Others may have failed, and waited for these.
    pump();
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
            found->second.record.state() != spool::WAITING || found->second.under_way)
            continue;
        auto& delivery = found->second.record;
        delivery.set_state(spool::FAILED);
        delivery.set_status("5.4.7");
        delivery.set_text("given up; last: " + delivery.text());
        delivery.set_settled_at(to_microseconds(wall_clock()));
        found->second.under_way = true;
        updates.push_back({delivery, std::exchange(found->second.due_row, std::nullopt),
                           spool::notice_owed(delivery, spool::ACTION_FAILED)});
    }
    if (!updates.empty())
        co_await conclude(letter, updates, {});
    for (const auto& update : updates)
        letter->deliveries[update.record.id()].under_way = false;
    co_await settle(letter);
    for (const auto id : expired.deliveries)
        scheduler_->removed(expired.letter, id);
    end();
    pump();
}

} // namespace posthouse::keeper
