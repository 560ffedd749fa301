// SPDX-License-Identifier: Apache-2.0
#include "keeper/policies.hpp"

#include "config/destinations.hpp"
#include "routing/engine.hpp"

#include <algorithm>

namespace posthouse::keeper {
namespace {

using std::chrono::seconds;

seconds whole_seconds(config::Span span)
{
    return std::chrono::duration_cast<seconds>(span);
}

/// Of config::Queue or config::DestinationTerms.
template <class Terms>
spool::RetryPolicy retry_of(const Terms& terms)
{
    spool::RetryPolicy retry;
    retry.lifetime = whole_seconds(terms.lifetime);
    retry.delays.clear();
    auto delay = std::min(terms.retry_first, terms.retry_maximum);
    while (retry.delays.size() < 64) {
        retry.delays.push_back(std::max(whole_seconds(delay), seconds(1)));
        const auto next = std::chrono::duration_cast<config::Span>(delay * terms.retry_factor);
        if (delay >= terms.retry_maximum || next <= delay)
            break;
        delay = std::min(next, terms.retry_maximum);
    }
    return retry;
}

spool::Policy remote_policy(const config::DestinationTerms& terms)
{
    auto policy = spool::Policy::smtp();
    auto& site = policy.site;
    site.most_attempts = static_cast<std::uint32_t>(terms.concurrency);
    // A site is not left alone for longer than a letter waits.
    site.first_back_off =
        std::min(site.first_back_off, std::max(whole_seconds(terms.retry_first), seconds(1)));
    site.longest_back_off =
        std::min(site.longest_back_off, std::max(whole_seconds(terms.retry_maximum), seconds(1)));
    site.initial_attempts = std::min(site.initial_attempts, site.most_attempts);
    site.letters_per_minute = static_cast<std::uint32_t>(terms.letters_per_minute);
    policy.recipients = static_cast<std::uint32_t>(terms.recipients);
    policy.retry = retry_of(terms);
    return policy;
}

spool::Policy agent_policy(const config::Config& config)
{
    auto policy = spool::Policy::local(spool::Carrier::agent);
    policy.recipients = 1; // Users have nothing to do with one another.
    policy.site.initial_attempts = policy.site.most_attempts = 200; // The agent bounds them itself.
    policy.retry = retry_of(config.queue);
    return policy;
}

} // namespace

std::string matched_name(std::string_view destination)
{
    const auto name = destination.substr(destination.find(':') + 1);
    return std::string(name.substr(0, name.find('|')));
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
            remote_policy(config::terms_for(*config, matched_name(destination))));
    };
}

DelayTerms delay_terms(const config::Config& config, std::string_view destination)
{
    const auto terms = config::terms_for(config, matched_name(destination));
    return {whole_seconds(terms.warn_after), whole_seconds(terms.lifetime)};
}

} // namespace posthouse::keeper
