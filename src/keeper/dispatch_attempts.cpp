// SPDX-License-Identifier: Apache-2.0
// Attempts that couriers make.
#include "base/log.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/in_hand.hpp"
#include "keeper/letter_text.hpp"

#include <algorithm>
#include <map>

namespace posthouse::keeper {

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
    else if (start.destination == routing::agent_destination)
        co_await attempt_local(start, letter);
    else
        co_await attempt_remote(start, letter);
    end();
    pump();
    if (sorters_.waiting() == 0)
        route_more();
}

/// Empty: it is too large for one frame, and is to be read piece by piece.
Task<wire::Result<std::string>> Dispatch::whole_letter(const OpenLetter& letter)
{
    if (letter.record.body_bytes() > Limits::inline_body)
        co_return std::string();
    const LetterText text(letter.record);
    auto whole = co_await text.read(office_.engine, 0, text.bytes(), letter.body);
    if (!whole)
        co_return std::unexpected(failure_of(whole.error()));
    co_return std::move(*whole);
}

// ---- other hosts ----------------------------------------------------------------------------

namespace {

wire::Attempt order_for(const OpenLetter& letter, const std::string& destination)
{
    wire::Attempt order;
    const auto& record = letter.record;
    order.set_letter(letter.id.value);
    order.set_destination(destination);
    order.set_bytes(LetterText(record).bytes());
    order.set_smtputf8(record.smtputf8());
    order.set_eight_bit(record.body_type() == "8BITMIME");
    order.set_binary(record.body_type() == "BINARYMIME");
    order.set_ret(record.ret());
    order.set_envelope_id(record.envelope_id());
    return order;
}

const std::string& sender_of(const OpenLetter& letter, const spool::Delivery& delivery)
{
    return delivery.has_sender() ? delivery.sender() : letter.record.sender();
}

void add_recipient(wire::Attempt& order, const spool::Delivery& delivery)
{
    order.add_recipients(delivery.final_address());
    auto* terms = order.add_terms();
    terms->set_notify(delivery.notify());
    terms->set_original(delivery.original());
}

wire::Attempted deferred(const std::string& status, const std::string& text)
{
    wire::Attempted attempted; // Every delivery, for our own fault: it says nothing of the site.
    attempted.set_health_unknown(true);
    auto* outcome = attempted.add_outcomes();
    outcome->set_status(status);
    outcome->set_text(text);
    return attempted;
}

/// What several transactions of one attempt have to say together.
void merge(wire::Attempted& all, const wire::Attempted& one, const std::vector<std::size_t>& places)
{
    for (std::size_t k = 0; k < places.size() && one.outcomes_size() > 0; ++k)
        *all.mutable_outcomes(static_cast<int>(places[k])) =
            one.outcomes(std::min(static_cast<int>(k), one.outcomes_size() - 1));
    if (!one.site().empty())
        all.set_site(one.site());
    all.set_site_troubled(all.site_troubled() || one.site_troubled());
    all.set_health_unknown(all.health_unknown() || one.health_unknown());
    for (const auto& line : one.trace())
        all.add_trace(line);
}

} // namespace

/// One transaction for each envelope sender: a list's owner, or a member's own (VERP), may stand in
/// place of the letter's.
Task<void> Dispatch::attempt_remote(spool::decision::Start start,
                                    std::shared_ptr<OpenLetter> letter)
{
    std::map<std::string, std::vector<std::size_t>> senders;
    for (std::size_t i = 0; i < start.deliveries.size(); ++i)
        senders[sender_of(*letter, letter->deliveries[start.deliveries[i].value].record)].push_back(
            i);
    const auto company = start.company == spool::decision::Start::Company::alone
                             ? Workers::Company::alone
                             : Workers::Company::shared;
    wire::Attempted all;
    for (std::size_t i = 0; i < start.deliveries.size(); ++i)
        all.add_outcomes();
    for (const auto& [sender, places] : senders) {
        auto order = order_for(*letter, start.destination);
        order.set_sender(sender);
        for (const auto i : places)
            add_recipient(order, letter->deliveries[start.deliveries[i].value].record);
        auto one = co_await carry(letter, std::move(order), company);
        if (!one && senders.size() == 1)
            co_return co_await lost(start, letter, one.error());
        // What others of it have done already must not be forgotten: it is tried again later.
        merge(all, one ? *one : deferred("4.3.0", "our courier was interrupted"), places);
    }
    co_await record(start, letter, all);
}

/// One envelope, to a courier and back. The error: the courier was lost over it.
Task<std::expected<wire::Attempted, spool::Loss>>
Dispatch::carry(std::shared_ptr<OpenLetter> letter, wire::Attempt order, Workers::Company company)
{
    auto bytes = co_await whole_letter(*letter);
    if (!bytes)
        co_return deferred("4.3.0", "the letter's body cannot be read at present");
    auto place = co_await couriers_.take(company);
    const InHand hold(in_hand_, place.link().get(), letter->id.value);
    auto attempted = co_await place.link()->call<wire::Attempted>(wire::Method::attempt, order,
                                                                  std::move(*bytes));
    if (attempted)
        co_return std::move(attempted->message);
    if (is_the_worlds_fault(attempted.error()))
        co_return deferred("4.3.0", "our courier could not take it at present");
    co_return std::unexpected(attempted.error() == wire::Failure::closed ? co_await place.loss()
                                                                         : spool::Loss::crashed);
}

} // namespace posthouse::keeper
