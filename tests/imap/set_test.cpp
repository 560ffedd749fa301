// SPDX-License-Identifier: Apache-2.0
#include "imap/set.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

std::string resolved(std::string_view text, std::uint32_t largest)
{
    return parse_sequence_set(text, 100)->resolved(largest).text();
}

TEST(ImapSet, TakesTheLargestNumberForAStar)
{
    EXPECT_EQ(resolved("*", 7), "7");
    EXPECT_EQ(resolved("5:*", 7), "5:7");
    EXPECT_EQ(resolved("*:5", 7), "5:7");
    EXPECT_EQ(resolved("1,3:*,2", 7), "1:7");
}

TEST(ImapSet, NamesTheLastMessageByAnyRangeToTheStar)
{
    EXPECT_EQ(resolved("9:*", 7), "7:9"); // RFC 9051 §9: including the last one
    EXPECT_TRUE(parse_sequence_set("9:*", 100)->resolved(7).contains(7));
}

TEST(ImapSet, NamesNothingByAStarInAnEmptyMailbox)
{
    EXPECT_EQ(resolved("*", 0), "");
    EXPECT_EQ(resolved("*:*", 0), "");
}

TEST(ImapSet, TellsTheLargestNumberWritten)
{
    EXPECT_EQ(parse_sequence_set("3,9:4,*", 100)->largest_written(), 9U);
    EXPECT_EQ(parse_sequence_set("*", 100)->largest_written(), 0U);
}

TEST(ImapSet, ReadsTheSavedResultAlone)
{
    EXPECT_TRUE(parse_sequence_set("$", 100)->saved_result);
    EXPECT_FALSE(parse_sequence_set("$,1", 100));
}

TEST(ImapSet, LimitsRanges)
{
    EXPECT_TRUE(parse_sequence_set("1,3,5", 3));
    EXPECT_FALSE(parse_sequence_set("1,3,5,7", 3));
}

TEST(ImapSet, ReadsNothingElse)
{
    for (const std::string_view text : {"", "0", "1,", "1:", "1:2:3", "4294967296", "1-2", "**"})
        EXPECT_FALSE(parse_sequence_set(text, 100)) << text;
}

} // namespace
} // namespace posthouse::imap
