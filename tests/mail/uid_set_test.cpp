// SPDX-License-Identifier: Apache-2.0
#include "mail/uid_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace posthouse::mail {
namespace {

using Model = std::set<std::uint32_t>;

/// Numbers close together, so that ranges meet.
UidSet made(const std::vector<std::pair<std::uint8_t, std::uint8_t>>& ranges, Model& model)
{
    UidSet set;
    for (const auto& [a, b] : ranges) {
        const std::uint32_t first = a % 50 + 1u, last = b % 50 + 1u;
        set.add(first, last);
        for (auto n = std::min(first, last); n <= std::max(first, last); ++n)
            model.insert(n);
    }
    return set;
}

void check_equal(const UidSet& set, const Model& model)
{
    RC_ASSERT(std::ranges::equal(set, model));
    RC_ASSERT(set.size() == model.size());
    for (std::size_t at = 1; at < set.ranges().size(); ++at)
        RC_ASSERT(set.ranges()[at].first > set.ranges()[at - 1].last + 1);
    std::uint64_t rank = 0;
    for (std::uint32_t n = 1; n <= 52; ++n) {
        RC_ASSERT(set.contains(n) == model.contains(n));
        if (model.contains(n)) {
            RC_ASSERT(set.at(rank) == n);
            ++rank;
        }
        RC_ASSERT(set.rank(n) == rank);
    }
    RC_ASSERT(!set.at(rank));
    if (!model.empty()) {
        RC_ASSERT(UidSet::parse(set.text()) == set);
        RC_ASSERT(set.smallest() == *model.begin());
        RC_ASSERT(set.largest() == *model.rbegin());
    }
}

using Ranges = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

RC_GTEST_PROP(UidSet, IsASet, (const Ranges& ranges, const Ranges& removed))
{
    Model model, away;
    auto set = made(ranges, model);
    check_equal(set, model);
    for (const auto& [a, b] : removed) {
        const std::uint32_t first = a % 50 + 1u, last = b % 50 + 1u;
        set.remove(first, last);
        for (auto n = std::min(first, last); n <= std::max(first, last); ++n)
            model.erase(n);
        check_equal(set, model);
    }
}

RC_GTEST_PROP(UidSet, IsUnitedIntersectedAndSubtracted, (const Ranges& left, const Ranges& right))
{
    Model a, b, expected;
    const auto one = made(left, a), other = made(right, b);
    std::ranges::set_union(a, b, std::inserter(expected, expected.end()));
    check_equal(one.united(other), expected);
    expected.clear();
    std::ranges::set_intersection(a, b, std::inserter(expected, expected.end()));
    check_equal(one.intersected(other), expected);
    expected.clear();
    std::ranges::set_difference(a, b, std::inserter(expected, expected.end()));
    check_equal(one.without(other), expected);
}

TEST(UidSet, ReadsRangesInAnyOrder)
{
    EXPECT_EQ(UidSet::parse("7,5:1,3:6")->text(), "1:7");
    EXPECT_EQ(UidSet::parse("4294967295,1")->text(), "1,4294967295");
}

TEST(UidSet, ReadsNothingElse)
{
    for (const std::string_view text : {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "*", "1:*", "a",
                                        "-1", "4294967296", "1 ", "0:5", "+1"})
        EXPECT_FALSE(UidSet::parse(text)) << text;
}

TEST(UidSet, LimitsTheRangesThatItReads)
{
    EXPECT_TRUE(UidSet::parse("1,3,5", 3));
    EXPECT_FALSE(UidSet::parse("1,3,5,7", 3));
}

TEST(UidSet, HoldsTheLargestNumbers)
{
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    auto set = UidSet::range(1, most);
    EXPECT_EQ(set.size(), most);
    set.remove(most);
    EXPECT_EQ(set.text(), "1:4294967294");
    set.add(most);
    set.remove(1);
    EXPECT_EQ(set.text(), "2:4294967295");
    EXPECT_EQ(set.without(UidSet::range(3, most)).text(), "2");
    std::vector<std::uint32_t> all;
    for (const auto uid : UidSet::range(most - 1, most))
        all.push_back(uid);
    EXPECT_EQ(all, (std::vector{most - 1, most}));
}

} // namespace
} // namespace posthouse::mail
