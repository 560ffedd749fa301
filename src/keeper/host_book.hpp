// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

namespace posthouse::keeper {

/// What was last heard of each destination: shared by all its letters, for the administrator
/// (`posthouse hosts`). The health that the scheduler goes by is the scheduler's.
class HostBook {
public:
    static constexpr std::size_t most = 4096; // the latest

    struct Entry {
        Timestamp at{};
        std::string host, status, text;
        bool delivered = false;
    };

    void note(const std::string& destination, Entry entry)
    {
        forget(destination);
        if (entries_.size() == most)
            forget(std::string(order_.back()));
        order_.push_front(destination);
        entries_[destination] = {std::move(entry), order_.begin()};
    }
    const Entry* find(const std::string& destination) const
    {
        const auto found = entries_.find(destination);
        return found == entries_.end() ? nullptr : &found->second.entry;
    }
    void forget(const std::string& destination)
    {
        const auto found = entries_.find(destination);
        if (found == entries_.end())
            return;
        order_.erase(found->second.place);
        entries_.erase(found);
    }

private:
    struct Kept {
        Entry entry;
        std::list<std::string>::iterator place;
    };
    std::list<std::string> order_; // the latest first
    std::unordered_map<std::string, Kept> entries_;
};

} // namespace posthouse::keeper
