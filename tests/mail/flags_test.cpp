// SPDX-License-Identifier: Apache-2.0
#include "mail/flags.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

TEST(Flags, AreNamedInAnyCase)
{
    EXPECT_EQ(system_flag("\\sEEN"), SystemFlag::seen);
    EXPECT_EQ(name_of(SystemFlag::answered), "\\Answered");
    EXPECT_FALSE(system_flag("\\Recent"));
    EXPECT_FALSE(system_flag("Seen"));
}

TEST(Flags, KeepOneKeywordWhateverItsCase)
{
    Flags flags;
    flags.add_keyword("$Junk");
    flags.add_keyword("$JUNK");
    EXPECT_EQ(flags.keywords, std::vector<std::string>{"$Junk"});
    EXPECT_TRUE(flags.has_keyword("$junk"));
    flags.remove_keyword("$jUNK");
    EXPECT_TRUE(flags.none());
}

TEST(Flags, AreAddedAndRemovedTogether)
{
    Flags flags{SystemFlags(SystemFlag::seen) | SystemFlag::draft, {"a", "b"}};
    flags.add({SystemFlag::deleted, {"B", "c"}});
    EXPECT_EQ(text_of(flags), "\\Deleted \\Seen \\Draft a b c");
    flags.remove({SystemFlag::seen, {"A", "x"}});
    EXPECT_EQ(text_of(flags), "\\Deleted \\Draft b c");
}

TEST(Flags, AreTheSameInAnyOrderAndCase)
{
    EXPECT_EQ((Flags{SystemFlag::seen, {"a", "B"}}), (Flags{SystemFlag::seen, {"b", "A"}}));
    EXPECT_NE((Flags{SystemFlag::seen, {"a"}}), (Flags{SystemFlag::seen, {"a", "b"}}));
    EXPECT_NE((Flags{SystemFlag::seen, {}}), Flags{});
}

TEST(Flags, KeepUnknownBitsOut)
{
    EXPECT_EQ(SystemFlags::from_bits(0xff).bits(), 0x1f);
}

TEST(Flags, KnowWhatCanBeAKeyword)
{
    EXPECT_TRUE(is_keyword("$MDNSent"));
    EXPECT_TRUE(is_keyword("a[b+c"));
    EXPECT_TRUE(is_keyword(std::string(keyword_bytes, 'k')));
    EXPECT_FALSE(is_keyword(std::string(keyword_bytes + 1, 'k')));
    for (const std::string_view bad :
         {"", "a b", "\\a", "a(", "a)", "a{", "a%", "a*", "a\"", "a]", "\xc3\xa4", "a\x7f"})
        EXPECT_FALSE(is_keyword(bad)) << bad;
}

} // namespace
} // namespace posthouse::mail
