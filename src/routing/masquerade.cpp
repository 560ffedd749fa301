// SPDX-License-Identifier: Apache-2.0
#include "routing/masquerade.hpp"

#include "base/text.hpp"
#include "routing/domains.hpp"
#include "routing/local_part.hpp"

#include <algorithm>

namespace posthouse::routing {
namespace {

bool has_generics(const mail::Domain& domain, const Rules& rules, const Tables& tables)
{
    if (!tables.generics || tables.generics->size() == 0)
        return false;
    if (domain == rules.hostname)
        return true;
    if (!tables.generics_domains)
        return locality_of(domain, rules, tables).has_value();
    return tables.generics_domains->find(domain.text()).has_value();
}

/// What the genericstable says of it: an address, or a name. The order of its keys and their
/// arguments are sendmail's.
std::optional<FilledAddress> generic(const mail::Mailbox& address, const Rules& rules,
                                     const Tables& tables)
{
    const std::string_view whole = address.local_part();
    const auto& domain = address.domain().text();
    const auto detail = detail_of(whole, rules.separators);
    struct Key {
        std::optional<std::string> text;
        std::string_view argument;
    };
    std::vector<Key> keys;
    keys.push_back({key_of(whole, domain), {}});
    if (detail) {
        keys.push_back({key_of(detail->wildcard, domain), detail->detail});
        keys.push_back({key_of(detail->user, domain), {}});
    }
    keys.push_back({'@' + domain, whole});
    keys.push_back({name_key_of(whole), {}});
    if (detail) {
        keys.push_back({name_key_of(detail->wildcard), detail->detail});
        keys.push_back({name_key_of(detail->user), {}});
    }
    for (const auto& key : keys) {
        if (!key.text)
            continue;
        const auto entry = tables.generics->find(*key.text);
        if (!entry || entry->size() == 0)
            continue;
        return filled_address(entry->item(0).text,
                              {.key = *key.text, .first = key.argument, .second = {}, .third = {}});
    }
    return std::nullopt;
}

bool is_exposed(std::string_view local_part, const Rules& rules)
{
    return std::ranges::any_of(rules.masquerade.exposed_users, [&](const std::string& user) {
        return equal_ignoring_case(user, local_part);
    });
}

bool is_hidden(const mail::Domain& domain, const Rules& rules)
{
    const auto& masquerade = rules.masquerade;
    return (domain == rules.hostname || is_within(domain.text(), masquerade.domains)) &&
           !is_within(domain.text(), masquerade.exceptions);
}

} // namespace

std::optional<mail::Mailbox> seen_outside(const mail::Mailbox& address, const Rules& rules,
                                          const Tables& tables)
{
    auto seen = address;
    if (has_generics(address.domain(), rules, tables)) {
        if (auto becomes = generic(address, rules, tables)) {
            if (!becomes->is_name)
                return becomes->mailbox != address ? becomes->mailbox : std::nullopt;
            // A name is one of this host, and masqueraded like it.
            if (auto named = mailbox_at(becomes->local_part, rules.hostname.text()))
                seen = std::move(*named);
        }
    }
    const auto& as = rules.masquerade.as;
    if (as && is_hidden(seen.domain(), rules) && !is_exposed(seen.local_part(), rules))
        if (auto masked = mailbox_at(seen.local_part(), as->text()))
            seen = std::move(*masked);
    return seen != address ? std::optional(std::move(seen)) : std::nullopt;
}

std::optional<mail::Mailbox> rewrite_sender(const mail::Mailbox& sender, const Rules& rules,
                                            const Tables& tables)
{
    if (!rules.masquerade.envelope)
        return std::nullopt;
    return seen_outside(sender, rules, tables);
}

} // namespace posthouse::routing
