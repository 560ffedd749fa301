// SPDX-License-Identifier: Apache-2.0
#include "textindex/email_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace posthouse::textindex {
namespace {

using Numbers = std::vector<std::uint64_t>;

EmailSet set_of(const Numbers& numbers)
{
    EmailSet set;
    for (const auto number : numbers)
        set.add(number);
    return set;
}

Numbers members(const EmailSet& set)
{
    Numbers numbers;
    for (const auto& range : set.ranges())
        for (auto number = range.first; number <= range.last; ++number)
            numbers.push_back(number);
    return numbers;
}

Numbers sorted(const std::set<std::uint64_t>& set)
{
    return {set.begin(), set.end()};
}

RC_GTEST_PROP(EmailSet, IsWhatASetIs, ())
{
    const auto numbers = rc::gen::container<Numbers>(rc::gen::inRange<std::uint64_t>(0, 60));
    const auto a = *numbers, b = *numbers;
    const std::set<std::uint64_t> model_a(a.begin(), a.end()), model_b(b.begin(), b.end());
    const auto set_a = set_of(a), set_b = set_of(b);
    RC_ASSERT(members(set_a) == sorted(model_a));
    RC_ASSERT(set_a.size() == model_a.size());
    auto both = model_a;
    both.insert(b.begin(), b.end());
    RC_ASSERT(members(set_a.united(set_b)) == sorted(both));
    auto rest = model_a;
    for (const auto number : b)
        rest.erase(number);
    RC_ASSERT(members(set_a.without(set_b)) == sorted(rest));
    RC_ASSERT(set_a.count_common(set_b) == model_a.size() - rest.size());
    std::uint64_t place = 0;
    for (const auto number : model_a)
        RC_ASSERT(set_a.place(number) == place++);
    for (std::uint64_t number = 0; number < 62; ++number)
        RC_ASSERT(set_a.contains(number) == model_a.contains(number));
    RC_ASSERT(EmailSet::unpack(set_a.pack(), 100) == set_a);
    Numbers in_parts;
    for (std::size_t at = 0; at < set_a.ranges().size();) {
        std::string part;
        at += set_a.pack(at, 4, part);
        RC_ASSERT(part.size() <= 4U);
        for (const auto number : members(*EmailSet::unpack(part, 100)))
            in_parts.push_back(number);
    }
    RC_ASSERT(in_parts == sorted(model_a));
}

TEST(EmailSet, RefusesWhatIsNotWellFormed)
{
    EXPECT_TRUE(EmailSet::unpack("", 1));
    EXPECT_FALSE(EmailSet::unpack("\x01", 1));              // half a range
    EXPECT_FALSE(EmailSet::unpack({"\x01\0\x01\0", 4}, 9)); // two that touch
    EXPECT_FALSE(EmailSet::unpack({"\x01\0\x05\0", 4}, 1)); // too many
    const std::string greatest("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    EXPECT_TRUE(EmailSet::unpack(greatest + std::string(1, '\0'), 9));
    EXPECT_FALSE(EmailSet::unpack(greatest + "\x01", 9)); // beyond the last number
    EXPECT_FALSE(EmailSet::unpack("\x01" + greatest, 9));
}

} // namespace
} // namespace posthouse::textindex
