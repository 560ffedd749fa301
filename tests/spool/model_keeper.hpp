// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "spool/scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

/// The keeper's side of the scheduler, with rows in memory: shared by the tests, the fuzz target
/// and the properties. It keeps the bargain of spool/scheduler.hpp and expects() the scheduler to.
namespace posthouse::spool {

struct ModelKeeper {
    using RowKey = std::tuple<std::uint8_t, Timestamp, std::uint64_t, std::uint64_t>;
    struct Attempt {
        decision::Start start;
        bool ended = false;
        std::vector<DeliveryId> done;
        std::vector<Deferred> deferred;
    };
    struct OpenLoad {
        std::string destination;
        std::vector<Item> items; // as they were when it was read
        std::optional<Timestamp> next;
    };
    /// When an open Load reads its rows and is answered.
    enum class Loads : std::uint8_t { at_once, later };

    explicit ModelKeeper(Policy policy = Policy::smtp(), Scheduler::Limits limits = {})
        : policy_(std::make_shared<Policy>(std::move(policy))),
          limits_(limits),
          scheduler([this](std::string_view) { return policy_; }, random, limits)
    {
        for (const auto carrier : {Carrier::sorter, Carrier::courier, Carrier::agent})
            scheduler.capacity(carrier, 100);
    }

    // What happens

    Placement add(const std::string& destination, std::uint64_t letter, std::uint64_t delivery,
                  std::uint8_t priority = 1)
    {
        const Item item{.letter = {letter},
                        .delivery = {delivery},
                        .due = now,
                        .accepted = now,
                        .attempts = 0,
                        .priority = priority};
        put(destination, item);
        return scheduler.added(destination, item, now);
    }

    /// add(), unless there is or was such a delivery.
    bool offer(const std::string& destination, std::uint64_t letter, std::uint64_t delivery,
               std::uint8_t priority)
    {
        const std::pair<LetterId, DeliveryId> key{{letter}, {delivery}};
        if (items.contains(key) || busy.contains(key) || delivered.contains(key) ||
            expired.contains(key) || removed.contains(key))
            return false;
        add(destination, letter, delivery, priority);
        return true;
    }

    /// Takes decisions until there is nothing to do; returns what was started.
    std::vector<AttemptId> run()
    {
        std::vector<AttemptId> started;
        for (std::size_t steps = 0;; ++steps) {
            expects(steps < 1'000'000);
            auto decision = scheduler.next(now);
            if (auto* start = std::get_if<decision::Start>(&decision)) {
                begin(*start);
                started.push_back(start->attempt);
            } else if (auto* load = std::get_if<decision::Load>(&decision)) {
                read(*load);
                if (loads == Loads::at_once)
                    answer_load(0);
            } else if (auto* expire = std::get_if<decision::Expire>(&decision)) {
                for (const auto delivery : expire->deliveries)
                    finish(expire->destination, {expire->letter, delivery}, expired);
            } else {
                wake = std::get<decision::Sleep>(decision).until;
                expects(!wake || *wake > now);
                return started;
            }
            const auto stats = scheduler.stats();
            expects(stats.waiting + stats.under_way <= limits_.in_memory);
        }
    }

    void answer_load(std::size_t which)
    {
        const auto load = std::move(open_loads[which]);
        open_loads.erase(open_loads.begin() + static_cast<std::ptrdiff_t>(which));
        scheduler.loaded(load.destination, load.items, load.next, now);
    }

    /// `done` of its deliveries, from the first, have their outcome; the others are deferred.
    void end(AttemptId id, std::size_t done, Health health, std::string site = {})
    {
        Attempt& attempt = attempts.at(id);
        expects(!attempt.ended);
        attempt.ended = true;
        auto& deliveries = attempt.start.deliveries;
        done = std::min(done, deliveries.size());
        attempt.done.assign(deliveries.begin(),
                            deliveries.begin() + static_cast<std::ptrdiff_t>(done));
        attempt.deferred = scheduler.attempt_ended(
            id, {.done = attempt.done, .site = std::move(site), .health = health}, now);
    }

    /// What end() left is durable.
    void record(AttemptId id)
    {
        Attempt attempt = std::move(attempts.at(id));
        expects(attempt.ended);
        attempts.erase(id);
        const auto& destination = attempt.start.destination;
        for (const auto delivery : attempt.start.deliveries)
            busy.erase({attempt.start.letter, delivery});
        for (const auto delivery : attempt.done)
            settle(destination, {attempt.start.letter, delivery}, delivered);
        for (const auto& deferred : attempt.deferred) {
            const std::pair key{attempt.start.letter, deferred.delivery};
            const auto row = items.find(key);
            if (row == items.end())
                continue; // Removed meanwhile.
            if (!deferred.due) {
                settle(destination, key, expired);
                continue;
            }
            Item item = row->second;
            item.attempts = deferred.attempts;
            item.due = *deferred.due;
            put(destination, item);
        }
        scheduler.recorded(id);
    }

