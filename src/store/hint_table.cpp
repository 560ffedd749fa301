// SPDX-License-Identifier: Apache-2.0
#include "store/hint_table.hpp"

#include <vector>

namespace posthouse::store {

struct HintTable::Table {
    std::mutex mutex;
    std::multimap<std::string, std::shared_ptr<Listener>, std::less<>> listeners;
};

class HintTable::Entry final : public Subscription {
public:
    Entry(std::shared_ptr<Table> table, std::string partition, Listener listener)
        : table_(std::move(table))
    {
        const std::lock_guard lock(table_->mutex);
        place_ = table_->listeners.emplace(std::move(partition),
                                           std::make_shared<Listener>(std::move(listener)));
    }
    ~Entry() override
    {
        const std::lock_guard lock(table_->mutex);
        table_->listeners.erase(place_);
    }

private:
    std::shared_ptr<Table> table_;
    decltype(Table::listeners)::iterator place_;
};

HintTable::HintTable() : table_(std::make_shared<Table>()) {}

std::unique_ptr<Hints::Subscription> HintTable::subscribe(PartitionId partition, Listener listener)
{
    return std::make_unique<Entry>(table_, std::move(partition.name), std::move(listener));
}

void HintTable::publish(const PartitionId& partition, const std::string& payload)
{
    // Called without the lock, since a listener may subscribe or unsubscribe; weakly, since one
    // listener may unsubscribe another.
    std::vector<std::weak_ptr<Listener>> called;
    {
        const std::lock_guard lock(table_->mutex);
        const auto [first, last] = table_->listeners.equal_range(partition.name);
        for (auto it = first; it != last; ++it)
            called.push_back(it->second);
    }
    for (const auto& weak : called)
        if (const auto listener = weak.lock())
            (*listener)(partition, payload);
}

} // namespace posthouse::store
