// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// Numbers of emails, as sorted ranges that neither overlap nor touch: what it costs is its
/// ranges. A member's place is how many are before it.
class EmailSet {
public:
    struct Range {
        std::uint64_t first = 0, last = 0; ///< Both are members.
        std::uint64_t before = 0;          ///< How many members lesser ranges have
        bool operator==(const Range&) const = default;
    };

    /// Constant time behind the last range, linear elsewhere.
    void add(std::uint64_t first, std::uint64_t last);
    void add(std::uint64_t email) { add(email, email); }

    bool empty() const { return ranges_.empty(); }
    std::uint64_t size() const;
    bool contains(std::uint64_t email) const { return place(email).has_value(); }
    /// Logarithmic.
    std::optional<std::uint64_t> place(std::uint64_t email) const;
    const std::vector<Range>& ranges() const { return ranges_; }

    std::uint64_t count_common(const EmailSet&) const;
    EmailSet united(const EmailSet&) const;
    EmailSet without(const EmailSet&) const;

    /// Differences as variable-length numbers.
    std::string pack() const;
    /// Ranges from `from_range` on, as many as fit: a set for itself. How many those were.
    std::size_t pack(std::size_t from_range, std::size_t most_bytes, std::string& to) const;
    /// Nothing: not well-formed, or more than `most_ranges`.
    static std::optional<EmailSet> unpack(std::string_view, std::size_t most_ranges);

    bool operator==(const EmailSet&) const = default;

private:
    std::vector<Range> ranges_;
};

} // namespace posthouse::textindex
