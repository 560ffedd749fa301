// SPDX-License-Identifier: Apache-2.0
#include "config/destinations.hpp"

#include "base/text.hpp"
#include "config/values.hpp"

#include <algorithm>

namespace posthouse::config {

namespace {

/// In the form in which parse_destination() leaves a match.
std::string canonical(std::string_view key)
{
    constexpr std::string_view literal = "[ipv6:"; // RFC 5321 §4.1.3
    auto text = lowercase(key);
    if (text.starts_with(literal))
        text = "[" + text.substr(literal.size());
    const auto hop = parse_next_hop(text);
    return hop ? hop->text() : text;
}

std::string_view without_port(std::string_view key)
{
    const auto colon = key.rfind(':');
    const auto bracket = key.rfind(']');
    const bool port = colon != key.npos && (bracket == key.npos || colon > bracket);
    return port ? key.substr(0, colon) : key;
}

/// How near a match is to a key; 0: it does not match.
std::size_t nearness(std::string_view match, std::string_view key)
{
    constexpr std::size_t exact = 1000; // Longer than any suffix.
    const auto name = without_port(key);
    if (match == key)
        return exact + 1;
    if (match == name)
        return exact;
    if (match.starts_with('.') && name.size() > match.size() && name.ends_with(match))
        return 1 + match.size();
    return match == "*" ? 1 : 0;
}

template <class T>
void override(T& value, const std::optional<T>& with)
{
    if (with)
        value = *with;
}

DestinationTerms terms_for_all(const Config& config)
{
    DestinationTerms terms;
    terms.tls = config.outbound.tls;
    terms.source_ipv4 = config.outbound.source_ipv4;
    terms.source_ipv6 = config.outbound.source_ipv6;
    terms.port = config.outbound.port;
    terms.recipients = config.outbound.recipients;
    terms.concurrency = config.queue.concurrency_per_site;
    terms.retry_first = config.queue.retry_first;
    terms.retry_maximum = config.queue.retry_maximum;
    terms.retry_factor = config.queue.retry_factor;
    terms.lifetime = config.queue.lifetime;
    terms.warn_after = config.queue.warn_after;
    return terms;
}

void apply(DestinationTerms& terms, const Destination& destination)
{
    override(terms.tls, destination.tls);
    terms.fingerprints = destination.fingerprints;
    if (destination.source_ipv4)
        terms.source_ipv4 = destination.source_ipv4;
    if (destination.source_ipv6)
        terms.source_ipv6 = destination.source_ipv6;
    override(terms.port, destination.port);
    if (destination.login)
        terms.login = destination.login;
    override(terms.recipients, destination.recipients);
    override(terms.concurrency, destination.concurrency);
    override(terms.letters_per_minute, destination.letters_per_minute);
    override(terms.retry_first, destination.retry_first);
    override(terms.retry_maximum, destination.retry_maximum);
    override(terms.retry_factor, destination.retry_factor);
    override(terms.lifetime, destination.lifetime);
    override(terms.warn_after, destination.warn_after);
}

} // namespace

const Destination* destination_for(const Config& config, std::string_view key)
{
    const auto wanted = canonical(key);
    const Destination* best = nullptr;
    std::size_t most = 0;
    for (const auto& destination : config.destinations)
        if (const auto near = nearness(destination.match, wanted); near > most) {
            most = near;
            best = &destination;
        }
    return best;
}

DestinationTerms terms_for(const Config& config, std::string_view key)
{
    auto terms = terms_for_all(config);
    const auto wanted = canonical(key);
    const auto is_wanted = [&](const auto& one) { return one.text() == wanted; };
    if (std::ranges::any_of(config.outbound.smart_host, is_wanted))
        terms.login = config.outbound.smart_host_login;
    if (std::ranges::any_of(config.backup_mx.domains, is_wanted)) {
        terms.lifetime = config.backup_mx.lifetime;
        terms.retry_maximum = std::min(terms.retry_maximum, config.backup_mx.retry_maximum);
    }
    if (const auto* destination = destination_for(config, key))
        apply(terms, *destination);
    if (const auto hop = parse_next_hop(wanted); hop && hop->port != 0)
        terms.port = hop->port;
    terms.retry_first = std::min(terms.retry_first, terms.retry_maximum);
    return terms;
}

} // namespace posthouse::config
