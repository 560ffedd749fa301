// SPDX-License-Identifier: Apache-2.0
#include "routing/relaying.hpp"

#include "base/text.hpp"
#include "routing/access.hpp"
#include "routing/domains.hpp"
#include "routing/virtusers.hpp"
#include "tables/network.hpp"

#include <algorithm>

namespace posthouse::routing {
namespace {

bool says_relay(const std::optional<AccessRule>& rule)
{
    return rule && rule->kind == tables::Access::relay;
}

/// relay-domains holds domains to which, and hosts and networks from which mail is relayed.
std::optional<tables::Entry> relay_entry(std::string_view name, const Tables& tables)
{
    for (const auto one : with_parents(name))
        if (auto entry = tables.relay_domains->find(one))
            return entry;
    return std::nullopt;
}

std::optional<std::string> by_recipient(const mail::Mailbox& recipient, const Rules& rules,
                                        const Tables& tables)
{
    const auto& domain = recipient.domain();
    if (const auto locality = locality_of(domain, rules, tables))
        return "local domain: " + locality->why;
    if (const auto user = find_virtual_user(recipient, rules, tables))
        return user->place;
    if (std::ranges::find(rules.relay_domains, domain) != rules.relay_domains.end())
        return "relay_domains";
    if (std::ranges::find(rules.backup_domains, domain) != rules.backup_domains.end())
        return "backup_mx.domains";
    if (tables.relay_domains)
        if (const auto entry = relay_entry(domain.text(), tables))
            return entry->place();
    if (auto rule = access_of_recipient_domain(domain, tables); says_relay(rule))
        return rule->place;
    return std::nullopt;
}

std::optional<std::string> by_client(const Client& client, const Rules& rules, const Tables& tables)
{
    if (client.local)
        return "this host's own";
    if (!client.login.empty())
        return "authenticated";
    for (const auto& network : rules.trusted_networks)
        if (in_network(client.address, network))
            return "trusted_networks: " + network;
    if (auto rule = access_of_client_address(client, tables); says_relay(rule))
        return rule->place;
    if (auto rule = access_of_client_name(client, tables); says_relay(rule))
        return rule->place;
    if (!tables.relay_domains)
        return std::nullopt;
    if (const auto entry = tables::find_network(*tables.relay_domains, {}, client.address))
        return entry->place();
    if (!client.name.empty())
        if (const auto entry = relay_entry(lowercase(client.name), tables))
            return entry->place();
    return std::nullopt;
}

} // namespace

std::optional<std::string> may_relay(const mail::Mailbox& recipient, const Client& client,
                                     const Rules& rules, const Tables& tables)
{
    if (auto why = by_recipient(recipient, rules, tables))
        return why;
    if (auto why = by_client(client, rules, tables))
        return why;
    if (rules.open_relay)
        return "i_want_an_open_relay";
    return std::nullopt;
}

bool is_from_here(const Client& client, const Rules& rules)
{
    const auto trusted = [&](const std::string& network) {
        return in_network(client.address, network);
    };
    return client.local || !client.login.empty() ||
           std::ranges::any_of(rules.trusted_networks, trusted);
}

} // namespace posthouse::routing
