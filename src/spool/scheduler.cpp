// SPDX-License-Identifier: Apache-2.0
#include "spool/scheduler.hpp"

#include "base/contract.hpp"
#include "spool/scheduler_state.hpp"

namespace posthouse::spool {

Policy Policy::mailbox()
{
    Policy policy;
    policy.carrier = Carrier::sorter;
    policy.recipients = 100;
    policy.in_memory = 4'000;
    policy.site.initial_attempts = policy.site.most_attempts = 64;
    policy.site.first_back_off = std::chrono::seconds(5);
    policy.site.longest_back_off = std::chrono::minutes(1);
    // Nobody is far away: what the store could not take it takes as soon as it is well again.
    policy.retry.delays = {std::chrono::seconds(10), std::chrono::seconds(30),
                           std::chrono::minutes(1),  std::chrono::minutes(2),
                           std::chrono::minutes(5),  std::chrono::minutes(10),
                           std::chrono::minutes(20)};
    return policy;
}

Policy Policy::local(Carrier carrier)
{
    Policy policy;
    policy.carrier = carrier;
    policy.site.first_back_off = std::chrono::seconds(10);
    policy.site.longest_back_off = std::chrono::minutes(5);
    return policy;
}

Scheduler::Stats Scheduler::State::stats() const
{
    Stats stats{.waiting = waiting_ + suspects_,
                .under_way = under_way_,
                .suspects = suspects_,
                .attempts = 0,
                .destinations = destinations_.size(),
                .sites = sites_.size()};
    for (const auto& carrier : carriers_)
        stats.attempts += carrier.attempts;
    return stats;
}

std::optional<Scheduler::SiteView> Scheduler::State::site_of(std::string_view destination,
                                                             Timestamp now) const
{
    const auto found = destination_of_.find(destination);
    if (found == destination_of_.end())
        return std::nullopt;
    const Site& site = sites_[destinations_[found->second].site];
    return SiteView{.key = site.key,
                    .state = site.health.state(),
                    .attempts = site.attempts,
                    .allowed = site.health.allowed(now),
                    .dead_until = site.health.dead_until(),
                    .in_memory = site.nodes};
}

std::vector<std::string> Scheduler::State::destinations(std::string_view after,
                                                        std::size_t limit) const
{
    std::set<std::string_view> least;
    for (const auto& [key, index] : destination_of_) {
        if (key <= after)
            continue;
        least.insert(key);
        if (least.size() > limit)
            least.erase(std::prev(least.end()));
    }
    return {least.begin(), least.end()};
}

std::vector<std::string> Scheduler::destinations(std::string_view after, std::size_t limit) const
{
    return state_->destinations(after, limit);
}

Scheduler::Scheduler(PolicyOf policy_of, Random& random, Limits limits)
{
    expects(policy_of && limits.in_memory > 0 && limits.open_loads > 0);
    state_ = std::make_unique<State>(std::move(policy_of), random, limits);
}

Scheduler::~Scheduler() = default;

Decision Scheduler::next(Timestamp now)
{
    return state_->next(now);
}

Placement Scheduler::added(std::string_view destination, const Item& item, Timestamp now)
{
    return state_->added(destination, item, now);
}

void Scheduler::has_more(std::string_view destination, Timestamp earliest)
{
    state_->has_more(destination, earliest);
}

void Scheduler::loaded(std::string_view destination, std::span<const Item> items,
                       std::optional<Timestamp> next, Timestamp now)
{
    state_->loaded(destination, items, next, now);
}

std::vector<Deferred> Scheduler::attempt_ended(AttemptId attempt, const AttemptReport& report,
                                               Timestamp now)
{
    return state_->attempt_ended(attempt, report, now);
}

void Scheduler::recorded(AttemptId attempt)
{
    state_->recorded(attempt);
}

std::vector<Returned> Scheduler::attempt_lost(AttemptId attempt, Loss loss)
{
    return state_->attempt_lost(attempt, loss);
}

void Scheduler::removed(LetterId letter, DeliveryId delivery)
{
    state_->removed(letter, delivery);
}

void Scheduler::removed(LetterId letter)
{
    state_->removed(letter);
}

void Scheduler::retry_now(std::string_view destination)
{
    state_->retry_now(destination);
}

void Scheduler::capacity(Carrier carrier, std::size_t attempts)
{
    state_->capacity(carrier, attempts);
}

void Scheduler::policies_changed(PolicyOf policy_of)
{
    state_->policies_changed(std::move(policy_of));
}

Scheduler::Stats Scheduler::stats() const
{
    return state_->stats();
}

std::optional<Scheduler::SiteView> Scheduler::site_of(std::string_view destination,
                                                      Timestamp now) const
{
    return state_->site_of(destination, now);
}

} // namespace posthouse::spool
