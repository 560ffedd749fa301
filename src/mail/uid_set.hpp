// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mail {

/// A set of message numbers, UIDs or sequence numbers (1 to 2^32 - 1), as sorted ranges that
/// neither overlap nor touch: what it costs is its ranges, not its members.
class UidSet {
public:
    struct Range {
        std::uint32_t first = 0, last = 0; ///< Both are members.
        bool operator==(const Range&) const = default;
    };

    UidSet() = default;
    static UidSet range(std::uint32_t first, std::uint32_t last);
    /// "1:5,7": what text() writes, and ranges in any order, either way round. Nothing for other
    /// text, for 0, and for more than `most` ranges as they are written.
    static std::optional<UidSet> parse(std::string_view text, std::size_t most = 100'000);

    void add(std::uint32_t uid) { add(uid, uid); }
    /// In either order; neither is 0. Constant time behind the last range.
    void add(std::uint32_t first, std::uint32_t last);
    void remove(std::uint32_t first, std::uint32_t last);
    void remove(std::uint32_t uid) { remove(uid, uid); }
    void clear() { ranges_.clear(); }

    /// Logarithmic.
    bool contains(std::uint32_t uid) const;
    bool empty() const { return ranges_.empty(); }
    std::uint64_t size() const;
    std::uint32_t smallest() const { return ranges_.front().first; } ///< Not of an empty set.
    std::uint32_t largest() const { return ranges_.back().last; }    ///< Not of an empty set.
    const std::vector<Range>& ranges() const { return ranges_; }

    /// How many members are less than or equal: the sequence number of a member. Linear in ranges.
    std::uint64_t rank(std::uint32_t uid) const;
    /// The member with that many members before it.
    std::optional<std::uint32_t> at(std::uint64_t index) const;

    UidSet united(const UidSet&) const;
    UidSet intersected(const UidSet&) const;
    UidSet without(const UidSet&) const;

    /// "1:5,7"; "" for none.
    std::string text() const;

    /// Each member in ascending order.
    class Iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = std::uint32_t;
        using difference_type = std::ptrdiff_t;
        using pointer = const std::uint32_t*;
        using reference = std::uint32_t;

        Iterator() = default;
        std::uint32_t operator*() const { return range_->first + offset_; }
        Iterator& operator++()
        {
            if (range_->first + offset_ == range_->last) {
                ++range_;
                offset_ = 0;
            } else {
                ++offset_;
            }
            return *this;
        }
        Iterator operator++(int)
        {
            auto before = *this;
            ++*this;
            return before;
        }
        bool operator==(const Iterator&) const = default;

    private:
        friend class UidSet;
        explicit Iterator(const Range* range) : range_(range) {}
        const Range* range_ = nullptr;
        std::uint32_t offset_ = 0;
    };
    Iterator begin() const { return Iterator(ranges_.data()); }
    Iterator end() const { return Iterator(ranges_.data() + ranges_.size()); }

    bool operator==(const UidSet&) const = default;

private:
    std::vector<Range> ranges_;
};

} // namespace posthouse::mail
