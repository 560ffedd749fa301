// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse {
namespace {

TEST(Text, ComparesAsciiLettersOnlyWithoutTheirCase)
{
    EXPECT_TRUE(equal_ignoring_case("EhLo", "ehlo"));
    EXPECT_FALSE(equal_ignoring_case("ehlo", "ehlo "));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
    EXPECT_TRUE(starts_with_ignoring_case("STARTTLS now", "starttls"));
    EXPECT_FALSE(starts_with_ignoring_case("START", "starttls"));
}

TEST(Text, TellsWellFormedUtf8)
{
    EXPECT_TRUE(is_utf8("plain, \xc3\xbc, \xe9\xa9\xbf, \xf0\x9f\x93\xac"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));         // overlong
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));     // surrogate
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80")); // beyond U+10FFFF
    EXPECT_FALSE(is_utf8("\xe9\xa9"));         // cut off
}

TEST(Text, ReadsNumbersWithoutSignOrOverflow)
{
    EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615u);
    EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
    EXPECT_EQ(parse_number(""), std::nullopt);
    EXPECT_EQ(parse_number("+1"), std::nullopt);
    EXPECT_EQ(parse_number("1x"), std::nullopt);
}

TEST(Text, MakesHostileBytesPrintable)
{
    EXPECT_EQ(printable("a\r\nb\x1b[2J\xff"), "a??b?[2J?");
    EXPECT_EQ(printable("\xe9\xa9\xbf\xe7\xab\x99"), "\xe9\xa9\xbf\xe7\xab\x99");
    EXPECT_EQ(printable("\xc2\x9b"), "?"); // C1 control
    EXPECT_EQ(printable("abcdef", 3), "abc");
}

TEST(Text, Base32KeepsValueAndOrder)
{
    EXPECT_TRUE(rc::check([](std::uint64_t a, std::uint64_t b) {
        RC_ASSERT(base32_decode(base32_encode(a)) == a);
        RC_ASSERT((a < b) == (base32_encode(a) < base32_encode(b)));
        std::string bytes;
        append_u64(bytes, a);
        RC_ASSERT(read_u64(bytes) == a);
    }));
    EXPECT_EQ(base32_decode("zzzzzzzzzzzzz"), std::nullopt); // 65 bits
    EXPECT_EQ(base32_decode("short"), std::nullopt);
}

} // namespace
} // namespace posthouse