    void finish(AttemptId id, Health health = Health::answered)
    {
        end(id, attempts.at(id).start.deliveries.size(), health);
        record(id);
    }

    void fail(AttemptId id, Health health = Health::troubled, std::string site = {})
    {
        end(id, 0, health, std::move(site));
        record(id);
    }

    std::vector<Returned> lose(AttemptId id, Loss loss)
    {
        const auto attempt = std::move(attempts.at(id));
        attempts.erase(id);
        for (const auto delivery : attempt.start.deliveries)
            busy.erase({attempt.start.letter, delivery});
        return scheduler.attempt_lost(id, loss);
    }

    void remove(std::uint64_t letter, std::uint64_t delivery)
    {
        const std::pair<LetterId, DeliveryId> key{{letter}, {delivery}};
        if (const auto at = destination_of.find(key); at != destination_of.end())
            settle(std::string(at->second), key, removed);
        scheduler.removed(key.first, key.second);
    }

    void advance(std::chrono::microseconds by) { now += by; }

    // What is known

    const decision::Start& started(AttemptId id) const { return attempts.at(id).start; }
    std::size_t left() const { return items.size(); }

    Timestamp now = from_microseconds(1'700'000'000'000'000);
    SeededRandom random{7};
    Loads loads = Loads::at_once;
    std::vector<OpenLoad> open_loads;
    std::map<AttemptId, Attempt> attempts;
    std::optional<Timestamp> wake;
    std::size_t loads_read = 0;
    std::set<std::pair<LetterId, DeliveryId>> busy, delivered, expired, removed;

private:
    std::shared_ptr<const Policy> policy_;
    Scheduler::Limits limits_;

    void put(const std::string& destination, const Item& item)
    {
        const std::pair key{item.letter, item.delivery};
        erase(destination, key);
        items[key] = item;
        destination_of[key] = destination;
        rows[destination].insert({item.priority, item.due, item.letter.value, item.delivery.value});
    }

    void erase(const std::string& destination, const std::pair<LetterId, DeliveryId>& key)
    {
        const auto old = items.find(key);
        if (old == items.end())
            return;
        const Item& item = old->second;
        rows[destination].erase({item.priority, item.due, item.letter.value, item.delivery.value});
        items.erase(old);
        destination_of.erase(key);
    }

    void settle(const std::string& destination, const std::pair<LetterId, DeliveryId>& key,
                std::set<std::pair<LetterId, DeliveryId>>& outcome)
    {
        if (!items.contains(key))
            return;
        erase(destination, key);
        expects(outcome.insert(key).second);
    }

    void finish(const std::string& destination, const std::pair<LetterId, DeliveryId>& key,
                std::set<std::pair<LetterId, DeliveryId>>& outcome)
    {
        settle(destination, key, outcome);
        scheduler.removed(key.first, key.second);
    }

    void begin(const decision::Start& start)
    {
        expects(!start.deliveries.empty() && start.deliveries.size() <= policy_->recipients);
        for (const auto delivery : start.deliveries) {
            const std::pair key{start.letter, delivery};
            expects(busy.insert(key).second); // Never in two attempts at once,
            expects(items.contains(key));     // never after its end,
            expects(items[key].due <= now);   // never before it is due,
            expects(destination_of[key] == start.destination);
        }
        attempts.emplace(start.attempt, Attempt{start, false, {}, {}});
    }

    void read(const decision::Load& load)
    {
        ++loads_read;
        OpenLoad open{.destination = load.destination, .items = {}, .next = {}};
        for (const auto& row : rows[load.destination]) {
            const auto& [priority, due, letter, delivery] = row;
            if (due <= now && open.items.size() < load.limit)
                open.items.push_back(items.at({LetterId{letter}, DeliveryId{delivery}}));
            else
                open.next = std::min(open.next.value_or(due), due);
        }
        open_loads.push_back(std::move(open));
    }

    std::map<std::string, std::set<RowKey>> rows;
    std::map<std::pair<LetterId, DeliveryId>, Item> items;
    std::map<std::pair<LetterId, DeliveryId>, std::string> destination_of;

public:
    Scheduler scheduler; // Last: it asks for policy_.
};

} // namespace posthouse::spool
