// SPDX-License-Identifier: Apache-2.0
#include "routing/domains.hpp"

#include <algorithm>

namespace posthouse::routing {

const LocalDomain& own_domain(const Rules& rules)
{
    static const LocalDomain plain;
    const auto found = rules.domains.find(rules.hostname);
    return found == rules.domains.end() ? plain : found->second;
}

std::optional<Locality> locality_of(const mail::Domain& domain, const Rules& rules,
                                    const Tables& tables)
{
    if (domain == rules.hostname)
        return Locality{own_domain(rules), true, "the hostname"};
    if (const auto found = rules.domains.find(domain); found != rules.domains.end())
        return Locality{found->second, false, "one of domains"};
    if (tables.local_hosts)
        if (const auto entry = tables.local_hosts->find(domain.text()))
            return Locality{own_domain(rules), true, entry->place()};
    if (domain.text() == "localhost")
        return Locality{own_domain(rules), true, "this host"};
    return std::nullopt;
}

std::vector<std::string_view> with_parents(std::string_view domain)
{
    std::vector<std::string_view> names{domain};
    if (domain.starts_with('['))
        return names;
    for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.')) {
        domain.remove_prefix(dot + 1);
        names.push_back(domain);
    }
    return names;
}

bool is_within(std::string_view domain, const std::vector<mail::Domain>& domains)
{
    return std::ranges::any_of(with_parents(domain), [&](std::string_view name) {
        return std::ranges::any_of(domains, [&](const auto& one) { return one.text() == name; });
    });
}

} // namespace posthouse::routing
