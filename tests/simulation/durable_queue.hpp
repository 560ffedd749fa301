// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/scheduler.hpp"
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace posthouse::simulation {

struct Letter {
    std::uint64_t token = 0; // in its text: who sees everything knows it by that
    std::string sender{};    // "" for none
};

struct Row {
    spool::Item item{};
    std::string destination{};
    std::string recipient{};
};

/// A queue's disk: what survives. Changes are applied in the order of commit(), each whole, some
/// time later; after a crash those that wait are lost, except that the disk may have got further
/// than anybody was told.
class DurableQueue {
public:
    using Key = std::pair<spool::LetterId, spool::DeliveryId>;

    explicit DurableQueue(World& world) : world_(world) {}

    /// Told when a commit fails to come back: the power goes at this point.
    std::function<void()> on_power_cut;

    void commit(std::function<void()> apply, std::function<void()> durable)
    {
        waiting_.push_back({std::move(apply), std::move(durable)});
        world_.after(std::chrono::milliseconds(3), [this, era = era_] {
            if (era != era_)
                return;
            if (world_.stormy() && world_.one_in(300))
                return on_power_cut();
            auto next = std::move(waiting_.front());
            waiting_.pop_front();
            next.apply();
            if (world_.stormy() && world_.one_in(300))
                return on_power_cut();
            next.durable();
        });
    }

    void lose_power()
    {
        ++era_;
        for (auto& waiting : waiting_) {
            if (!world_.one_in(2))
                break;
            waiting.apply();
        }
        waiting_.clear();
    }

    // To be called while applying.

    void put(Row row)
    {
        const Key key{row.item.letter, row.item.delivery};
        erase(key);
        due_[row.destination].insert(due_key(row.item));
        rows_.emplace(key, std::move(row));
    }
    bool erase(const Key& key)
    {
        const auto row = rows_.find(key);
        if (row == rows_.end())
            return false;
        auto& due = due_[row->second.destination];
        due.erase(due_key(row->second.item));
        if (due.empty())
            due_.erase(row->second.destination);
        rows_.erase(row);
        return true;
    }

    // What is on disk now.

    const Row* find(const Key& key) const
    {
        const auto row = rows_.find(key);
        return row == rows_.end() ? nullptr : &row->second;
    }
    bool has_rows(spool::LetterId letter) const
    {
        const auto row = rows_.lower_bound({letter, {}});
        return row != rows_.end() && row->first.first == letter;
    }
    std::pair<std::vector<spool::Item>, std::optional<Timestamp>>
    read(const std::string& destination, std::size_t limit, Timestamp now) const
    {
        std::pair<std::vector<spool::Item>, std::optional<Timestamp>> page;
        const auto found = due_.find(destination);
        if (found == due_.end())
            return page;
        for (const auto& [priority, due, letter, delivery] : found->second) {
            if (due <= now && page.first.size() < limit)
                page.first.push_back(rows_.at({letter, delivery}).item);
            else
                page.second = std::min(page.second.value_or(due), due);
        }
        return page;
    }
    std::map<std::string, Timestamp> destinations() const
    {
        std::map<std::string, Timestamp> earliest;
        for (const auto& [key, row] : rows_) {
            const auto entry = earliest.try_emplace(row.destination, row.item.due).first;
            entry->second = std::min(entry->second, row.item.due);
        }
        return earliest;
    }
    std::size_t size() const { return rows_.size(); }

    std::map<std::uint64_t, Letter> letters;                   // by letter id
    std::set<std::pair<std::uint64_t, std::uint64_t>> mailbox; // letter, delivery: filed once

private:
    using DueKey = std::tuple<std::uint8_t, Timestamp, spool::LetterId, spool::DeliveryId>;
    static DueKey due_key(const spool::Item& item)
    {
        return {item.priority, item.due, item.letter, item.delivery};
    }
    struct Waiting {
        std::function<void()> apply, durable;
    };

    World& world_;
    std::map<Key, Row> rows_;
    std::map<std::string, std::set<DueKey>> due_;
    std::deque<Waiting> waiting_;
    std::uint64_t era_ = 0;
};

} // namespace posthouse::simulation
