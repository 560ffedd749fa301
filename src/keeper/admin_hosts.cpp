// SPDX-License-Identifier: Apache-2.0
// What is known of the hosts that letters go to.
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/dispatch.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using process::Exit;
using State = spool::SiteHealth::State;

constexpr std::string_view name_of(State state)
{
    switch (state) {
    case State::alive:
        return "alive";
    case State::dead:
        return "dead";
    case State::probing:
        return "probing";
    }
    return "";
}

} // namespace

/// hosts [destination behind which to go on]
Task<wire::AdminAnswer> Admin::hosts(Request request)
{
    if (!is_running())
        co_return refusal(Exit::unavailable, "the server is not running: it alone knows");
    auto& scheduler = house_.dispatch->scheduler();
    const auto now = wall_clock();
    json::array hosts;
    const auto names = scheduler.destinations(request.after(), Limits::letters_a_page);
    for (const auto& name : names) {
        const auto site = scheduler.site_of(name, now);
        if (!site)
            continue;
        json::object host{{"destination", name},
                          {"site", site->key},
                          {"state", name_of(site->state)},
                          {"attempts", site->attempts},
                          {"allowed", site->allowed},
                          {"in_memory", site->in_memory},
                          {"dead_until", nullptr},
                          {"at", nullptr},
                          {"host", ""},
                          {"status", ""},
                          {"text", ""}};
        if (site->dead_until)
            host["dead_until"] = time_text(to_microseconds(*site->dead_until));
        if (const auto* last = house_.dispatch->hosts().find(name)) {
            host["at"] = time_text(to_microseconds(last->at));
            host["host"] = last->host;
            host["status"] = last->status;
            host["text"] = last->text;
        }
        hosts.push_back(std::move(host));
    }
    auto answer = answer_of(json::object{{"hosts", std::move(hosts)}});
    if (names.size() == Limits::letters_a_page)
        answer.set_next(names.back());
    co_return answer;
}

/// hosts-forget [destination]: back-offs end, and what was heard is forgotten.
Task<wire::AdminAnswer> Admin::hosts_forget(Request request)
{
    if (!is_running())
        co_return refusal(Exit::unavailable, "the server is not running: it alone knows");
    auto& scheduler = house_.dispatch->scheduler();
    std::size_t forgotten = 0;
    const auto wanted = request.arguments_size() > 0 ? request.arguments(0) : std::string();
    std::string after;
    for (;;) {
        const auto names = scheduler.destinations(after, Limits::letters_a_page);
        for (const auto& name : names) {
            if (!wanted.empty() && name != wanted && name != "smtp:" + wanted)
                continue;
            scheduler.retry_now(name);
            house_.dispatch->hosts().forget(name);
            ++forgotten;
        }
        if (names.size() < Limits::letters_a_page)
            break;
        after = names.back();
    }
    house_.dispatch->pump();
    co_return answer_of(json::object{{"forgotten", forgotten}});
}

} // namespace posthouse::keeper
