// SPDX-License-Identifier: Apache-2.0
// What is in the queue, and what happened to a letter.
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/admin_view.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/quotas.hpp"
#include "keeper/reading.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using process::Exit;

constexpr int days_of_trace = 14;

json::array shown(const auto& events)
{
    json::array list;
    for (const spool::TraceEvent& event : events)
        list.push_back(
            {{"at", time_text(event.at())}, {"event", event.event()}, {"text", event.text()}});
    return list;
}

wire::AdminAnswer no_such_letter(const std::string& id)
{
    return refusal(Exit::failure, fmt::format("no such letter: {}", id));
}

} // namespace

std::optional<wire::AdminAnswer> Admin::filter_trouble(Request request)
{
    const auto& state = request.filter().state();
    if (!state.empty() && !is_state_to_filter(state))
        return refusal(Exit::usage,
                       fmt::format("{} is no state; these are: unsorted, held, waiting, deferred, "
                                   "poison",
                                   state));
    if (!request.after().empty() && !spool::LetterId::parse(request.after()))
        return refusal(Exit::usage, fmt::format("{} is no letter's id", request.after()));
    return std::nullopt;
}

Task<wire::AdminAnswer> Admin::queue_list(Request request)
{
    if (auto trouble = filter_trouble(request))
        co_return std::move(*trouble);
    const auto filter = QueueFilter::from(request.filter());
    const auto limit = request.limit() == 0
                           ? Limits::letters_by_default
                           : std::min<std::size_t>(request.limit(), Limits::letters_a_page);
    const auto after = spool::LetterId::parse(request.after()).value_or(spool::LetterId{});
    QueueWalk walk(office_,
                   filter.state == "unsorted" ? spool::keys::unsorted_prefix
                                              : spool::keys::letter_prefix,
                   after);
    json::array letters;
    spool::LetterId last;
    bool more = true;
    for (std::size_t looked = 0; looked < Limits::letters_looked_at && letters.size() < limit;
         ++looked) {
        const auto id = co_await walk.next();
        if (!id)
            co_return refusal(id.error());
        if (!*id) {
            more = false;
            break;
        }
        last = **id;
        const auto view = co_await view_of(office_, letters_, last, filter);
        if (view && *view)
            letters.push_back(summary_of(**view));
        else if (!view && view.error() == store::Error::corrupt && filter.empty())
            letters.push_back({{"id", last.text()}, {"state", "damaged"}});
        else if (!view && view.error() != store::Error::corrupt)
            co_return refusal(view.error());
    }
    auto answer = answer_of(json::object{{"letters", std::move(letters)}});
    if (more)
        answer.set_next(last.text());
    co_return answer;
}

Task<wire::AdminAnswer> Admin::queue_show(Request request)
{
    const auto id = spool::LetterId::parse(request.arguments(0));
    if (!id)
        co_return no_such_letter(request.arguments(0));
    const auto view = co_await view_of(office_, letters_, *id, {});
    if (!view)
        co_return refusal(view.error());
    if (*view)
        co_return answer_of(details_of(**view));
    auto ended = co_await office_.spool.finished(*id, wall_clock(), days_of_trace);
    if (ended && *ended)
        co_return refusal(
            Exit::failure,
            fmt::format("{} has left the queue; see: posthouse trace {}", id->text(), id->text()));
    co_return no_such_letter(request.arguments(0));
}

Task<wire::AdminAnswer> Admin::trace(Request request)
{
    const auto id = spool::LetterId::parse(request.arguments(0));
    if (!id)
        co_return no_such_letter(request.arguments(0));
    auto letter = letters_.find(*id);
    if (!letter) {
        auto stored = co_await letters_.read(*id);
        if (!stored && stored.error() != store::Error::not_found)
            co_return refusal(stored.error());
        if (stored)
            letter = std::move(*stored);
    }
    if (letter && !letter->ended) {
        json::array recipients;
        for (const auto& recipient : letter->recipients)
            recipients.emplace_back(recipient);
        co_return answer_of(json::object{{"id", id->text()},
                                         {"state", "in the queue"},
                                         {"sender", letter->record.sender()},
                                         {"recipients", std::move(recipients)},
                                         {"received_at", time_text(letter->record.received_at())},
                                         {"finished_at", nullptr},
                                         {"bytes", letter->record.body_bytes()},
                                         {"events", shown(story_of(*letter))}});
    }
    auto ended = co_await office_.spool.finished(*id, wall_clock(), days_of_trace);
    if (!ended)
        co_return refusal(ended.error());
    if (!*ended)
        co_return no_such_letter(id->text());
    json::array recipients;
    for (const auto& recipient : (*ended)->recipients())
        recipients.emplace_back(recipient);
    co_return answer_of(json::object{{"id", id->text()},
                                     {"state", "ended"},
                                     {"sender", (*ended)->sender()},
                                     {"recipients", std::move(recipients)},
                                     {"received_at", time_text((*ended)->received_at())},
                                     {"finished_at", time_text((*ended)->finished_at())},
                                     {"bytes", (*ended)->bytes()},
                                     {"events", shown((*ended)->events())}});
}

Task<wire::AdminAnswer> Admin::status(Request)
{
    json::object result{{"running", is_running()},
                        {"hostname", office_.config().hostname.text()},
                        {"data_dir", office_.config().data_dir},
                        {"domains", office_.config().domains.size()}};
    if (is_running()) {
        const auto stats = house_.dispatch->scheduler().stats();
        result["reader_sessions"] = house_.reading == nullptr ? 0 : house_.reading->sessions().size();
        result["letters_open"] = letters_.size();
        result["deliveries_waiting"] = stats.waiting;
        result["deliveries_under_way"] = stats.under_way;
        result["attempts"] = stats.attempts;
        result["suspects"] = stats.suspects;
        result["destinations"] = stats.destinations;
        result["sites"] = stats.sites;
        result["sorter_places"] = house_.dispatch->sorters().capacity();
        result["courier_places"] = house_.dispatch->couriers().capacity();
        if (house_.quotas != nullptr)
            for (const auto& domain : house_.quotas->domains())
                result["held_by_" + domain.name] =
                    json::object{{"bytes", domain.held.bytes},
                                 {"bytes_limit", domain.limits.bytes},
                                 {"letters", domain.held.messages},
                                 {"letters_limit", domain.limits.messages},
                                 {"counted", house_.quotas->counted()}};
    }
    co_return answer_of(result);
}

} // namespace posthouse::keeper
