// SPDX-License-Identifier: Apache-2.0
#include "routing/rules.hpp"

namespace posthouse::routing {

Rules rules_from(const config::Config& config)
{
    Rules rules{.hostname = config.hostname};
    for (const auto& [domain, local] : config.domains)
        rules.domains[domain] = {local.catch_all, local.users == config::DomainUsers::system
                                                      ? Users::system
                                                      : Users::accounts};
    rules.separators = config.routing.separator;
    for (const auto& hop : config.outbound.smart_host)
        rules.next_hops.push_back(hop.text());
    rules.trusted_networks = config.smtp.trusted_networks;
    rules.relay_domains = config.smtp.relay_domains;
    rules.backup_domains = config.backup_mx.domains;
    rules.open_relay = config.smtp.i_want_an_open_relay;
    rules.copies = config.routing.always_copy;
    rules.verp_lists = config.routing.verp_lists;
    rules.programs_allowed = config.local_delivery.programs_allowed;
    rules.masquerade.as = config.masquerade.as;
    rules.masquerade.domains = config.masquerade.domains;
    rules.masquerade.exceptions = config.masquerade.exceptions;
    rules.masquerade.exposed_users = config.masquerade.exposed_users;
    rules.masquerade.envelope = config.masquerade.envelope;
    rules.masquerade.recipients = config.masquerade.recipients;
    rules.masquerade.add_domain = config.masquerade.add_domain;
    rules.expansion_limit = config.routing.expansion_limit;
    return rules;
}

} // namespace posthouse::routing
