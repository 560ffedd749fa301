// SPDX-License-Identifier: Apache-2.0
// The deliveries in memory: in, out, and from one place to another.
#include "spool/scheduler_state.hpp"

#include <algorithm>

namespace posthouse::spool {

Index* Scheduler::State::find(LetterId letter, DeliveryId delivery)
{
    const auto found = node_of_.find({letter, delivery});
    return found == node_of_.end() ? nullptr : &found->second;
}

Index Scheduler::State::insert(Index destination, const Item& item, Place place)
{
    const auto band = std::min<std::uint8_t>(item.priority, priorities - 1);
    const Index index = nodes_.add({.delivery = item.delivery,
                                    .accepted = item.accepted,
                                    .attempts = item.attempts,
                                    .band = band,
                                    .place = place});
    node_of_.emplace(std::pair(item.letter, item.delivery), index);
    Destination& dest = destinations_[destination];
    ++dest.nodes;
    ++sites_[dest.site].nodes;
    join(index, item.letter, destination, band);
    return index;
}

/// Into the group of its letter, which is made if need be.
void Scheduler::State::join(Index index, LetterId letter, Index destination, std::size_t band)
{
    const auto band_number = static_cast<std::uint8_t>(band);
    const auto [entry, made] =
        group_of_.try_emplace({letter.value, destination, band_number}, nowhere);
    if (made)
        entry->second =
            groups_.add({.letter = letter, .destination = destination, .band = band_number});
    nodes_[index].group = entry->second;
    link_in(index);
}

/// Out of its group, which goes with its last node.
void Scheduler::State::leave(Index index)
{
    take_out(index);
    const Index group_index = std::exchange(nodes_[index].group, nowhere);
    const Group& group = groups_[group_index];
    if (!group.waiting.empty() || !group.busy.empty())
        return;
    if (group.band == suspect_band)
        crashes_alone_.erase(group.letter.value);
    group_of_.erase({group.letter.value, group.destination, group.band});
    groups_.erase(group_index);
}

void Scheduler::State::set_place(Index index, Place place)
{
    take_out(index);
    nodes_[index].place = place;
    link_in(index);
}

/// Into its group's list for its place. With a first waiting node the group is listed by its
/// destination, and with a first such group the destination by its site.
void Scheduler::State::link_in(Index index)
{
    const Node& node = nodes_[index];
    Group& group = groups_[node.group];
    const auto link = [this](Index i) -> Link& { return nodes_[i].link; };
    if (node.place != Place::waiting) {
        group.busy.push_back(index, link);
        ++under_way_;
        return;
    }
    group.waiting.push_back(index, link);
    const std::size_t band = group.band;
    Destination& dest = destinations_[group.destination];
    Site& site = sites_[dest.site];
    if (band == suspect_band) {
        ++suspects_;
    } else {
        ++waiting_;
        ++dest.waiting;
        ++site.waiting;
    }
    if (!group.link.linked)
        dest.groups[band].push_back(node.group, group_link());
    if (!dest.ready[band].linked)
        site.ready[band].push_back(group.destination, ready_link(band));
}

void Scheduler::State::take_out(Index index)
{
    const Node& node = nodes_[index];
    Group& group = groups_[node.group];
    const auto link = [this](Index i) -> Link& { return nodes_[i].link; };
    if (node.place != Place::waiting) {
        group.busy.remove(index, link);
        --under_way_;
        return;
    }
    group.waiting.remove(index, link);
    const std::size_t band = group.band;
    Destination& dest = destinations_[group.destination];
    Site& site = sites_[dest.site];
    if (band == suspect_band) {
        --suspects_;
    } else {
        --waiting_;
        --dest.waiting;
        --site.waiting;
    }
    if (group.waiting.empty())
        dest.groups[band].remove(node.group, group_link());
    if (dest.groups[band].empty())
        site.ready[band].remove(group.destination, ready_link(band));
}

/// Its row is changed or gone, durably.
void Scheduler::State::forget(Index index)
{
    const Group& group = groups_[nodes_[index].group];
    if (destinations_[group.destination].disk == Disk::loading)
        bury(group.letter, nodes_[index].delivery);
    erase(index);
}

void Scheduler::State::erase(Index index)
{
    const Group& group = groups_[nodes_[index].group];
    Destination& dest = destinations_[group.destination];
    node_of_.erase({group.letter, nodes_[index].delivery});
    --dest.nodes;
    --sites_[dest.site].nodes;
    leave(index);
    nodes_.erase(index);
}

/// Open Loads may have read the row as it was, and are not to bring it back.
void Scheduler::State::bury(LetterId letter, DeliveryId delivery)
{
    if (open_loads_.empty())
        return;
    const std::pair key{letter, delivery};
    buried_[key] = last_load_;
    graves_.emplace_back(last_load_, key);
}

/// May the open Load have read this row before it was changed?
bool Scheduler::State::is_stale(const Destination& dest, const Item& item) const
{
    for (const DeliveryId delivery : {item.delivery, whole_letter})
        if (const auto grave = buried_.find({item.letter, delivery});
            grave != buried_.end() && dest.load <= grave->second)
            return true;
    return false;
}

void Scheduler::State::load_is_over(Destination& dest)
{
    open_loads_.erase(dest.load);
    dest.load = 0;
    while (!graves_.empty() &&
           (open_loads_.empty() || graves_.front().first < *open_loads_.begin())) {
        const auto grave = buried_.find(graves_.front().second);
        if (grave != buried_.end() && grave->second == graves_.front().first)
            buried_.erase(grave);
        graves_.pop_front();
    }
}

/// Sends waiting deliveries back to their rows, those that would have been started last first.
/// Suspects stay: their rows do not say what they are.
void Scheduler::State::evict(Index destination, std::uint32_t surplus)
{
    Destination& dest = destinations_[destination];
    unsigned evicted_bands = 0;
    for (std::size_t band = priorities; band-- > 0 && surplus > 0;) {
        while (surplus > 0 && !dest.groups[band].empty()) {
            const Index last = groups_[dest.groups[band].last].waiting.last;
            evicted_bands |= 1u << nodes_[last].band;
            erase(last);
            --surplus;
        }
    }
    if (evicted_bands != 0)
        note_on_disk(destination, now_, evicted_bands);
}

} // namespace posthouse::spool
