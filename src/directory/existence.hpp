// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/accounts.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace posthouse::directory {

/// Remembers which addresses exist and which do not, the most recently asked for of them: a
/// stranger who tries thousands of names does not drive out those that get mail.
class Existence {
public:
    explicit Existence(std::size_t most) : most_(most) {}

    /// Not known; or known, and then the account's id, if it exists.
    std::optional<std::optional<AccountId>> find(std::string_view key)
    {
        const auto found = index_.find(key);
        if (found == index_.end())
            return std::nullopt;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->id;
    }

    void put(std::string key, std::optional<AccountId> id)
    {
        forget(key);
        if (most_ == 0)
            return;
        if (entries_.size() == most_)
            forget(std::string(entries_.back().key));
        entries_.push_front({std::move(key), id});
        index_.emplace(entries_.front().key, entries_.begin());
    }

    void forget(std::string_view key)
    {
        const auto found = index_.find(key);
        if (found == index_.end())
            return;
        const auto entry = found->second;
        index_.erase(found); // Its key is in the entry.
        entries_.erase(entry);
    }

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string key;
        std::optional<AccountId> id;
    };
    std::size_t most_;
    std::list<Entry> entries_; // The latest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
};

} // namespace posthouse::directory
