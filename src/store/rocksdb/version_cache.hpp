// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthouse::store::rocksdb {

/// The versions of the partitions written lately, in two generations: when the young one is full
/// the old one is forgotten. No list to keep in order, and never more than twice `most`.
class VersionCache {
public:
    explicit VersionCache(std::size_t most = 32 * 1024) : most_(most) {}

    std::optional<Version> find(const std::string& partition)
    {
        if (const auto it = young_.find(partition); it != young_.end())
            return it->second;
        const auto it = old_.find(partition);
        if (it == old_.end())
            return std::nullopt;
        const Version version = it->second;
        put(partition, version);
        return version;
    }

    void put(const std::string& partition, Version version)
    {
        if (young_.size() >= most_ && !young_.contains(partition)) {
            old_ = std::move(young_);
            young_.clear();
        }
        young_.insert_or_assign(partition, version);
    }

    std::size_t size() const { return young_.size() + old_.size(); }

private:
    std::size_t most_;
    std::unordered_map<std::string, Version> young_, old_;
};

} // namespace posthouse::store::rocksdb
