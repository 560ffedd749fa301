// SPDX-License-Identifier: Apache-2.0
#include "dns/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthouse::dns {
namespace {

TEST(SiteKey, IsTheSameForASetInAnyOrder)
{
    EXPECT_EQ(site_key({"b.test", "a.test"}), "a.test,b.test");
    EXPECT_EQ(site_key({"a.test", "b.test"}), "a.test,b.test");
}

TEST(SiteKey, IsBoundedAndTellsLongSetsApart)
{
    std::vector<std::string> many;
    for (int i = 100; i < 200; ++i)
        many.push_back("mail-exchanger-" + std::to_string(i) + ".example.org");
    const auto key = site_key(many);
    EXPECT_EQ(key.size(), longest_site_key);
    std::reverse(many.begin(), many.end());
    EXPECT_EQ(site_key(many), key);
    many.front() = "other.example.org";
    EXPECT_NE(site_key(many), key);
}

} // namespace
} // namespace posthouse::dns
