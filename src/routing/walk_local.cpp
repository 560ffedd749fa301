// SPDX-License-Identifier: Apache-2.0
// A local user: alias, account, login, the postmaster's stand-ins, catch_all.
#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "routing/local_part.hpp"
#include "routing/roles.hpp"
#include "routing/walk.hpp"

#include <algorithm>

namespace posthouse::routing {
namespace {

const Failure no_user{.status = "5.1.1", .code = 550, .text = "No such mailbox here"};

std::string written(std::string_view local_part, const mail::Domain& domain)
{
    auto text = mail::is_dot_atom(local_part) ? std::string(local_part) : mail::quoted(local_part);
    text += '@';
    text += domain.text();
    return text;
}

/// What a login may be named; anything else is not worth a question.
bool is_login(std::string_view name)
{
    const auto fits = [](char c) {
        return mail::is_let_dig(c) || c == '_' || c == '-' || c == '.' || c == '$';
    };
    return !name.empty() && name.size() <= 32 && name.front() != '-' && name.front() != '.' &&
           std::ranges::all_of(name, fits);
}

} // namespace

std::string Walk::LocalUser::address() const
{
    return written(name, domains.front());
}

Walk::LocalUser Walk::user_of(const mail::Mailbox& mailbox, const Locality& locality) const
{
    LocalUser user{.name = mailbox.local_part(),
                   .domains = {mailbox.domain()},
                   .rules = {locality.rules},
                   .aliases = LocalUser::Aliases::look};
    if (locality.is_this_host && mailbox.domain() != rules_.hostname) {
        user.domains.push_back(rules_.hostname);
        user.rules.push_back(own_domain(rules_));
    }
    return user;
}

/// Whom an alias or a virtual user's entry names without a domain is looked for in the domain at
/// hand first, then on this host.
Walk::LocalUser Walk::user_named(std::string_view name, const mail::Domain& context) const
{
    LocalUser user;
    user.name = name;
    if (context != rules_.hostname)
        if (auto locality = locality_of(context, rules_, tables_)) {
            user.domains.push_back(context);
            user.rules.push_back(std::move(locality->rules));
        }
    user.domains.push_back(rules_.hostname);
    user.rules.push_back(own_domain(rules_));
    return user;
}

void Walk::local(const LocalUser& user, const Spot& spot)
{
    if (has_enough())
        return;
    const auto detail = detail_of(user.name, rules_.separators);
    bool waits = false;
    const auto alias = [&](std::string_view name) {
        if (user.aliases == LocalUser::Aliases::skip)
            return false;
        const auto entry = find_alias(name, user.domains.front(), tables_);
        if (!entry)
            return false;
        if (!waits) // What counts before it is not known yet.
            expand(*entry, user, spot);
        return true;
    };
    const auto someone = [&](std::string_view name) {
        const auto found = person(user, name, spot);
        waits = waits || found == Found::unknown;
        return found == Found::yes;
    };
    if (alias(user.name) || someone(user.name))
        return;
    if (detail && (alias(detail->wildcard) || alias(detail->user) || someone(detail->user)))
        return;
    if (tables_.aliases && user.aliases == LocalUser::Aliases::look)
        steps_("aliases: nothing about {}", user.name);
    if (is_role(user.name)) {
        const auto found = role(user, spot);
        if (found == Found::yes)
            return;
        waits = waits || found == Found::unknown;
    }
    if (!waits)
        catch_all_or_none(user, spot);
}

void Walk::catch_all_or_none(const LocalUser& user, const Spot& spot)
{
    const auto& catch_all = user.rules.front().catch_all;
    const auto address_text = user.address();
    if (!catch_all)
        return refuse(address_text, no_user, spot, "no account");
    steps_("catch_all of {}: {}", user.domains.front().text(), catch_all->text());
    // Its own catch_all is nobody's: that would go round.
    if (catch_all->domain() == user.domains.front() &&
        equal_ignoring_case(catch_all->local_part(), user.name))
        return refuse(address_text, no_user, spot, "catch_all");
    address(*catch_all, deeper(spot, "catch_all"));
}

// ---- who exists -----------------------------------------------------------------------------

/// An account in one of the domains, or a login of this host. Where someone is not known yet, the
/// next ones are asked for too, so that one answer brings it on.
Walk::Found Walk::person(const LocalUser& user, std::string_view name, const Spot& spot)
{
    if (name.empty() || name.size() > 64)
        return Found::no;
    auto found = Found::no;
    for (const auto& domain : user.domains) {
        const auto one = account(user, std::string(name), domain, spot);
        if (one == Found::yes)
            return one;
        if (one == Found::unknown)
            found = one;
    }
    const auto has_logins = [](const LocalDomain& domain) { return domain.users == Users::system; };
    if (!std::ranges::any_of(user.rules, has_logins))
        return found;
    const auto one = login(user, lowercase(name), spot);
    return one == Found::no ? found : one;
}

Walk::Found Walk::account(const LocalUser& user, const std::string& name,
                          const mail::Domain& domain, const Spot& spot)
{
    const auto address = written(name, domain);
    const auto* standing =
        this->standing({.kind = Person::Kind::account, .name = lowercase(address)});
    if (!standing)
        return Found::unknown;
    if (!standing->exists || standing->account == 0) {
        steps_("account {}: none", address);
        return Found::no;
    }
    steps_("account {}: found", address);
    Delivery delivery;
    delivery.final_address = written(user.name, domain);
    delivery.destination = mailbox_destination;
    delivery.account = standing->account;
    deliver(std::move(delivery), spot, "account");
    return Found::yes;
}

Walk::Found Walk::login(const LocalUser& user, const std::string& name, const Spot& spot)
{
    if (!is_login(name))
        return Found::no;
    const auto* standing = this->standing({.kind = Person::Kind::login, .name = name});
    if (!standing)
        return Found::unknown;
    if (!standing->exists) {
        steps_("login {}: none", name);
        return Found::no;
    }
    steps_("login {}: found", name);
    Delivery delivery;
    delivery.final_address = user.address();
    delivery.destination = agent_destination;
    delivery.user = name;
    delivery.target = "mailbox";
    delivery.keep = user.aliases == LocalUser::Aliases::skip;
    deliver(std::move(delivery), spot, "login");
    return Found::yes;
}

/// Someone is postmaster, and whom nobody looks after is looked after by the postmaster
/// (RFC 5321 §4.5.1).
Walk::Found Walk::role(const LocalUser& user, const Spot& spot)
{
    const auto& hostname = rules_.hostname;
    auto stand_in = user_named("postmaster", user.domains.front());
    const bool is_postmaster = equal_ignoring_case(user.name, "postmaster");
    if (!is_postmaster || user.domains.back() != hostname) {
        steps_("{} is for the postmaster", user.address());
        if (is_too_deep(user.address(), deeper(spot, "postmaster")))
            return Found::yes;
        local(is_postmaster ? user_named("postmaster", hostname) : stand_in,
              deeper(spot, "postmaster"));
        return Found::yes; // or refused, or waited for
    }
    const auto has_logins = [](const auto& domain) { return domain.second.users == Users::system; };
    if (!std::ranges::any_of(rules_.domains, has_logins))
        return Found::no;
    return login(user, "root", deeper(spot, "postmaster"));
}

} // namespace posthouse::routing
