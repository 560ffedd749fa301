// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

/// What the scheduler is built from: things with stable numbers, and lists through them.
namespace posthouse::spool {

using Index = std::uint32_t;
inline constexpr Index nowhere = ~Index{0};

/// Things that keep their number and their address until they are erased.
template <class T>
class Slab {
public:
    Index add(T thing)
    {
        ++size_;
        if (free_.empty()) {
            things_.push_back(std::move(thing));
            return static_cast<Index>(things_.size() - 1);
        }
        const Index index = free_.back();
        free_.pop_back();
        things_[index] = std::move(thing);
        return index;
    }
    void erase(Index index)
    {
        --size_;
        things_[index] = T();
        free_.push_back(index);
    }
    T& operator[](Index index) { return things_[index]; }
    const T& operator[](Index index) const { return things_[index]; }
    std::size_t size() const { return size_; }

private:
    std::deque<T> things_;
    std::vector<Index> free_;
    std::size_t size_ = 0;
};

/// A thing's place in a list. A thing that is in several lists has several.
struct Link {
    Index before = nowhere;
    Index after = nowhere;
    bool linked = false;
};

/// A list through the links of things in a slab: every step is O(1). `link_of(index)` gives the
/// Link that belongs to this list.
struct List {
    Index first = nowhere;
    Index last = nowhere;
    std::uint32_t size = 0;

    bool empty() const { return first == nowhere; }

    template <class LinkOf>
    void push_back(Index index, LinkOf&& link_of)
    {
        Link& link = link_of(index);
        expects(!link.linked);
        link = {.before = last, .after = nowhere, .linked = true};
        if (last == nowhere)
            first = index;
        else
            link_of(last).after = index;
        last = index;
        ++size;
    }

    template <class LinkOf>
    void remove(Index index, LinkOf&& link_of)
    {
        Link& link = link_of(index);
        if (!link.linked)
            return;
        if (link.before == nowhere)
            first = link.after;
        else
            link_of(link.before).after = link.after;
        if (link.after == nowhere)
            last = link.before;
        else
            link_of(link.after).before = link.before;
        link = Link();
        --size;
    }

    template <class LinkOf>
    void rotate(LinkOf&& link_of)
    {
        const Index index = first;
        remove(index, link_of);
        push_back(index, link_of);
    }
};

} // namespace posthouse::spool
