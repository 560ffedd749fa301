// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace posthouse::store {

/// Hints within one process, for every engine that has only one.
class HintTable final : public Hints {
public:
    HintTable();
    std::unique_ptr<Subscription> subscribe(PartitionId, Listener) override;

    /// Calls the listeners; on the executor that commits complete on.
    void publish(const PartitionId&, const std::string& payload);

private:
    class Entry;
    struct Table;
    std::shared_ptr<Table> table_; // Subscriptions may outlive the engine.
};

} // namespace posthouse::store
