// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/version_cache.hpp"

#include <gtest/gtest.h>

namespace posthouse::store::rocksdb {
namespace {

TEST(VersionCache, NeverHoldsMoreThanTwiceItsBoundAndKeepsWhatIsInUse)
{
    VersionCache cache(100);
    cache.put("used", Version(1));
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        cache.put(std::to_string(i), Version(i));
        ASSERT_EQ(cache.find("used"), Version(1));
        ASSERT_EQ(cache.find(std::to_string(i)), Version(i));
        ASSERT_LE(cache.size(), 201u);
    }
    EXPECT_EQ(cache.find("0"), std::nullopt);
}

TEST(VersionCache, GivesTheLatestVersionWhateverGenerationHasTheOlder)
{
    VersionCache cache(2);
    cache.put("a", Version(1));
    cache.put("b", Version(1));
    cache.put("c", Version(1)); // a and b are old now.
    cache.put("a", Version(2));
    EXPECT_EQ(cache.find("a"), Version(2));
}

} // namespace
} // namespace posthouse::store::rocksdb
