// SPDX-License-Identifier: Apache-2.0
#include "directory/existence.hpp"

#include <gtest/gtest.h>

namespace posthouse::directory {
namespace {

TEST(Existence, RemembersPresentAndAbsentAddresses)
{
    Existence existence(10);
    EXPECT_EQ(existence.find("a"), std::nullopt);
    existence.put("a", AccountId{7});
    existence.put("b", std::nullopt);
    EXPECT_EQ(*existence.find("a"), AccountId{7});
    ASSERT_TRUE(existence.find("b").has_value());
    EXPECT_EQ(*existence.find("b"), std::nullopt);
    existence.put("b", AccountId{8});
    EXPECT_EQ(*existence.find("b"), AccountId{8});
    existence.forget("a");
    EXPECT_EQ(existence.find("a"), std::nullopt);
}

TEST(Existence, KeepsThoseInUseWhenAStrangerTriesThousandsOfNames)
{
    Existence existence(100);
    existence.put("fritz", AccountId{1});
    for (int i = 0; i < 10'000; ++i) {
        existence.put("guess" + std::to_string(i), std::nullopt);
        if (i % 50 == 0) {
            EXPECT_TRUE(existence.find("fritz"));
        }
        EXPECT_LE(existence.size(), 100u);
    }
    EXPECT_FALSE(existence.find("guess5"));
}

TEST(Existence, MayRememberNothing)
{
    Existence existence(0);
    existence.put("a", AccountId{1});
    EXPECT_EQ(existence.find("a"), std::nullopt);
}

} // namespace
} // namespace posthouse::directory
