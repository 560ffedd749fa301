// SPDX-License-Identifier: Apache-2.0
#include "keeper/policies.hpp"

#include "config/destinations.hpp"
#include "mail/address.hpp"
#include "routing/engine.hpp"

#include <algorithm>

namespace posthouse::keeper {
namespace {

using std::chrono::seconds;

seconds whole_seconds(config::Span span)
{
    return std::chrono::duration_cast<seconds>(span);
}

/// A domain whose backup MX we are is tried soon after it answers, and waited for longer.
config::Queue queue_for(const config::Config& config, const std::string& name)
{
    auto queue = config.queue;
    const auto domain = mail::Domain::parse(name);
    const auto& backup = config.backup_mx;
    if (domain && std::ranges::find(backup.domains, *domain) != backup.domains.end()) {
        queue.lifetime = backup.lifetime;
        queue.retry_maximum = std::min(queue.retry_maximum, backup.retry_maximum);
    }
    if (const auto* own = config::destination_for(config, name)) {
        queue.retry_first = own->retry_first.value_or(queue.retry_first);
        queue.retry_factor = own->retry_factor.value_or(queue.retry_factor);
        queue.retry_maximum = own->retry_maximum.value_or(queue.retry_maximum);
        queue.lifetime = own->lifetime.value_or(queue.lifetime);
        queue.warn_after = own->warn_after.value_or(queue.warn_after);
        queue.concurrency_per_site = own->concurrency.value_or(queue.concurrency_per_site);
    }
    return queue;
}

void set_retry(spool::Policy& policy, const config::Queue& queue)
{
    policy.retry.lifetime = whole_seconds(queue.lifetime);
    policy.retry.delays.clear();
    auto delay = std::min(queue.retry_first, queue.retry_maximum);
    while (policy.retry.delays.size() < 64) {
        policy.retry.delays.push_back(std::max(whole_seconds(delay), seconds(1)));
        const auto next = std::chrono::duration_cast<config::Span>(delay * queue.retry_factor);
        if (delay >= queue.retry_maximum || next <= delay)
            break;
        delay = std::min(next, queue.retry_maximum);
    }
}

spool::Policy remote_policy(const config::Config& config, const std::string& name)
{
    const auto queue = queue_for(config, name);
    auto policy = spool::Policy::smtp();
    auto& site = policy.site;
    site.most_attempts = static_cast<std::uint32_t>(queue.concurrency_per_site);
    // A site is not left alone for longer than a letter waits.
    site.first_back_off =
        std::min(site.first_back_off, std::max(whole_seconds(queue.retry_first), seconds(1)));
    site.longest_back_off =
        std::min(site.longest_back_off, std::max(whole_seconds(queue.retry_maximum), seconds(1)));
    site.initial_attempts = std::min(site.initial_attempts, site.most_attempts);
    policy.recipients = static_cast<std::uint32_t>(config.outbound.recipients);
    if (const auto* own = config::destination_for(config, name)) {
        policy.recipients = static_cast<std::uint32_t>(own->recipients.value_or(policy.recipients));
        site.letters_per_minute = static_cast<std::uint32_t>(own->letters_per_minute.value_or(0));
    }
    set_retry(policy, queue);
    return policy;
}

spool::Policy agent_policy(const config::Config& config)
{
    auto policy = spool::Policy::local(spool::Carrier::agent);
    policy.recipients = 1; // Users have nothing to do with one another.
    policy.site.initial_attempts = policy.site.most_attempts = 200; // The agent bounds them itself.
    set_retry(policy, config.queue);
    return policy;
}

} // namespace

std::string matched_name(std::string_view destination)
{
    const auto colon = destination.find(':');
    if (colon == destination.npos)
        return std::string(destination);
    auto rest = destination.substr(colon + 1);
    if (rest.starts_with("unix:"))
        return std::string(rest);
    rest = rest.substr(0, rest.find('|'));
    // The port does not matter; a bracketed name may hold colons.
    const auto from = rest.starts_with('[') ? rest.find(']') : 0;
    if (from != rest.npos)
        if (const auto port = rest.find(':', from); port != rest.npos)
            rest = rest.substr(0, port);
    return std::string(rest);
}

spool::PolicyOf policies_of(std::shared_ptr<const config::Config> config)
{
    auto mailbox = spool::Policy::mailbox();
    mailbox.retry.lifetime = whole_seconds(config->queue.lifetime);
    const auto mailboxes = std::make_shared<const spool::Policy>(std::move(mailbox));
    const auto agent = std::make_shared<const spool::Policy>(agent_policy(*config));
    return [mailboxes, agent, config](std::string_view destination) {
        if (destination == routing::mailbox_destination)
            return mailboxes;
        if (destination == routing::agent_destination)
            return agent;
        return std::make_shared<const spool::Policy>(
            remote_policy(*config, matched_name(destination)));
    };
}

DelayTerms delay_terms(const config::Config& config, std::string_view destination)
{
    const auto queue = queue_for(config, matched_name(destination));
    return {whole_seconds(queue.warn_after), whole_seconds(queue.lifetime)};
}

} // namespace posthouse::keeper
