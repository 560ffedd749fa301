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

Task<TargetSource::Found> ResolverTargets::find(Hop hop)
{
    const auto place = hop.text();
    const auto known = known_.find(place);
    if (known != known_.end() && Instant::clock::now() < known->second.until)
        co_return shuffled(known->second.targets);
    wire::FindTargets question;
    if (hop.kind == Hop::Kind::domain)
        question.set_domain(std::move(hop.name));
    else
        question.set_next_hop(std::move(hop.name));
    auto found = co_await ask(std::move(question));
    if (found && !(*found)->failed())
        remember(place, *found);
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

Task<TargetSource::Found> ResolverTargets::ask(wire::FindTargets question)
{
    const auto link = link_;
    if (!link)
        co_return std::unexpected(wire::Failure::closed);
    auto answer = co_await link->call<wire::Targets>(wire::Method::find_targets, question);
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return std::make_shared<const wire::Targets>(std::move(answer->message));
}

void ResolverTargets::remember(const std::string& place,
                               std::shared_ptr<const wire::Targets> targets)
{
    const auto until = Instant::clock::now() + Limits::remember_domain;
    const auto [entry, is_new] = known_.insert_or_assign(place, Known{std::move(targets), until});
    if (!is_new)
        return;
    order_.push_back(place);
    if (order_.size() > Limits::remembered_domains) {
        known_.erase(order_.front());
        order_.pop_front();
    }
}

} // namespace posthouse::courier
