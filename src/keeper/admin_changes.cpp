// SPDX-License-Identifier: Apache-2.0
// Holding, releasing, retrying and removing letters.
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/admin_view.hpp"
#include "keeper/dispatch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using process::Exit;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view everything = "all"; // in place of ids: what the filter takes

spool::TraceEvent event_now(std::string_view name, std::string text)
{
    spool::TraceEvent event;
    event.set_at(to_microseconds(wall_clock()));
    event.set_event(std::string(name));
    event.set_text(std::move(text));
    return event;
}

} // namespace

/// Some letters in the hands of some coroutines.
struct Admin::Crew {
    explicit Crew(asio::any_io_executor executor)
        : done(executor, asio::steady_timer::time_point::max())
    {
    }
    std::vector<spool::LetterId> ids;
    std::vector<Changed> outcomes;
    std::size_t next = 0;
    std::size_t at_work = 0;
    asio::steady_timer done;
};

// ---- requests -------------------------------------------------------------------------------

Task<wire::AdminAnswer> Admin::queue_change(Request request)
{
    const auto& command = request.command();
    const auto change = command == "queue-hold"      ? Change::hold
                        : command == "queue-release" ? Change::release
                        : command == "queue-retry"   ? Change::retry
                                                     : Change::remove;
    if (request.arguments_size() == 0)
        co_return refusal(Exit::usage, "no letter is named");
    if (request.arguments(0) == everything)
        co_return co_await queue_change_all(change, request);
    std::vector<spool::LetterId> ids;
    for (const auto& argument : request.arguments()) {
        const auto id = spool::LetterId::parse(argument);
        if (!id)
            co_return refusal(Exit::usage,
                              fmt::format("{} is no letter's id; nothing was changed", argument));
        if (std::ranges::find(ids, *id) == ids.end())
            ids.push_back(*id);
    }
    const auto outcomes = co_await change_each(change, ids);
    std::size_t changed = 0, deliveries = 0;
    json::array letters;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& outcome = outcomes[i];
        changed += outcome.changed ? 1 : 0;
        deliveries += outcome.deliveries;
        letters.push_back({{"id", ids[i].text()},
                           {"changed", outcome.changed},
                           {"deliveries", outcome.deliveries},
                           {"note", outcome.note}});
    }
    co_return answer_of(json::object{
        {"changed", changed}, {"deliveries", deliveries}, {"letters", std::move(letters)}});
}

/// A page of what the filter takes. Only letters that are busy are told of one by one.
Task<wire::AdminAnswer> Admin::queue_change_all(Change change, Request request)
{
    if (auto trouble = filter_trouble(request))
        co_return std::move(*trouble);
    const auto filter = QueueFilter::from(request.filter());
    const auto after = spool::LetterId::parse(request.after()).value_or(spool::LetterId{});
    QueueWalk walk(office_,
                   filter.state == "unsorted" ? spool::keys::unsorted_prefix
                                              : spool::keys::letter_prefix,
                   after);
    std::vector<spool::LetterId> ids;
    spool::LetterId last;
    bool more = true;
    for (std::size_t looked = 0;
         looked < Limits::letters_looked_at && ids.size() < Limits::letters_changed; ++looked) {
        const auto id = co_await walk.next();
        if (!id)
            co_return refusal(id.error());
        if (!*id) {
            more = false;
            break;
        }
        last = **id;
        if (!filter.empty()) {
            const auto view = co_await view_of(office_, letters_, last, filter);
            if (!view && view.error() != store::Error::corrupt)
                co_return refusal(view.error());
            if (!view || !*view)
                continue;
        }
        ids.push_back(last);
    }
    const auto outcomes = co_await change_each(change, ids);
    std::size_t changed = 0, deliveries = 0;
    json::array letters;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        changed += outcomes[i].changed ? 1 : 0;
        deliveries += outcomes[i].deliveries;
        if (outcomes[i].busy)
            letters.push_back({{"id", ids[i].text()},
                               {"changed", outcomes[i].changed},
                               {"deliveries", outcomes[i].deliveries},
                               {"note", outcomes[i].note}});
    }
    auto answer = answer_of(json::object{
        {"changed", changed}, {"deliveries", deliveries}, {"letters", std::move(letters)}});
    if (more)
        answer.set_next(last.text());
    co_return answer;
}

