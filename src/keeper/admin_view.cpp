// SPDX-License-Identifier: Apache-2.0
#include "keeper/admin_view.hpp"

#include "base/text.hpp"
#include "keeper/admin_answers.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;

constexpr std::size_t ids_a_read = 16;
constexpr std::size_t recipients_in_a_list = 3;

bool is_of_domain(std::string_view address, std::string_view domain)
{
    const auto at = address.rfind('@');
    return at != std::string_view::npos && equal_ignoring_case(address.substr(at + 1), domain);
}

json::value time_or_null(std::int64_t microseconds)
{
    return microseconds == 0 ? json::value(nullptr) : json::value(time_text(microseconds));
}

json::object shown(const LetterView::Delivery& delivery)
{
    const auto& record = delivery.record;
    return {{"recipient", record.recipient()},
            {"final_address", record.final_address()},
            {"destination", record.destination()},
            {"rule", record.rule()},
            {"state", state_name(record)},
            {"under_way", delivery.under_way},
            {"attempts", record.attempts()},
            {"next_attempt", time_or_null(record.state() == spool::WAITING ? record.due() : 0)},
            {"settled_at", time_or_null(record.settled_at())},
            {"status", record.status()},
            {"host", record.host()},
            {"text", record.text()}};
}

} // namespace

// ---- states ---------------------------------------------------------------------------------

std::string_view state_name(const spool::Delivery& delivery)
{
    switch (delivery.state()) {
    case spool::WAITING:
        return delivery.attempts() == 0 ? "waiting" : "deferred";
    case spool::HELD:
        return "held";
    case spool::POISON:
        return "poison";
    case spool::DELIVERED:
        return "delivered";
    case spool::FAILED:
        return "failed";
    case spool::REMOVED:
        return "removed";
    default: // Of a newer version.
        return "unknown";
    }
}

bool is_state_to_filter(std::string_view name)
{
    static constexpr std::array states{"unsorted", "held", "waiting", "deferred", "poison"};
    return std::ranges::find(states, name) != states.end();
}

bool LetterView::has_state(std::string_view wanted) const
{
    if (shelf == Shelf::unsorted)
        return wanted == "unsorted";
    if (shelf == Shelf::held)
        return wanted == (record.crashes() == 0 ? "held" : "poison");
    return std::ranges::any_of(
        deliveries, [&](const auto& delivery) { return state_name(delivery.record) == wanted; });
}

std::string_view LetterView::state() const
{
    for (const std::string_view name : {"poison", "held", "deferred", "waiting", "unsorted"})
        if (has_state(name))
            return name;
    return "ending";
}

// ---- as JSON --------------------------------------------------------------------------------

json::object summary_of(const LetterView& view)
{
    json::array recipients;
    for (const auto& recipient : view.recipients) {
        if (recipients.size() == recipients_in_a_list)
            break;
        recipients.emplace_back(recipient);
    }
    std::uint32_t attempts = 0;
    std::int64_t next = 0;
    const spool::Delivery* told = nullptr; // the latest words
    bool under_way = false;
    for (const auto& [record, busy] : view.deliveries) {
        under_way = under_way || busy;
        if (record.state() == spool::WAITING && (next == 0 || record.due() < next))
            next = record.due();
        attempts = std::max(attempts, record.attempts());
        if (!is_final(record.state()) && !record.text().empty())
            told = &record;
    }
    return {{"id", view.id.text()},
            {"received_at", time_text(view.record.received_at())},
            {"bytes", view.record.prefix().size() + view.record.body_bytes()},
            {"state", view.state()},
            {"under_way", under_way},
            {"sender", view.record.sender()},
            {"recipients", std::move(recipients)},
            {"recipient_count", view.recipients.size()},
            {"attempts", attempts},
            {"next_attempt", time_or_null(next)},
            {"last_reply", told == nullptr ? view.record.held_for()
                                           : told->status() + ' ' +
                                                 (told->host().empty() ? "" : told->host() + ": ") +
                                                 told->text()}};
}

json::object details_of(const LetterView& view)
{
    json::array recipients, deliveries;
    for (const auto& recipient : view.recipients)
        recipients.emplace_back(recipient);
    for (const auto& delivery : view.deliveries)
        deliveries.push_back(shown(delivery));
    const auto& record = view.record;
    return {
        {"id", view.id.text()},
        {"state", view.state()},
        {"received_at", time_text(record.received_at())},
        {"bytes", record.prefix().size() + record.body_bytes()},
        {"sender", record.sender()},
        {"recipients", std::move(recipients)},
        {"client", record.client_address()},
        {"helo", record.helo()},
        {"protocol", record.protocol()},
        {"tls", record.tls()},
        {"body_type", record.body_type()},
        {"smtputf8", record.smtputf8()},
        {"held_for", record.held_for()},
        {"notification_of", record.notification_of() == 0
                                ? json::value(nullptr)
                                : json::value(spool::LetterId{record.notification_of()}.text())},
        {"deliveries", std::move(deliveries)}};
}

