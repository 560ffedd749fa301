// SPDX-License-Identifier: Apache-2.0
#include "routing/router.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace posthouse::routing {
namespace {

constexpr std::string_view smtp_prefix = "smtp:";

Route to_mailbox(std::uint64_t account, const std::string& address, std::string rule)
{
    Route route;
    route.kind = Route::Kind::mailbox;
    route.destination = mailbox_destination;
    route.final_address = address;
    route.account = account;
    route.rule = std::move(rule);
    return route;
}

Route refused(const std::string& address, std::string rule, std::string status, std::string text)
{
    Route route;
    route.final_address = address;
    route.rule = std::move(rule);
    route.status = std::move(status);
    route.text = std::move(text);
    return route;
}

Route route_local(const mail::Mailbox& recipient, const Facts& facts)
{
    const auto address = recipient.text();
    std::vector<std::string> steps{
        fmt::format("domain {}: one of ours", recipient.domain().text())};
    if (facts.account != 0) {
        steps.push_back(fmt::format("account {}: found", address));
        auto route = to_mailbox(facts.account, address, "account");
        route.steps = std::move(steps);
        return route;
    }
    steps.push_back(fmt::format("account {}: none", address));
    if (facts.catch_all) {
        const auto target = facts.catch_all->text();
        if (facts.catch_all_account != 0) {
            steps.push_back(fmt::format("catch_all of the domain: {}", target));
            auto route = to_mailbox(facts.catch_all_account, target, "catch-all");
            route.steps = std::move(steps);
            return route;
        }
        steps.push_back(fmt::format("catch_all of the domain: {}, which has no account", target));
    } else {
        steps.push_back("catch_all of the domain: none");
    }
    auto route = refused(address, "no account", "5.1.1", "No such mailbox here");
    route.steps = std::move(steps);
    return route;
}

} // namespace

std::string smtp_destination(const mail::Domain& domain)
{
    return std::string(smtp_prefix) + domain.text();
}

std::optional<std::string> domain_of(std::string_view destination)
{
    if (!destination.starts_with(smtp_prefix))
        return std::nullopt;
    return std::string(destination.substr(smtp_prefix.size()));
}

mail::Mailbox postmaster_of(const mail::Domain& hostname)
{
    auto mailbox = mail::Mailbox::parse("postmaster@" + hostname.text());
    expects(mailbox.has_value());
    return *mailbox;
}

Route route(const mail::ForwardPath& recipient, const Facts& facts, const mail::Domain& hostname)
{
    const auto mailbox = recipient.mailbox() ? *recipient.mailbox() : postmaster_of(hostname);
    if (facts.local_domain)
        return route_local(mailbox, facts);
    Route route;
    route.kind = Route::Kind::remote;
    route.destination = smtp_destination(mailbox.domain());
    route.final_address = mailbox.text();
    route.rule = "remote";
    route.steps = {fmt::format("domain {}: not one of ours", mailbox.domain().text()),
                   fmt::format("carried by SMTP to the hosts of {}", mailbox.domain().text())};
    return route;
}

} // namespace posthouse::routing