/// Several at a time, so that their commits share a write to the disk.
Task<std::vector<Admin::Changed>> Admin::change_each(Change change,
                                                     std::vector<spool::LetterId> ids)
{
    auto crew = std::make_shared<Crew>(office_.executor());
    crew->ids = std::move(ids);
    crew->outcomes.resize(crew->ids.size());
    crew->at_work = std::min(Limits::changes_at_once, crew->ids.size());
    for (auto i = crew->at_work; i > 0; --i)
        asio::co_spawn(office_.executor(), work(change, crew), asio::detached);
    if (crew->at_work != 0)
        co_await crew->done.async_wait(as_result);
    co_return std::move(crew->outcomes);
}

Task<void> Admin::work(Change how, std::shared_ptr<Crew> crew)
{
    while (crew->next < crew->ids.size()) {
        const auto mine = crew->next++;
        crew->outcomes[mine] = co_await change(how, crew->ids[mine]);
    }
    if (--crew->at_work == 0)
        crew->done.expires_at(asio::steady_timer::time_point::min());
}

// ---- one letter -----------------------------------------------------------------------------

/// Where it is now decides what is done. An unrouted letter is first taken out of the hands of
/// those who would route it meanwhile.
Task<Admin::Changed> Admin::change(Change how, spool::LetterId id)
{
    auto withdrawn = Dispatch::Withdrawal::not_waiting;
    if (is_running() && (how == Change::hold || how == Change::remove)) {
        withdrawn = house_.dispatch->withdraw(id);
        if (withdrawn == Dispatch::Withdrawal::being_routed)
            co_return Changed{.busy = true, .note = "being routed just now; try again"};
    }
    const auto view = co_await view_of(office_, letters_, id, {});
    Changed changed;
    if (!view)
        changed.note = fmt::format("its records cannot be read: {}", store::describe(view.error()));
    else if (!*view)
        changed.note = "no such letter in the queue";
    else if ((*view)->shelf == Shelf::unsorted)
        changed = co_await change_unrouted(how, id);
    else if ((*view)->shelf == Shelf::held)
        changed = co_await change_held(how, id);
    else
        changed = co_await change_routed(how, id);
    if (withdrawn == Dispatch::Withdrawal::done && !changed.changed)
        house_.dispatch->accepted(id);
    if (changed.changed)
        log::info("letter.changed", {{"letter", id.text()},
                                     {"change", how == Change::hold      ? "hold"
                                                : how == Change::release ? "release"
                                                : how == Change::retry   ? "retry"
                                                                         : "remove"},
                                     {"deliveries", changed.deliveries}});
    co_return changed;
}

Task<Admin::Changed> Admin::change_unrouted(Change how, spool::LetterId id)
{
    if (how == Change::remove)
        co_return co_await remove_unrouted(id, spool::Spool::Arrival::to_route);
    if (how != Change::hold)
        co_return Changed{.note = "not routed yet, and about to be"};
    if (const auto open = letters_.find(id); open && (open->under_way() || open->expanding != 0))
        co_return Changed{.note = "some of it is being delivered just now; try again"};
    auto held = co_await office_.spool.hold_unsorted(id);
    if (!held)
        co_return Changed{.note = refusal(held.error()).error()};
    letters_.close(id);
    co_return Changed{.changed = true, .note = {}};
}