// ---- filtering ------------------------------------------------------------------------------

QueueFilter QueueFilter::from(const wire::Admin::Filter& filter)
{
    return {filter.sender(), filter.recipient(), filter.domain(), filter.state()};
}

bool QueueFilter::may_match(const spool::Letter& letter) const
{
    // "<>" is how people write the null sender; "" is no filter.
    return sender.empty() ||
           equal_ignoring_case(letter.sender(), sender == "<>" ? std::string_view() : sender);
}

bool QueueFilter::matches(const LetterView& view) const
{
    const auto any_address = [&](auto&& wanted) {
        return std::ranges::any_of(view.recipients, wanted) ||
               std::ranges::any_of(view.deliveries, [&](const auto& delivery) {
                   return wanted(delivery.record.final_address());
               });
    };
    return may_match(view.record) && (state.empty() || view.has_state(state)) &&
           (recipient.empty() || any_address([&](const std::string& address) {
                return equal_ignoring_case(address, recipient);
            })) &&
           (domain.empty() ||
            any_address([&](const std::string& address) { return is_of_domain(address, domain); }));
}

// ---- reading --------------------------------------------------------------------------------

QueueWalk::QueueWalk(Office& office, std::string_view kind, spool::LetterId after)
    : office_(office),
      kind_(kind)
{
    for (auto& shard : shards_)
        shard.last = after;
}

Task<store::Result<std::optional<spool::LetterId>>> QueueWalk::next()
{
    Shard* first = nullptr;
    for (std::size_t number = 0; number < spool::shards; ++number) {
        auto& shard = shards_[number];
        if (shard.ids.empty() && !shard.ended) {
            auto ids = co_await office_.spool.letters(number, kind_, shard.last, ids_a_read);
            if (!ids)
                co_return std::unexpected(ids.error());
            shard.ended = ids->size() < ids_a_read;
            shard.ids.assign(ids->begin(), ids->end());
            if (!shard.ids.empty())
                shard.last = shard.ids.back();
        }
        if (!shard.ids.empty() && (first == nullptr || shard.ids.front() < first->ids.front()))
            first = &shard;
    }
    if (first == nullptr)
        co_return std::nullopt;
    const auto id = first->ids.front();
    first->ids.pop_front();
    co_return id;
}

Task<store::Result<std::optional<LetterView>>>
view_of(Office& office, const Letters& letters, spool::LetterId id, const QueueFilter& filter)
{
    std::vector<std::string> wanted{spool::keys::letter(id), spool::keys::unsorted(id),
                                    spool::keys::held(id)};
    auto page = co_await office.engine.partitions().read(spool::keys::shard_of(id), wanted);
    if (!page)
        co_return std::unexpected(page.error());
    if (page->rows.empty() || page->rows.front().key != wanted[0])
        co_return std::nullopt;
    LetterView view;
    view.id = id;
    if (!view.record.ParseFromString(page->rows.front().value))
        co_return std::unexpected(store::Error::corrupt);
    if (!filter.may_match(view.record))
        co_return std::nullopt;
    if (page->rows.size() > 1)
        view.shelf = page->rows.back().key == wanted[2] ? Shelf::held : Shelf::unsorted;
    if (view.record.recipient_pages() == 0) {
        view.recipients.assign(view.record.recipients().begin(), view.record.recipients().end());
    } else {
        auto stored = co_await office.spool.letter(id);
        if (!stored)
            co_return std::unexpected(stored.error());
        view.recipients = std::move(stored->recipients);
    }
    if (const auto open = letters.find(id)) {
        for (const auto& [key, delivery] : open->deliveries)
            view.deliveries.push_back({delivery.record, delivery.under_way});
    } else {
        auto stored = co_await office.spool.deliveries(id);
        if (!stored)
            co_return std::unexpected(stored.error());
        for (auto& delivery : *stored)
            view.deliveries.push_back({std::move(delivery), false});
    }
    if (!filter.matches(view))
        co_return std::nullopt;
    co_return view;
}

} // namespace posthouse::keeper
