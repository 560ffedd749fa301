// SPDX-License-Identifier: Apache-2.0
// What would become of a recipient, step by step.
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/dispatch.hpp"
#include "routing/router.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using process::Exit;
using routing::Route;

json::object shown(const Route& route)
{
    return {{"kind", route.kind == Route::Kind::mailbox  ? "mailbox"
                     : route.kind == Route::Kind::remote ? "remote"
                                                         : "refused"},
            {"destination", route.destination},
            {"final_address", route.final_address},
            {"rule", route.rule},
            {"status", route.status},
            {"text", route.text}};
}

json::object shown(const wire::Targets& targets)
{
    json::array hosts, steps;
    for (const auto& target : targets.targets()) {
        json::array addresses;
        for (const auto& address : target.addresses())
            addresses.emplace_back(address);
        hosts.push_back(
            {{"host", target.host()},
             {"preference", target.preference()},
             {"addresses", std::move(addresses)},
             {"port", target.port() == 0 ? json::value(nullptr) : json::value(target.port())}});
    }
    for (const auto& step : targets.steps())
        steps.emplace_back(step);
    return {{"hosts", std::move(hosts)},
            {"steps", std::move(steps)},
            {"site", targets.site()},
            {"failed", targets.failed()},
            {"permanent", targets.permanent()},
            {"status", targets.status()},
            {"text", targets.text()}};
}

/// Who may hand us mail for this recipient, and whether this client may.
struct Relay {
    bool allowed = true;
    std::string why;
};

Relay relay_for(const config::Smtp& smtp, const std::string& client, const mail::Domain& domain)
{
    if (std::ranges::find(smtp.relay_domains, domain) != smtp.relay_domains.end())
        return {true, fmt::format("{} is one of smtp.relay_domains: anyone may", domain.text())};
    for (const auto& network : smtp.trusted_networks)
        if (routing::in_network(client, network))
            return {true, fmt::format("{} is in {} of smtp.trusted_networks", client, network)};
    if (client.empty())
        return {false, "only clients in smtp.trusted_networks may; name one with --client"};
    return {false, fmt::format("{} is in none of smtp.trusted_networks, and {} is none of "
                               "smtp.relay_domains",
                               client, domain.text())};
}

} // namespace

Task<wire::AdminAnswer> Admin::explain(Request request)
{
    const auto argument = [&](int i) {
        return i < request.arguments_size() ? request.arguments(i) : std::string();
    };
    const auto path = mail::ForwardPath::parse(argument(0));
    if (!path)
        co_return refusal(Exit::usage,
                          fmt::format("{} is no address: {}", argument(0), path.error().what));
    if (const auto sender = mail::ReversePath::parse(argument(1)); !sender)
        co_return refusal(Exit::usage,
                          fmt::format("{} is no address: {}", argument(1), sender.error().what));
    const auto client = argument(2);
    if (!client.empty() && !routing::in_network(client, client))
        co_return refusal(Exit::usage, fmt::format("{} is no IP address", client));
    const auto facts = co_await office_.facts_of(*path);
    if (!facts)
        co_return refusal(Exit::temporary, fmt::format("the directory did not answer: {}",
                                                       wire::describe(facts.error())));
    const auto route = routing::route(*path, *facts, office_.config().hostname);
    json::array steps;
    for (const auto& step : route.steps)
        steps.emplace_back(step);
    json::object result{{"recipient", argument(0)},
                        {"sender", argument(1)},
                        {"client", client},
                        {"steps", std::move(steps)},
                        {"route", shown(route)},
                        {"accepted", route.kind != Route::Kind::refused},
                        {"relay", nullptr},
                        {"targets", nullptr},
                        {"note", ""}};
    if (route.kind == Route::Kind::remote) {
        const auto relay = relay_for(office_.config().smtp, client, path->mailbox()->domain());
        result["relay"] = json::object{{"allowed", relay.allowed}, {"why", relay.why}};
        result["accepted"] = relay.allowed;
        co_await add_targets(result, route.destination);
    }
    co_return answer_of(result);
}

Task<void> Admin::add_targets(json::object& result, std::string destination)
{
    const auto domain = routing::domain_of(destination);
    if (!domain)
        co_return;
    if (!is_running()) {
        result["note"] = "the DNS is asked by the running server only";
        co_return;
    }
    if (house_.dispatch->couriers().capacity() == 0) {
        result["note"] = "no courier is there to ask the DNS at present";
        co_return;
    }
    wire::FindTargets question;
    question.set_domain(*domain);
    const auto place = co_await house_.dispatch->couriers().take(Workers::Company::shared);
    const auto found =
        co_await place.link()->call<wire::Targets>(wire::Method::find_targets, question);
    if (found)
        result["targets"] = shown(found->message);
    else
        result["note"] = fmt::format("the DNS was not asked: {}", wire::describe(found.error()));
}

} // namespace posthouse::keeper
