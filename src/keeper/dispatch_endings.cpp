// SPDX-License-Identifier: Apache-2.0
// How letters end: senders are told of failures, then the letter's rows go.
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/lines.hpp"

#include <algorithm>

namespace posthouse::keeper {
namespace {

constexpr auto store_patience = std::chrono::seconds(2);
constexpr std::size_t words_in_all = 512 * 1024; // hosts' words in one notification
constexpr std::size_t notices_a_letter = 1000;   // told in one

} // namespace

/// Whatever is to be done for a letter when nothing of it is under way.
Task<void> Dispatch::settle(std::shared_ptr<OpenLetter> letter)
{
    if (letter->settling || letter->ended)
        co_return;
    letter->settling = true;
    // Recipients that fail together share a notification: wait for those not tried yet.
    while (!letter->ended && !letter->notices.empty() && letter->routed && !letter->untried() &&
           !letter->under_way())
        co_await notify(letter);
    if (!letter->ended && letter->has_nothing_left() && !letter->under_way())
        co_await finish(letter);
    letter->settling = false;
    if (letter->ended || (!letter->under_way() && letter->routed))
        letters_.close(letter->id);
}

/// Whom to tell. Never in answer to a null sender (RFC 5321 §6.1): then the postmaster is told, but
/// not of what failed to reach himself.
std::optional<Dispatch::Addressee> Dispatch::addressee_of(const OpenLetter& letter,
                                                          const spool::NoticeDue& notice) const
{
    const auto& sender = notice.has_sender() ? notice.sender() : letter.record.sender();
    if (!sender.empty())
        return Addressee{sender, false};
    const auto& config = office_.config().notifications;
    if (letter.record.double_bounce() || !config.tell_postmaster ||
        notice.action() != spool::ACTION_FAILED)
        return std::nullopt;
    return Addressee{config.postmaster ? config.postmaster->text()
                                       : routing::postmaster_of(office_.config().hostname).text(),
                     true};
}

/// Tells one of those who are owed a notice, and ends the letter in the same commit if there is
/// nothing else to do.
Task<void> Dispatch::notify(std::shared_ptr<OpenLetter> letter)
{
    const auto address_of = [](const std::optional<Addressee>& whom) {
        return whom ? whom->address : std::string();
    };
    const auto whom = addressee_of(*letter, letter->notices.front().record);
    std::vector<spool::Spool::Notice> notices;
    for (const auto& notice : letter->notices)
        if (address_of(addressee_of(*letter, notice.record)) == address_of(whom) &&
            notices.size() < notices_a_letter)
            notices.push_back(notice);
    spool::Spool::Told told;
    for (const auto& notice : notices)
        told.deliveries.push_back(notice.delivery);
    const auto now = wall_clock();
    if (letter->settled() && notices.size() == letter->notices.size() &&
        letter->deliveries.size() <= deliveries_an_end)
        told.ending = co_await ending_of(*letter, now);
    const bool ends = told.ending.has_value();
    for (;;) {
        bool done = false;
        if (!whom) { // The log and the trace tell.
            log::warning(
                "notification.undeliverable",
                {{"letter", letter->id.text()}, {"recipient", notices.front().record.recipient()}});
            done = (co_await office_.spool.drop_notices(letter->id, told, now)).has_value();
        } else {
            done = co_await notify_once(*letter, *whom, notices, told);
        }
        if (done)
            break;
        co_await sleep(store_patience);
    }
    std::erase_if(letter->notices, [&](const auto& notice) {
        return std::ranges::find(told.deliveries, notice.delivery) != told.deliveries.end();
    });
    if (ends)
        co_await ended(letter, told.ending->body);
}

namespace {

wire::Notify::Told::Action action_of(spool::Action action)
{
    switch (action) {
    case spool::ACTION_DELAYED:
        return wire::Notify::Told::DELAYED;
    case spool::ACTION_DELIVERED:
        return wire::Notify::Told::DELIVERED;
    case spool::ACTION_RELAYED:
        return wire::Notify::Told::RELAYED;
    case spool::ACTION_EXPANDED:
        return wire::Notify::Told::EXPANDED;
    default:
        return wire::Notify::Told::FAILED;
    }
}

} // namespace

wire::Notify Dispatch::notification_order(const OpenLetter& letter, const Addressee& whom,
                                          const std::vector<spool::Spool::Notice>& notices,
                                          Timestamp now) const
{
    const auto& config = office_.config();
    const auto& record = letter.record;
    wire::Notify order;
    order.set_letter(letter.id.value);
    order.set_sender(whom.address);
    order.set_hostname(config.hostname.text());
    order.set_postmaster(routing::postmaster_of(config.hostname).text());
    order.set_at(to_microseconds(now));
    order.set_envelope_id(record.envelope_id());
    order.set_received_at(record.received_at());
    order.set_received_from(record.client_name().empty() ? record.helo() : record.client_name());
    order.set_smtputf8(record.smtputf8());
    order.set_language(
        config.notifications.language == config::Notifications::Language::chinese ? "zh" : "en");
    order.set_template_(office_.settings().notification_template);
    order.set_double_bounce(whom.double_bounce);
    // All of it is one message: many recipients share its room.
    const auto words = std::max<std::size_t>(128, words_in_all / notices.size());
    for (const auto& notice : notices) {
        auto* told = order.add_told();
        told->set_recipient(notice.record.recipient());
        told->set_final_address(notice.record.final_address());
        told->set_status(notice.record.status());
        told->set_text(printable(notice.record.text(), words));
        // "mx.example.org[192.0.2.1]:25" is ours; a notification names the host. RFC 3464 §2.3.5
        const auto& host = notice.record.host();
        told->set_remote_host(host.substr(0, std::max<std::size_t>(host.find('['), 1)));
        told->set_original(notice.record.original());
        told->set_action(action_of(notice.record.action()));
        told->set_tried_at(notice.record.tried_at());
        told->set_given_up_at(notice.record.given_up_at());
        told->set_output(printable_lines(notice.record.output(), words));
    }
    return order;
}

/// False: try again later.
Task<bool> Dispatch::notify_once(OpenLetter& letter, Addressee whom,
                                 const std::vector<spool::Spool::Notice>& notices,
                                 const spool::Spool::Told& told)
{
    const auto now = wall_clock();
    auto order = notification_order(letter, whom, notices, now);
    // RFC 3461 §4.3: RET is about failures; of everything else the header is enough.
    const LetterText text(letter.record);
    const bool failed = std::ranges::any_of(
        notices, [](const auto& notice) { return notice.record.action() == spool::ACTION_FAILED; });
    order.set_whole(failed && letter.record.ret() == "FULL" &&
                    text.bytes() <= Limits::returned_letter);
    const auto original =
        (co_await text.read(office_.engine, 0,
                            order.whole() ? text.bytes() : text.prefix_bytes() + Limits::header,
                            letter.body))
            .value_or("");
    auto place = co_await sorters_.take(Workers::Company::shared);
    auto composed =
        co_await place.link()->call<wire::Notification>(wire::Method::notify, order, original);
    bool impossible = !composed && composed.error() == wire::Failure::invalid;
    if (!composed && composed.error() == wire::Failure::closed &&
        co_await place.loss() == spool::Loss::crashed)
        impossible = ++letter.notify_crashes >= Limits::crashes;
    place = {};
    if (impossible ||
        (composed && (composed->raw.empty() || composed->raw.size() > store::Limits::small_blob))) {
        // What no sorter can make sense of would be asked for ever; the trace keeps the failure.
        log::error("notification.impossible", {{"letter", letter.id.text()}});
        co_return (co_await office_.spool.drop_notices(letter.id, told, now)).has_value();
    }
    if (!composed)
        co_return false;

    spool::Spool::NewLetter report;
    report.id = office_.letter_ids.next_beside(letter.id, now);
    report.recipients = {whom.address};
    const auto report_blob = office_.engine.blobs().new_id();
    report.record.set_body(report_blob.bytes());
    report.record.set_body_bytes(composed->raw.size());
    report.record.set_received_at(to_microseconds(now));
    // Its header is ASCII but for these; what is global of the original is encoded otherwise.
    report.record.set_smtputf8(!is_ascii(whom.address) ||
                               !is_ascii(office_.config().hostname.text()));
    report.record.set_body_type(is_ascii(composed->raw) ? "7BIT" : "8BITMIME");
    report.record.set_notification_of(letter.id.value);
    report.record.set_double_bounce(whom.double_bounce);
    report.body = std::move(composed->raw);
    const auto id = report.id;
    auto accepted_it =
        co_await office_.spool.accept_notification(std::move(report), letter.id, told, now);
    if (!accepted_it)
        co_return false;
    log::info("notification.made", {{"letter", id.text()}, {"about", letter.id.text()}});
    accepted(id);
    co_return true;
}

// ---- the end --------------------------------------------------------------------------------

/// A body with one mailbox goes over to it; one with several has claims; else it goes.
Task<spool::Spool::Body> Dispatch::fate_of_body(const OpenLetter& letter)
{
    if (letter.record.shared_body())
        co_return spool::Spool::Body::release_claim;
    for (const auto& [id, open] : letter.deliveries) {
        if (open.record.account() == 0)
            continue;
        if (open.record.state() == spool::DELIVERED)
            co_return spool::Spool::Body::handed_over;
        // Removed by hand after a crash between the mailbox's commit and ours? Then it has it.
        auto account =
            co_await office_.open_accounts.open(mailbox::AccountId{open.record.account()});
        if (account && (co_await (*account)->was_delivered(id)).value_or(true))
            co_return spool::Spool::Body::handed_over;
    }
    co_return spool::Spool::Body::drop;
}

Task<spool::Spool::Ending> Dispatch::ending_of(const OpenLetter& letter, Timestamp now)
{
    spool::Spool::Ending ending;
    ending.letter = letter.record;
    for (const auto& [id, open] : letter.deliveries) {
        ending.deliveries.push_back(open.record);
        ending.old_dues.push_back(open.due_row);
    }
    ending.event_keys = letter.event_keys;
    for (const auto& expansion : letter.expansions)
        ending.expansions.push_back({expansion.delivery()});
    if (letter.over)
        ending.arrival = spool::Spool::Arrival::to_route;
    ending.body = co_await fate_of_body(letter);
    auto& story = ending.story;
    story.set_sender(letter.record.sender());
    for (std::size_t i = 0; i < std::min<std::size_t>(letter.recipients.size(), 10); ++i)
        story.add_recipients(letter.recipients[i]);
    story.set_received_at(letter.record.received_at());
    story.set_finished_at(to_microseconds(now));
    story.set_bytes(letter.record.body_bytes());
    std::size_t room = store::Limits::value / 2;
    for (auto& event : story_of(letter)) {
        if (event.text().size() + 64 > room)
            break;
        room -= event.text().size() + 64;
        *story.add_events() = std::move(event);
    }
    co_return ending;
}

Task<void> Dispatch::finish(std::shared_ptr<OpenLetter> letter)
{
    const auto now = wall_clock();
    auto ending = co_await ending_of(*letter, now);
    if (ending.deliveries.size() > deliveries_an_end)
        co_return co_await close_in_pages(letter, std::move(ending), now);
    for (;;) {
        auto done = co_await office_.spool.finish(letter->id, ending, now);
        if (done)
            break;
        if (done.error() == store::Error::too_large && !letter->event_keys.empty()) {
            co_await shed_events(letter, ending);
            continue;
        }
        log::warning("letter.not_ended",
                     {{"letter", letter->id.text()}, {"reason", store::describe(done.error())}});
        co_await sleep(store_patience);
    }
    co_await ended(letter, ending.body);
}

/// More deliveries than one commit takes: first that it ends, then its rows page by page, then the
/// letter itself. State 6k of docs/queue.md
Task<void> Dispatch::close_in_pages(std::shared_ptr<OpenLetter> letter, spool::Spool::Ending ending,
                                    Timestamp now)
{
    co_await shed_events(letter, ending);
    while (!ending.was_closing && !co_await office_.spool.begin_closing(letter->id, ending))
        co_await sleep(store_patience);
    ending.was_closing = true;
    while (!ending.deliveries.empty()) {
        std::vector<spool::Spool::ClosedRow> rows;
        const auto some = std::min(ending.deliveries.size(), deliveries_an_end);
        for (auto i = ending.deliveries.size() - some; i < ending.deliveries.size(); ++i)
            rows.push_back({ending.deliveries[i], ending.old_dues[i]});
        if (co_await office_.spool.close_page(letter->id, std::move(rows))) {
            ending.deliveries.resize(ending.deliveries.size() - some);
            ending.old_dues.resize(ending.deliveries.size());
        } else {
            co_await sleep(store_patience);
        }
    }
    const auto body = ending.body;
    while (!co_await office_.spool.finish(letter->id, ending, now))
        co_await sleep(store_patience);
    co_await ended(letter, body);
}

/// Its end had begun when the last run ended.
Task<void> Dispatch::close_left(spool::LetterId id)
{
    auto opened = co_await letters_.open(id);
    if (opened && (*opened)->closing && !(*opened)->settling) {
        const auto letter = *opened;
        letter->settling = true;
        spool::Spool::Ending ending;
        ending.letter = letter->record;
        for (const auto& [key, open] : letter->deliveries) {
            ending.deliveries.push_back(open.record);
            ending.old_dues.push_back(open.due_row);
        }
        ending.event_keys = letter->event_keys;
        ending.story = letter->closing->story();
        ending.body = static_cast<spool::Spool::Body>(letter->closing->body());
        ending.was_closing = true;
        co_await close_in_pages(letter, std::move(ending), wall_clock());
    }
    end();
}

/// More rows than one commit takes: those of the trace go first, its story is in the end.
Task<void> Dispatch::shed_events(std::shared_ptr<OpenLetter> letter, spool::Spool::Ending& ending)
{
    while (!letter->event_keys.empty()) {
        const auto some = std::min<std::size_t>(letter->event_keys.size(), 1000);
        std::vector<std::string> keys(letter->event_keys.end() - static_cast<std::ptrdiff_t>(some),
                                      letter->event_keys.end());
        if (co_await office_.spool.erase_events(letter->id, std::move(keys)))
            letter->event_keys.resize(letter->event_keys.size() - some);
        else
            co_await sleep(store_patience);
    }
    ending.event_keys.clear();
}

Task<store::Result<void>> Dispatch::end_once(std::shared_ptr<OpenLetter> letter,
                                             std::optional<spool::Spool::Arrival> arrival)
{
    if (letter->settling || letter->ended)
        co_return store::Result<void>{};
    letter->settling = true;
    const auto now = wall_clock();
    auto ending = co_await ending_of(*letter, now);
    if (arrival)
        ending.arrival = arrival;
    auto done = co_await office_.spool.finish(letter->id, ending, now);
    letter->settling = false;
    if (done)
        co_await ended(letter, ending.body);
    co_return done;
}

Task<void> Dispatch::ended(std::shared_ptr<OpenLetter> letter, spool::Spool::Body body)
{
    letter->ended = true;
    letters_.close(letter->id);
    log::debug("letter.ended", {{"letter", letter->id.text()}});
    std::vector<spool::DeliveryId> filed;
    for (const auto id : letter->filed)
        filed.push_back({id});
    co_await forget_filed(letter, std::move(filed));
    if (body == spool::Spool::Body::release_claim)
        if (const auto blob = store::BlobId::from_bytes(letter->record.body()))
            co_await release_claim(letter->id.shard(), *blob);
}

/// The queue's own claim on a body that mailboxes share; repeated at the next start if need be.
Task<void> Dispatch::release_claim(std::size_t shard, store::BlobId blob)
{
    mailbox::SharedBodies bodies(office_.engine);
    // No mailbox ever claimed it: then there is only the body.
    auto claimed = co_await bodies.is_claimed(blob);
    if (!claimed)
        co_return;
    if (!*claimed) {
        if (!co_await office_.engine.blobs().remove(blob))
            co_return;
    } else if (!co_await bodies.release(blob, mailbox::SharedBodies::queue_claim)) {
        co_return;
    }
    co_await office_.spool.release_done(shard, blob);
}

} // namespace posthouse::keeper
