// SPDX-License-Identifier: Apache-2.0
// From what is known to the next decision.
#include "spool/scheduler_state.hpp"

#include <algorithm>

namespace posthouse::spool {

Decision Scheduler::State::next(Timestamp now)
{
    tick(now);
    fire_timers();
    if (auto decision = expire())
        return std::move(*decision);
    if (auto decision = load())
        return std::move(*decision);
    if (auto decision = start())
        return std::move(*decision);
    if (timers_.empty())
        return decision::Sleep{};
    return decision::Sleep{std::get<Timestamp>(*timers_.begin())};
}

void Scheduler::State::fire_timers()
{
    while (!timers_.empty() && std::get<Timestamp>(*timers_.begin()) <= now_) {
        const auto [at, timer, index] = *timers_.begin();
        if (timer == Timer::site) {
            unblock(index);
            continue;
        }
        if (timer == Timer::pace) {
            timers_.erase(timers_.begin());
            sites_[index].paced_until.reset();
            refresh(index);
            continue;
        }
        timers_.erase(timers_.begin());
        Destination& dest = destinations_[index];
        dest.disk = Disk::wanted;
        sites_[dest.site].wanting.push_back(index, wanting_link());
        refresh(dest.site);
        settle(index);
    }
}

std::optional<Decision> Scheduler::State::expire()
{
    std::optional<decision::Expire> expired;
    Index destination = nowhere;
    while (!expiring_.empty()) {
        const auto [letter, delivery] = expiring_.front();
        const Index* node = find(letter, delivery);
        if (node == nullptr || nodes_[*node].place != Place::recording) { // Removed meanwhile.
            expiring_.pop_front();
            continue;
        }
        const Group& group = groups_[nodes_[*node].group];
        if (!expired) {
            destination = group.destination;
            expired = {
                .destination = destinations_[destination].key, .letter = letter, .deliveries = {}};
        } else if (letter != expired->letter || group.destination != destination) {
            break;
        }
        expired->deliveries.push_back(delivery);
        expiring_.pop_front();
    }
    if (!expired)
        return std::nullopt;
    return *std::move(expired);
}

/// A site that runs low shares its room among those of its destinations that have more on disk.
std::optional<Decision> Scheduler::State::load()
{
    while (!loadable_.empty() && open_loads_.size() < limits_.open_loads &&
           nodes_.size() < limits_.in_memory) {
        const Index site_index = loadable_.first;
        Site& site = sites_[site_index];
        loadable_.remove(site_index, loadable_link()); // Last in the next round.
        const std::size_t free = room(site);
        if (free == 0)
            continue; // Something waits; when it starts, the site is looked at again.

        constexpr std::uint32_t most_sharing = 16;
        std::size_t share =
            std::max<std::size_t>(free / std::min(site.wanting.size, most_sharing), 1);
        if (site.health.state() == SiteHealth::State::probing)
            share = site.policy->in_memory - site.nodes; // Most of them only to see their age.
        const Index index = site.wanting.first;
        site.wanting.remove(index, wanting_link());
        Destination& dest = destinations_[index];
        dest.disk = Disk::loading;
        dest.disk_due = dest.during_load = Timestamp::max();
        open_loads_.insert(dest.load = ++last_load_);
        refresh(site_index);
        // What is here already may be among the first rows.
        return decision::Load{.destination = dest.key, .limit = dest.nodes + share};
    }
    return std::nullopt;
}

std::optional<Decision> Scheduler::State::start()
{
    for (auto& carrier : carriers_) {
        if (carrier.attempts >= carrier.capacity)
            continue;
        if (const auto band = choose_band(carrier))
            return start_from(carrier, *band);
    }
    return std::nullopt;
}

std::optional<std::size_t> Scheduler::State::choose_band(const CarrierState& carrier) const
{
    const auto has = [&](std::size_t band) { return !carrier.startable[band].empty(); };
    const bool suspect = carrier.suspects == 0 && has(suspect_band);
    if (suspect && carrier.starts % 64 == 63)
        return suspect_band;
    for (std::size_t i = 0; i < priorities; ++i)
        if (const std::size_t band = carrier.starts % 8 == 7 ? priorities - 1 - i : i; has(band))
            return band;
    return suspect ? std::optional(suspect_band) : std::nullopt;
}

/// The next start there waits its share of a minute.
void Scheduler::State::pace(Index index)
{
    Site& site = sites_[index];
    const auto rate = site.policy->site.letters_per_minute;
    if (rate == 0 || site.paced_until)
        return;
    site.paced_until = now_ + std::chrono::microseconds(std::chrono::minutes(1)) / rate;
    timers_.insert({*site.paced_until, Timer::pace, index});
}

/// One attempt of the first site's first destination's first letter; then each of them is last.
Decision Scheduler::State::start_from(CarrierState& carrier, std::size_t band)
{
    const Index site_index = carrier.startable[band].first;
    Site& site = sites_[site_index];
    const Index dest_index = site.ready[band].first;
    Destination& dest = destinations_[dest_index];
    const Index group_index = dest.groups[band].first;
    const Group& group = groups_[group_index];

    const bool alone = band == suspect_band;
    const std::size_t most = alone ? 1 : std::max(dest.policy->recipients, 1u);
    Attempt attempt{.destination = dest_index, .letter = group.letter, .nodes = {}};
    decision::Start start{.attempt = AttemptId{++last_attempt_},
                          .destination = dest.key,
                          .letter = group.letter,
                          .deliveries = {}};
    if (alone)
        attempt.company = start.company = decision::Start::Company::alone;
    while (attempt.nodes.size() < most && !group.waiting.empty()) {
        const Index node = group.waiting.first;
        set_place(node, Place::under_way);
        attempt.nodes.push_back(node);
        start.deliveries.push_back(nodes_[node].delivery);
    }

    if (group.link.linked)
        dest.groups[band].rotate(group_link());
    if (dest.ready[band].linked)
        site.ready[band].rotate(ready_link(band));
    carrier.startable[band].rotate(startable_link(band));
    ++dest.attempts;
    ++site.attempts;
    ++carrier.attempts;
    ++carrier.starts;
    carrier.suspects += alone ? 1 : 0;
    attempts_.emplace(last_attempt_, std::move(attempt));
    pace(site_index);
    refresh(site_index);
    return start;
}

} // namespace posthouse::spool
