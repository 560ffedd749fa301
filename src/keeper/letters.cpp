// SPDX-License-Identifier: Apache-2.0
#include "keeper/letters.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::keeper {

bool is_final(spool::State state)
{
    return state == spool::DELIVERED || state == spool::FAILED || state == spool::REMOVED ||
           state == spool::EXPANDED;
}

bool OpenLetter::settled() const
{
    return routed && std::ranges::all_of(deliveries, [](const auto& entry) {
               return is_final(entry.second.record.state());
           });
}

bool OpenLetter::under_way() const
{
    return std::ranges::any_of(deliveries,
                               [](const auto& entry) { return entry.second.under_way; });
}

bool OpenLetter::untried() const
{
    return std::ranges::any_of(deliveries, [](const auto& entry) {
        const auto& record = entry.second.record;
        return record.state() == spool::WAITING && record.attempts() == 0;
    });
}

std::shared_ptr<OpenLetter> Letters::find(spool::LetterId id) const
{
    const auto found = letters_.find(id.value);
    return found == letters_.end() ? nullptr : found->second;
}

void Letters::add(std::shared_ptr<OpenLetter> letter)
{
    const auto id = letter->id.value;
    letters_[id] = std::move(letter);
}

void Letters::close(spool::LetterId id)
{
    const auto found = letters_.find(id.value);
    if (found == letters_.end())
        return;
    const auto& letter = *found->second;
    if (letter.ended || (!letter.under_way() && letter.expanding == 0))
        letters_.erase(found);
}

Task<store::Result<std::shared_ptr<OpenLetter>>> Letters::open(spool::LetterId id)
{
    if (auto known = find(id))
        co_return known;
    auto letter = co_await read(id);
    if (!letter)
        co_return letter;
    if (auto known = find(id)) // Opened by someone else meanwhile.
        co_return known;
    add(*letter);
    co_return letter;
}

Task<store::Result<std::shared_ptr<OpenLetter>>> Letters::read(spool::LetterId id)
{
    auto stored = co_await office_.spool.letter(id);
    if (!stored)
        co_return std::unexpected(stored.error());
    auto deliveries = co_await office_.spool.deliveries(id);
    if (!deliveries)
        co_return std::unexpected(deliveries.error());
    auto events = co_await office_.spool.events(id);
    if (!events)
        co_return std::unexpected(events.error());
    auto notices = co_await office_.spool.notices(id);
    if (!notices)
        co_return std::unexpected(notices.error());
    auto letter = std::make_shared<OpenLetter>();
    letter->id = id;
    letter->record = std::move(stored->letter);
    letter->recipients = std::move(stored->recipients);
    letter->terms = std::move(stored->terms);
    letter->closing = std::move(stored->closing);
    letter->routed = stored->routed && !letter->closing; // What is closing starts nothing.
    if (!stored->routed) {
        auto expansions = co_await office_.spool.expansions(id);
        if (!expansions)
            co_return std::unexpected(expansions.error());
        letter->expansions = std::move(*expansions);
    }
    letter->events = std::move(events->events);
    letter->event_keys = std::move(events->keys);
    letter->notices = std::move(*notices);
    for (auto& delivery : *deliveries) {
        OpenLetter::Open open;
        if (delivery.state() == spool::WAITING)
            open.due_row = from_microseconds(delivery.due());
        const auto key = delivery.id();
        open.record = std::move(delivery);
        letter->deliveries.emplace(key, std::move(open));
    }
    co_return letter;
}

namespace {

/// What is known of the client besides its address.
std::string claims_of(const spool::Letter& record)
{
    std::string claims;
    if (!record.client_name().empty())
        claims += ", " + record.client_name();
    if (!record.login().empty())
        claims += ", logged in as " + record.login();
    if (record.local())
        claims += fmt::format(", user {} of this host", record.local_user());
    if (!record.ident().empty())
        claims += ", who calls itself " + record.ident();
    return claims;
}

} // namespace

std::vector<spool::TraceEvent> story_of(const OpenLetter& letter)
{
    std::vector<spool::TraceEvent> story;
    const auto& record = letter.record;
    spool::TraceEvent event;
    event.set_at(record.received_at());
    event.set_event("accepted");
    if (record.notification_of() != 0)
        event.set_text(fmt::format("notification about {}, {} bytes",
                                   spool::LetterId{record.notification_of()}.text(),
                                   record.body_bytes()));
    else
        event.set_text(fmt::format(
            "from <{}> by {} [{}]{} with {}{}{}, {} bytes, {} recipient{}",
            record.original_sender().empty() ? record.sender() : record.original_sender(),
            record.helo().empty() ? "-" : record.helo(), record.client_address(), claims_of(record),
            record.protocol(), record.tls().empty() ? "" : " ", record.tls(), record.body_bytes(),
            letter.recipients.size(), letter.recipients.size() == 1 ? "" : "s"));
    story.push_back(event);
    const auto tell = [&](std::string name, std::string text) {
        event.set_event(std::move(name));
        event.set_text(std::move(text));
        story.push_back(event);
    };
    for (const auto& note : record.notes())
        tell("filtered", note);
    if (!record.held_for().empty())
        tell("quarantined", record.held_for());
    if (!record.original_sender().empty())
        tell("rewritten",
             fmt::format("sender <{}> to <{}>", record.original_sender(), record.sender()));
    for (const auto& [id, open] : letter.deliveries) {
        const auto& delivery = open.record;
        event.set_event("routed");
        event.set_text(
            fmt::format("<{}> to {}{} by rule \"{}\"", delivery.recipient(),
                        delivery.destination().empty() ? "nowhere" : delivery.destination(),
                        delivery.destination() == "mailbox:" ? delivery.final_address()
                        : delivery.destination() != "agent:" ? std::string()
                        : delivery.target() == "mailbox"     ? delivery.user()
                        : delivery.user().empty()            ? delivery.target()
                                                  : delivery.target() + " as " + delivery.user(),
                        delivery.rule()));
        story.push_back(event);
    }
    std::ranges::copy(letter.events, std::back_inserter(story));
    for (const auto& [id, open] : letter.deliveries) {
        const auto& delivery = open.record;
        if (!is_final(delivery.state()))
            continue;
        event.set_at(delivery.settled_at());
        event.set_event(delivery.state() == spool::DELIVERED  ? "delivered"
                        : delivery.state() == spool::FAILED   ? "failed"
                        : delivery.state() == spool::EXPANDED ? "expanded"
                                                              : "removed");
        event.set_text(
            fmt::format("<{}> {} {}{}{}", delivery.recipient(), delivery.status(),
                        delivery.host().empty() ? "" : delivery.host() + ": ", delivery.text(),
                        delivery.attempts() > 1 ? fmt::format(" (attempt {})", delivery.attempts())
                                                : std::string()));
        story.push_back(event);
    }
    std::multimap<std::int64_t, spool::TraceEvent> in_order; // Equal times stay in this order.
    for (auto& told : story) {
        const auto at = told.at();
        in_order.emplace(at, std::move(told));
    }
    story.clear();
    for (auto& [at, told] : in_order)
        story.push_back(std::move(told));
    return story;
}

} // namespace posthouse::keeper
