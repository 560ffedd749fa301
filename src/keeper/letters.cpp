// SPDX-License-Identifier: Apache-2.0
#include "keeper/letters.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::keeper {

bool is_final(spool::State state)
{
    return state == spool::DELIVERED || state == spool::FAILED || state == spool::REMOVED;
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
    letters_.erase(id.value);
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
    letter->routed = stored->routed;
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
            "from <{}> by {} [{}] with {}{}{}, {} bytes, {} recipient{}", record.sender(),
            record.helo().empty() ? "-" : record.helo(), record.client_address(), record.protocol(),
            record.tls().empty() ? "" : " ", record.tls(), record.body_bytes(),
            letter.recipients.size(), letter.recipients.size() == 1 ? "" : "s"));
    story.push_back(event);
    for (const auto& [id, open] : letter.deliveries) {
        const auto& delivery = open.record;
        event.set_event("routed");
        event.set_text(fmt::format(
            "<{}> to {}{} by rule \"{}\"", delivery.recipient(),
            delivery.destination().empty() ? "nowhere" : delivery.destination(),
            delivery.destination() == "mailbox:" ? delivery.final_address() : std::string(),
            delivery.rule()));
        story.push_back(event);
    }
    std::ranges::copy(letter.events, std::back_inserter(story));
    for (const auto& [id, open] : letter.deliveries) {
        const auto& delivery = open.record;
        if (!is_final(delivery.state()))
            continue;
        event.set_at(delivery.settled_at());
        event.set_event(delivery.state() == spool::DELIVERED ? "delivered"
                        : delivery.state() == spool::FAILED  ? "failed"
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
