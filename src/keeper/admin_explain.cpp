// SPDX-License-Identifier: Apache-2.0
// What would become of a recipient, step by step.
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/dispatch.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using process::Exit;

json::object shown(const routing::Delivery& delivery)
{
    json::object told{{"destination", delivery.destination},
                      {"final_address", delivery.final_address},
                      {"rule", delivery.rule},
                      {"status", delivery.status},
                      {"text", delivery.text},
                      {"user", delivery.user},
                      {"target", delivery.target},
                      {"list", delivery.list},
                      {"sender", nullptr},
                      {"targets", nullptr}};
    if (delivery.sender)
        told["sender"] = *delivery.sender;
    return told;
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
    routing::Client from;
    from.address = client;
    const auto verdict = co_await office_.check(*mail::ReversePath::parse(argument(1)), *path, from,
                                                routing::Telling::steps);
    const routing::Question question{*mail::ReversePath::parse(argument(1)), {path->text()}, from};
    const auto outcome = co_await office_.route(question, routing::Telling::steps);
    if (!verdict || !outcome)
        co_return refusal(Exit::temporary,
                          fmt::format("the directory did not answer: {}",
                                      wire::describe(verdict ? outcome.error() : verdict.error())));
    using Kind = routing::Verdict::Kind;
    json::object result{{"recipient", argument(0)},
                        {"sender", argument(1)},
                        {"client", client},
                        {"accepted", verdict->kind != Kind::refuse},
                        {"verdict", json::object{{"code", verdict->code},
                                                 {"text", verdict->text},
                                                 {"rule", verdict->rule},
                                                 {"discard", verdict->kind == Kind::discard},
                                                 {"quarantine", verdict->kind == Kind::quarantine},
                                                 {"steps", json::array(verdict->steps.begin(),
                                                                       verdict->steps.end())}}},
                        {"steps", json::array(outcome->steps.begin(), outcome->steps.end())},
                        {"note", ""}};
    json::array deliveries;
    for (const auto& delivery : outcome->deliveries) {
        if (deliveries.size() == Limits::deliveries_explained) {
            result["note"] = fmt::format("{} deliveries in all", outcome->deliveries.size());
            break;
        }
        auto told = shown(delivery);
        co_await add_targets(result, told, delivery.destination);
        deliveries.push_back(std::move(told));
    }
    result["deliveries"] = std::move(deliveries);
    co_return answer_of(result);
}

/// Of smtp: destinations; the hosts of a next hop are found the same way.
Task<void> Admin::add_targets(json::object& result, json::object& told, std::string destination)
{
    wire::FindTargets question;
    if (const auto domain = routing::domain_of(destination))
        question.set_domain(*domain);
    else if (destination.starts_with("via:"))
        question.set_next_hop(destination.substr(4, destination.find('|') - 4));
    else
        co_return;
    if (!is_running()) {
        result["note"] = "the DNS is asked by the running server only";
        co_return;
    }
    if (house_.dispatch->couriers().capacity() == 0) {
        result["note"] = "no courier is there to ask the DNS at present";
        co_return;
    }
    const auto place = co_await house_.dispatch->couriers().take(Workers::Company::shared);
    const auto found =
        co_await place.link()->call<wire::Targets>(wire::Method::find_targets, question);
    if (found)
        told["targets"] = shown(found->message);
    else
        result["note"] = fmt::format("the DNS was not asked: {}", wire::describe(found.error()));
}

} // namespace posthouse::keeper
