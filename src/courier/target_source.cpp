// SPDX-License-Identifier: Apache-2.0
#include "courier/target_source.hpp"

#include <algorithm>

namespace posthouse::courier {

void ResolverTargets::set_link(std::shared_ptr<wire::Link> link)
{
    if (link_)
        link_->close();
    link_ = std::move(link);
}

void ResolverTargets::forget()
{
    known_.clear();
    order_.clear();
}

Task<TargetSource::Found> ResolverTargets::find(std::string domain)
{
    const auto known = known_.find(domain);
    if (known != known_.end() && Instant::clock::now() < known->second.until)
        co_return shuffled(known->second.targets);
    auto found = co_await ask(domain);
    if (found && !(*found)->failed())
        remember(domain, *found);
    co_return found;
}

std::shared_ptr<const wire::Targets>
ResolverTargets::shuffled(std::shared_ptr<const wire::Targets> targets)
{
    const auto equals = [](const wire::Targets::Target& one, const wire::Targets::Target& other) {
        return one.preference() == other.preference();
    };
    if (std::ranges::adjacent_find(targets->targets(), equals) == targets->targets().end())
        return targets;
    auto copy = std::make_shared<wire::Targets>(*targets);
    auto& hosts = *copy->mutable_targets();
    for (auto group = hosts.begin(); group != hosts.end();) {
        const auto end =
            std::find_if_not(group, hosts.end(), [&](const wire::Targets::Target& host) {
                return host.preference() == group->preference();
            });
        std::shuffle(group, end, Dice{random_});
        group = end;
    }
    return copy;
}

Task<TargetSource::Found> ResolverTargets::ask(std::string domain)
{
    const auto link = link_;
    if (!link)
        co_return std::unexpected(wire::Failure::closed);
    wire::FindTargets question;
    question.set_domain(std::move(domain));
    auto answer = co_await link->call<wire::Targets>(wire::Method::find_targets, question);
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return std::make_shared<const wire::Targets>(std::move(answer->message));
}

void ResolverTargets::remember(const std::string& domain,
                               std::shared_ptr<const wire::Targets> targets)
{
    const auto until = Instant::clock::now() + Limits::remember_domain;
    const auto [place, is_new] = known_.insert_or_assign(domain, Known{std::move(targets), until});
    if (!is_new)
        return;
    order_.push_back(domain);
    if (order_.size() > Limits::remembered_domains) {
        known_.erase(order_.front());
        order_.pop_front();
    }
}

} // namespace posthouse::courier