Task<Admin::Changed> Admin::change_held(Change how, spool::LetterId id)
{
    if (how == Change::remove)
        co_return co_await remove_unrouted(id, spool::Spool::Arrival::to_hold);
    if (how == Change::hold)
        co_return Changed{.note = "held already"};
    if (how == Change::retry)
        co_return Changed{.note = "held; release it first"};
    auto stored = co_await office_.spool.letter(id);
    if (stored && stored->letter.crashes() != 0) { // Poison gets its chances again.
        stored->letter.set_crashes(0);
        if (auto reset = co_await office_.spool.update_letter(id, stored->letter); !reset)
            co_return Changed{.note = refusal(reset.error()).error()};
    }
    auto released = co_await office_.spool.release_held(id);
    if (!released)
        co_return Changed{.note = refusal(released.error()).error()};
    if (is_running())
        house_.dispatch->accepted(id);
    co_return Changed{.changed = true, .note = {}};
}

/// Its end is one commit, in which all its rows go.
Task<Admin::Changed> Admin::remove_unrouted(spool::LetterId id, spool::Spool::Arrival arrival)
{
    auto opened = co_await letters_.open(id);
    if (!opened)
        co_return Changed{.note = refusal(opened.error()).error()};
    const auto letter = std::move(*opened);
    if (house_.dispatch == nullptr || !letter->notices.empty()) {
        letters_.close(id); // Part of it is routed already.
        co_return Changed{.note = "its sender is to be told of a failure first; release it, and "
                                  "remove it when it is routed"};
    }
    if (letter->under_way())
        co_return Changed{.note = "some of it is being delivered just now; try again"};
    for (auto& [key, open] : letter->deliveries)
        if (!is_final(open.record.state())) {
            open.record.set_state(spool::REMOVED);
            open.record.set_settled_at(to_microseconds(wall_clock()));
        }
    letter->events.push_back(event_now("removed", "by the administrator, before it was routed"));
    if (auto gone = co_await house_.dispatch->end_once(letter, arrival); !gone) {
        letters_.close(id); // What was changed of it was changed in memory only.
        co_return Changed{.note = refusal(gone.error()).error()};
    }
    co_return Changed{.changed = true, .note = {}};
}

// ---- routed letters -------------------------------------------------------------------------

namespace {

/// What the change does to a delivery; false: nothing.
bool applies_to(const spool::Delivery& delivery, bool (*wanted)(spool::State))
{
    return wanted(delivery.state());
}

bool is_waiting(spool::State state)
{
    return state == spool::WAITING;
}
bool is_set_aside(spool::State state)
{
    return state == spool::HELD || state == spool::POISON;
}
bool is_open(spool::State state)
{
    return is_waiting(state) || is_set_aside(state);
}

} // namespace

