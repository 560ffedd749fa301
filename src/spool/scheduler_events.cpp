// SPDX-License-Identifier: Apache-2.0
// What happened, and what it changes.
#include "spool/scheduler_state.hpp"

#include <algorithm>

namespace posthouse::spool {

namespace {

unsigned band_bit(std::uint8_t priority)
{
    return 1u << std::min<std::uint8_t>(priority, priorities - 1);
}

constexpr unsigned all_bands = (1u << priorities) - 1;

} // namespace

Placement Scheduler::State::added(std::string_view destination, const Item& item, Timestamp now)
{
    tick(now);
    const Index index = intern(destination);
    if (const Index* known = find(item.letter, item.delivery)) {
        Node& node = nodes_[*known];
        if (node.place == Place::recording) // It is due earlier than what is being recorded says.
            node.due = std::min(node.due, item.due);
        return Placement::known;
    }
    auto placement = Placement::in_memory;
    if (item.due <= now_ && takes(index, item)) {
        insert(index, item, Place::waiting);
    } else if (item.due > now_ || !expire_if_old(index, item)) {
        note_on_disk(index, item.due, band_bit(item.priority));
        placement = Placement::on_disk;
    }
    refresh(destinations_[index].site);
    settle(index);
    return placement;
}

/// Gives it up where that is all that is left to do, if there is room to remember doing so.
bool Scheduler::State::expire_if_old(Index destination, const Item& item)
{
    const Site& site = sites_[destinations_[destination].site];
    const bool full = nodes_.size() >= limits_.in_memory || site.nodes >= site.policy->in_memory;
    if (full || !too_old(destination, item))
        return false;
    const Index node = insert(destination, item, Place::recording);
    nodes_[node].expiring = true;
    expiring_.emplace_back(item.letter, item.delivery);
    return true;
}

void Scheduler::State::has_more(std::string_view destination, Timestamp earliest)
{
    const Index index = intern(destination);
    note_on_disk(index, earliest, all_bands);
    settle(index);
}

void Scheduler::State::loaded(std::string_view destination, std::span<const Item> items,
                              std::optional<Timestamp> next, Timestamp now)
{
    tick(now);
    const auto found = destination_of_.find(destination);
    if (found == destination_of_.end() || destinations_[found->second].disk != Disk::loading)
        return;
    const Index index = found->second;
    Destination& dest = destinations_[index];
    dest.disk_bands = 0;
    for (const Item& item : items) {
        if (find(item.letter, item.delivery) != nullptr || is_stale(dest, item))
            continue;
        if (item.due <= now_) {
            if (expire_if_old(index, item))
                continue;
            if (room(sites_[dest.site]) > 0) {
                insert(index, item, Place::waiting);
                continue;
            }
        }
        note_on_disk(index, item.due, band_bit(item.priority));
    }
    const Timestamp meanwhile = std::exchange(dest.during_load, Timestamp::max());
    dest.disk = Disk::nothing;
    if (meanwhile != Timestamp::max())
        note_on_disk(index, meanwhile, 0);
    if (next) // Rows come in the order of their bands, so these are not more urgent than the last.
        note_on_disk(index, *next,
                     items.empty() ? all_bands
                                   : all_bands & ~(band_bit(items.back().priority) - 1));
    load_is_over(dest);
    refresh(dest.site);
    settle(index);
}

std::vector<Deferred> Scheduler::State::attempt_ended(AttemptId id, const AttemptReport& report,
                                                      Timestamp now)
{
    tick(now);
    const auto found = attempts_.find(static_cast<std::uint64_t>(id));
    if (found == attempts_.end() || found->second.ended)
        return {};
    Attempt& attempt = found->second;
    free_place(attempt);
    const Index index = attempt.destination;
    learn(index, report.site);
    feel(destinations_[index].site, report);

    std::vector<Deferred> deferred;
    auto done = report.done;
    std::ranges::sort(done);
    for (const Index node_index : attempt.nodes) {
        Node& node = nodes_[node_index];
        set_place(node_index, Place::recording);
        if (node.removed || std::ranges::binary_search(done, node.delivery))
            continue;
        ++node.attempts;
        const auto due =
            destinations_[index].policy->retry.next_due(node.accepted, node.attempts, now, random_);
        node.due = due.value_or(Timestamp::max());
        deferred.push_back({.delivery = node.delivery, .attempts = node.attempts, .due = due});
    }
    return deferred;
}

/// Its end, whatever it was, makes room for another attempt.
void Scheduler::State::free_place(Attempt& attempt)
{
    attempt.ended = true;
    Destination& dest = destinations_[attempt.destination];
    Site& site = sites_[dest.site];
    auto& carrier = carriers_[static_cast<std::size_t>(site.carrier)];
    --dest.attempts;
    --site.attempts;
    --carrier.attempts;
    if (attempt.company == decision::Start::Company::alone)
        --carrier.suspects;
    refresh(dest.site);
}

/// What an attempt found changes its site's window.
void Scheduler::State::feel(Index site_index, const AttemptReport& report)
{
    Site& site = sites_[site_index];
    const auto was_dead_until = site.health.dead_until();
    site.health.report(report.health, site.policy->site, now_, random_);
    if (report.connections > 0)
        site.health.limit(report.connections, site.policy->site, now_);
    if (was_dead_until && !site.health.dead_until())
        timers_.erase({*was_dead_until, Timer::site, site_index});
    if (!was_dead_until && site.health.dead_until())
        block(site_index);
    else
        refresh(site_index);
}

void Scheduler::State::recorded(AttemptId id)
{
    const auto found = attempts_.find(static_cast<std::uint64_t>(id));
    if (found == attempts_.end() || !found->second.ended)
        return;
    const Index index = found->second.destination;
    for (const Index node_index : found->second.nodes) {
        const Node& node = nodes_[node_index];
        if (!node.removed && node.due != Timestamp::max())
            note_on_disk(index, node.due, 1u << node.band);
        forget(node_index);
    }
    attempts_.erase(found);
    refresh(destinations_[index].site);
    settle(index);
}

std::vector<Returned> Scheduler::State::attempt_lost(AttemptId id, Loss loss)
{
    const auto found = attempts_.find(static_cast<std::uint64_t>(id));
    if (found == attempts_.end() || found->second.ended)
        return {};
    Attempt attempt = std::move(found->second);
    attempts_.erase(found);
    free_place(attempt);

    const bool crashed_alone =
        loss == Loss::crashed && attempt.company == decision::Start::Company::alone;
    const std::uint32_t crashes = crashed_alone ? ++crashes_alone_[attempt.letter.value] : 0;
    std::vector<Returned> returned;
    for (const Index node : attempt.nodes) {
        if (!nodes_[node].removed)
            returned.push_back({.delivery = nodes_[node].delivery, .crashes_alone = crashes});
        give_back(attempt, node, loss);
    }
    refresh(destinations_[attempt.destination].site);
    settle(attempt.destination);
    return returned;
}

/// To wait again: by itself, if it may be what brought the worker down.
void Scheduler::State::give_back(const Attempt& attempt, Index index, Loss loss)
{
    if (nodes_[index].removed) {
        forget(index);
        return;
    }
    const bool was_suspect = groups_[nodes_[index].group].band == suspect_band;
    const bool suspect = was_suspect || (loss == Loss::crashed && suspects_ < limits_.suspects);
    if (!suspect) {
        const Destination& dest = destinations_[attempt.destination];
        if (sites_[dest.site].health.state() == SiteHealth::State::dead) {
            note_on_disk(attempt.destination, now_, 1u << nodes_[index].band);
            forget(index);
            return;
        }
    }
    if (suspect == was_suspect) {
        set_place(index, Place::waiting);
        return;
    }
    leave(index);
    nodes_[index].place = Place::waiting;
    join(index, attempt.letter, attempt.destination, suspect_band);
}

void Scheduler::State::removed(LetterId letter, DeliveryId delivery)
{
    const Index* found = find(letter, delivery);
    if (found == nullptr) {
        bury(letter, delivery);
        return;
    }
    const Index index = *found;
    Node& node = nodes_[index];
    const Index destination = groups_[node.group].destination;
    const bool of_attempt =
        node.place == Place::under_way || (node.place == Place::recording && !node.expiring);
    if (of_attempt)
        node.removed = true; // Its attempt names it.
    else
        forget(index);
    refresh(destinations_[destination].site);
    settle(destination);
}

void Scheduler::State::removed(LetterId letter)
{
    bury(letter, whole_letter);
    std::vector<DeliveryId> deliveries;
    for (auto entry = group_of_.lower_bound({letter.value, 0, 0});
         entry != group_of_.end() && std::get<0>(entry->first) == letter.value; ++entry)
        for (const List* list : {&groups_[entry->second].waiting, &groups_[entry->second].busy})
            for (Index index = list->first; index != nowhere; index = nodes_[index].link.after)
                deliveries.push_back(nodes_[index].delivery);
    for (const DeliveryId delivery : deliveries)
        removed(letter, delivery);
}

void Scheduler::State::retry_now(std::string_view destination)
{
    const auto found = destination_of_.find(destination);
    if (found != destination_of_.end())
        unblock(destinations_[found->second].site);
}

void Scheduler::State::capacity(Carrier carrier, std::size_t attempts)
{
    carriers_[static_cast<std::size_t>(carrier)].capacity = attempts;
}

/// A destination keeps its kind of carrier until it is forgotten.
void Scheduler::State::policies_changed(PolicyOf policy_of)
{
    policy_of_ = std::move(policy_of);
    for (const auto& [key, index] : destination_of_) {
        Destination& dest = destinations_[index];
        auto policy = policy_of_(key);
        Site& site = sites_[dest.site];
        if (!policy || policy->carrier != site.carrier)
            continue;
        dest.policy = site.policy = std::move(policy);
        refresh(dest.site);
    }
}

} // namespace posthouse::spool
