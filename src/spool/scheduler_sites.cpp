// SPDX-License-Identifier: Apache-2.0
// Destinations and sites: which belong together, which may start something, and what is on disk.
#include "spool/scheduler_state.hpp"

#include "base/contract.hpp"

#include <algorithm>

namespace posthouse::spool {

Index Scheduler::State::intern(std::string_view key)
{
    if (const auto found = destination_of_.find(key); found != destination_of_.end())
        return found->second;
    Destination fresh;
    fresh.key = key;
    fresh.policy = policy_of_(key);
    expects(fresh.policy != nullptr);
    const Index index = destinations_.add(std::move(fresh));
    Destination& dest = destinations_[index];
    dest.site = make_site(dest);
    sites_[dest.site].destinations = 1;
    destination_of_.emplace(dest.key, index);
    return index;
}

Index Scheduler::State::make_site(const Destination& dest)
{
    Site site;
    site.carrier = dest.policy->carrier;
    site.policy = dest.policy;
    site.health = SiteHealth(dest.policy->site);
    return sites_.add(std::move(site));
}

/// An attempt found out which site serves the destination.
void Scheduler::State::learn(Index destination, const std::string& key)
{
    Destination& dest = destinations_[destination];
    const Site& current = sites_[dest.site];
    if (key.empty() || current.key == key)
        return;
    const std::string full = std::to_string(static_cast<int>(current.carrier)) + key;
    const auto [known, is_new] = site_of_.try_emplace(full, dest.site);
    if (is_new && !current.key.empty())
        known->second = make_site(dest);
    sites_[known->second].key = key;
    if (known->second != dest.site)
        move(destination, known->second);
}

/// With all that is its own. Afterwards the site holds no more than it may, as far as what waits
/// is concerned.
void Scheduler::State::move(Index destination, Index to)
{
    Destination& dest = destinations_[destination];
    const Index from = dest.site;
    unlist(destination);
    for (const auto& [site, sign] : {std::pair(from, -1), std::pair(to, 1)}) {
        const auto add = [sign](std::uint32_t& total, std::uint32_t part) {
            total = sign < 0 ? total - part : total + part;
        };
        add(sites_[site].destinations, 1);
        add(sites_[site].nodes, dest.nodes);
        add(sites_[site].waiting, dest.waiting);
        add(sites_[site].attempts, dest.attempts);
    }
    dest.site = to;
    list(destination);
    if (sites_[from].destinations == 0)
        release_site(from);
    else
        refresh(from);

    const Site& site = sites_[to];
    if (site.health.state() == SiteHealth::State::dead)
        evict(destination, dest.waiting);
    else if (site.nodes > site.policy->in_memory)
        evict(destination, site.nodes - site.policy->in_memory);
    refresh(to);
}

void Scheduler::State::release_site(Index index)
{
    Site& site = sites_[index];
    if (const auto until = site.health.dead_until())
        timers_.erase({*until, Timer::site, index});
    if (site.paced_until)
        timers_.erase({*site.paced_until, Timer::pace, index});
    for (std::size_t band = 0; band < bands; ++band)
        carriers_[static_cast<std::size_t>(site.carrier)].startable[band].remove(
            index, startable_link(band));
    loadable_.remove(index, loadable_link());
    if (!site.key.empty())
        site_of_.erase(std::to_string(static_cast<int>(site.carrier)) + site.key);
    sites_.erase(index);
}

/// Out of its site's lists, or into those where it belongs.
void Scheduler::State::unlist(Index index)
{
    Destination& dest = destinations_[index];
    Site& site = sites_[dest.site];
    for (std::size_t band = 0; band < bands; ++band)
        site.ready[band].remove(index, ready_link(band));
    site.wanting.remove(index, wanting_link());
}

void Scheduler::State::list(Index index)
{
    Destination& dest = destinations_[index];
    Site& site = sites_[dest.site];
    for (std::size_t band = 0; band < bands; ++band)
        if (!dest.groups[band].empty())
            site.ready[band].push_back(index, ready_link(band));
    if (dest.disk == Disk::wanted)
        site.wanting.push_back(index, wanting_link());
}

/// Puts the site into the lists of those that may start or load something, or takes it out. To be
/// called after everything that changes what it may.
void Scheduler::State::refresh(Index index)
{
    Site& site = sites_[index];
    auto& carrier = carriers_[static_cast<std::size_t>(site.carrier)];
    const bool may_start = site.attempts < site.health.allowed(now_) && !site.paced_until;
    for (std::size_t band = 0; band < bands; ++band) {
        const bool startable = may_start && !site.ready[band].empty();
        if (startable == site.startable[band].linked)
            continue;
        if (startable)
            carrier.startable[band].push_back(index, startable_link(band));
        else
            carrier.startable[band].remove(index, startable_link(band));
    }
    if (loadable(site) == site.loadable.linked)
        return;
    if (site.loadable.linked)
        loadable_.remove(index, loadable_link());
    else
        loadable_.push_back(index, loadable_link());
}

/// The site died: what waits for it gives its room to others.
void Scheduler::State::block(Index index)
{
    Site& site = sites_[index];
    timers_.insert({*site.health.dead_until(), Timer::site, index});
    for (std::size_t band = 0; band < priorities; ++band)
        while (!site.ready[band].empty()) {
            const Index destination = site.ready[band].first;
            evict(destination, destinations_[destination].waiting);
        }
    refresh(index);
}

void Scheduler::State::unblock(Index index)
{
    Site& site = sites_[index];
    if (const auto until = site.health.dead_until())
        timers_.erase({*until, Timer::site, index});
    site.health.probe();
    refresh(index);
}

/// How many more deliveries the site may have waiting in memory. A quarter of what is free in all
/// is the most that one site may take, so that there is always room for one more site's.
std::size_t Scheduler::State::room(const Site& site) const
{
    const std::size_t held = nodes_.size();
    if (held >= limits_.in_memory || site.nodes >= site.policy->in_memory)
        return 0;
    std::size_t allowance = std::max<std::size_t>((limits_.in_memory - held) / 4, 1);
    if (site.health.state() == SiteHealth::State::dead)
        allowance = 0;
    if (site.health.state() == SiteHealth::State::probing)
        allowance = std::min<std::size_t>(allowance, site.policy->recipients);
    if (allowance <= site.waiting)
        return 0;
    return std::min<std::size_t>(
        {allowance - site.waiting, site.policy->in_memory - site.nodes, limits_.in_memory - held});
}

/// Is there room for a delivery that comes by itself? It waits its turn behind rows on disk that
/// are as urgent. One destination may take two thirds of its site's memory, and one letter half
/// of it, so that there is room for another's.
bool Scheduler::State::takes(Index destination, const Item& item) const
{
    const Destination& dest = destinations_[destination];
    const Site& site = sites_[dest.site];
    if (room(site) == 0)
        return false;
    const auto band = std::min<std::uint8_t>(item.priority, priorities - 1);
    const bool due_on_disk = dest.disk == Disk::wanted || dest.disk == Disk::loading ||
                             (dest.disk == Disk::timed && dest.disk_due <= now_);
    if (due_on_disk && (dest.disk_bands & ((2u << band) - 1)) != 0)
        return false;
    const std::uint32_t free = site.policy->in_memory - site.nodes;
    if (dest.waiting >= 2 * free)
        return false;
    const auto group = group_of_.find({item.letter.value, destination, band});
    return group == group_of_.end() ||
           groups_[group->second].waiting.size < std::max(free, dest.policy->recipients);
}

bool Scheduler::State::loadable(const Site& site) const
{
    if (site.wanting.empty() || site.nodes >= site.policy->in_memory)
        return false;
    switch (site.health.state()) {
    case SiteHealth::State::alive:
        return site.waiting <= site.policy->in_memory / 4;
    case SiteHealth::State::probing: // Something to probe with.
        return site.waiting == 0 && site.attempts == 0;
    case SiteHealth::State::dead:
        return false;
    }
    return false;
}

/// Its lifetime ended and trying it would tell nothing new: its site is dead, or is being probed
/// with something else.
bool Scheduler::State::too_old(Index destination, const Item& item) const
{
    const Destination& dest = destinations_[destination];
    const Site& site = sites_[dest.site];
    if (!dest.policy->retry.expired(item.accepted, now_))
        return false;
    switch (site.health.state()) {
    case SiteHealth::State::alive:
        return false;
    case SiteHealth::State::probing:
        return site.waiting > 0 || site.attempts > 0;
    case SiteHealth::State::dead:
        return true;
    }
    return false;
}

void Scheduler::State::note_on_disk(Index index, Timestamp due, unsigned band_bits)
{
    Destination& dest = destinations_[index];
    dest.disk_bands |= static_cast<std::uint8_t>(band_bits);
    if (dest.disk == Disk::loading) {
        dest.during_load = std::min(dest.during_load, due);
        return;
    }
    if (dest.disk == Disk::wanted || due >= dest.disk_due)
        return;
    if (dest.disk == Disk::timed)
        timers_.erase({dest.disk_due, Timer::destination, index});
    dest.disk = Disk::timed;
    dest.disk_due = due;
    timers_.insert({due, Timer::destination, index});
}

/// After everything that may leave a destination without deliveries: they are remembered for a
/// while, for their site's sake. The destination may be gone afterwards.
void Scheduler::State::settle(Index index)
{
    Destination& dest = destinations_[index];
    auto rest = Destination::Rest::no;
    if (dest.nodes == 0 && dest.disk == Disk::nothing)
        rest = Destination::Rest::idle;
    if (dest.nodes == 0 && dest.disk == Disk::timed)
        rest = Destination::Rest::parked;
    if (rest == dest.rest)
        return;
    if (dest.rest != Destination::Rest::no)
        (dest.rest == Destination::Rest::idle ? idle_ : parked_).remove(index, resting_link());
    dest.rest = rest;
    if (rest != Destination::Rest::no)
        (rest == Destination::Rest::idle ? idle_ : parked_).push_back(index, resting_link());
    trim();
}

void Scheduler::State::trim()
{
    while (idle_.size > limits_.idle_destinations)
        forget_destination(idle_.first);
    while (parked_.size > limits_.parked_destinations)
        forget_destination(parked_.first);
}

void Scheduler::State::forget_destination(Index index)
{
    Destination& dest = destinations_[index];
    (dest.rest == Destination::Rest::idle ? idle_ : parked_).remove(index, resting_link());
    if (dest.disk == Disk::timed)
        timers_.erase({dest.disk_due, Timer::destination, index});
    const Index site = dest.site;
    if (--sites_[site].destinations == 0)
        release_site(site);
    destination_of_.erase(dest.key);
    destinations_.erase(index);
}

} // namespace posthouse::spool