Task<Admin::Changed> Admin::change_routed(Change how, spool::LetterId id)
{
    auto opened = co_await letters_.open(id);
    if (!opened)
        co_return Changed{.note = opened.error() == store::Error::not_found
                                      ? "no such letter in the queue"
                                      : refusal(opened.error()).error()};
    const auto letter = std::move(*opened);
    const auto wanted = how == Change::release  ? is_set_aside
                        : how == Change::remove ? is_open
                                                : is_waiting;
    const auto now = to_microseconds(wall_clock());
    Changed changed;
    std::vector<OpenLetter::Open> before;
    std::vector<spool::Spool::Update> updates;
    for (auto& [key, open] : letter->deliveries) {
        if (!applies_to(open.record, wanted))
            continue;
        if (open.under_way) {
            changed.busy = true;
            continue;
        }
        before.push_back(open);
        auto& record = open.record;
        if (how == Change::hold) {
            record.set_state(spool::HELD);
        } else if (how == Change::remove) {
            record.set_state(spool::REMOVED);
            record.set_settled_at(now);
            record.clear_status();
            record.clear_host();
            record.set_text("by the administrator");
        } else {
            record.set_state(spool::WAITING);
            record.set_due(now);
            record.set_crashes(0);
        }
        spool::Spool::Update update;
        update.record = record;
        update.old_due = open.due_row;
        updates.push_back(std::move(update));
    }
    changed.deliveries = updates.size();
    changed.changed = !updates.empty();
    if (changed.busy)
        changed.note = updates.empty() ? "being delivered just now; try again"
                                       : "some of it is being delivered just now; try again";
    else if (updates.empty())
        changed.note = how == Change::release  ? "not held"
                       : how == Change::remove ? "ending already"
                                               : "nothing of it is waiting";
    // A letter that is done needs no record of its own: its end says it all, in one commit.
    const bool ends_here = how == Change::remove && letter->settled() && letter->notices.empty() &&
                           letter->deliveries.size() <= deliveries_an_end &&
                           house_.dispatch != nullptr;
    if (!updates.empty() && !ends_here) {
        // Under way, as far as others are concerned: nothing is started or ended meanwhile.
        for (const auto& update : updates) {
            auto& open = letter->deliveries[update.record.id()];
            open.under_way = true;
            open.due_row.reset();
            if (update.record.state() == spool::WAITING)
                open.due_row = from_microseconds(update.record.due());
        }
        static constexpr std::array names{"held", "released", "retried", "removed"};
        auto committed = co_await commit_changes(
            letter, updates,
            event_now(names[static_cast<std::size_t>(how)],
                      fmt::format("by the administrator, {} {}", updates.size(),
                                  updates.size() == 1 ? "delivery" : "deliveries")));
        for (const auto& update : updates)
            letter->deliveries[update.record.id()].under_way = false;
        if (!committed) {
            for (auto& open : before)
                letter->deliveries[open.record.id()] = std::move(open);
            co_await close(letter);
            co_return Changed{.note = refusal(committed.error()).error()};
        }
    }
    if (ends_here)
        if (auto gone = co_await house_.dispatch->end_once(letter, std::nullopt); !gone) {
            for (auto& open : before)
                letter->deliveries[open.record.id()] = std::move(open);
            co_await close(letter);
            co_return Changed{.note = refusal(gone.error()).error()};
        }
    if (is_running())
        for (const auto& update : updates) {
            if (update.record.state() == spool::WAITING)
                house_.dispatch->waiting_again(*letter, update.record);
            else
                house_.dispatch->scheduler().removed(id, {update.record.id()});
        }
    if (!ends_here)
        co_await close(letter);
    co_return changed;
}

Task<store::Result<void>> Admin::commit_changes(std::shared_ptr<OpenLetter> letter,
                                                std::vector<spool::Spool::Update> updates,
                                                spool::TraceEvent event)
{
    for (std::size_t first = 0; first < updates.size(); first += Limits::deliveries_a_commit) {
        const auto last = std::min(updates.size(), first + Limits::deliveries_a_commit);
        std::vector<spool::Spool::Update> page(updates.begin() + static_cast<std::ptrdiff_t>(first),
                                               updates.begin() + static_cast<std::ptrdiff_t>(last));
        std::vector<spool::TraceEvent> events;
        if (first == 0)
            events.push_back(event);
        auto done = co_await office_.spool.record(letter->id, std::move(page), std::move(events));
        if (!done)
            co_return std::unexpected(done.error());
        if (first == 0) {
            letter->event_keys.push_back(
                spool::keys::event(letter->id, from_microseconds(event.at()), 0));
            letter->events.push_back(event);
        }
    }
    co_return store::Result<void>{};
}

/// Lets go of it; where all is done, it ends. A notification needs the running server, whose start
/// finds it due.
Task<void> Admin::close(std::shared_ptr<OpenLetter> letter)
{
    if (house_.dispatch != nullptr && (is_running() || letter->notices.empty()))
        co_await house_.dispatch->settle(letter);
    else
        letters_.close(letter->id);
}

} // namespace posthouse::keeper
