// SPDX-License-Identifier: Apache-2.0
#include "mail/header_text.hpp"

#include "base/text.hpp"
#include "mail/encoded_word.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

// The examples of RFC 2047 §8, without the parentheses' own meaning.
TEST(HeaderText, DecodesTheStandardsExamples)
{
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?="), "a");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?= b"), "a b");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?="), "ab");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-1?Q?b?="), "ab");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a_b?="), "a b");
    EXPECT_EQ(header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), "a b");
    EXPECT_EQ(header_text("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\n"
                          " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
              "If you can read this you understand the example.");
    EXPECT_EQ(header_text("=?us-ascii*en?q?Keith?="), "Keith"); // RFC 2231 §5
}

TEST(HeaderText, JoinsCharactersThatWereCutInTwo)
{
    EXPECT_EQ(header_text("=?utf-8?B?5Lg=?= =?utf-8?B?reaWhw==?="), "中文");
    EXPECT_EQ(header_text("=?utf-8?Q?=E4=B8?= =?UTF-8?B?rQ==?="), "中");
    EXPECT_EQ(header_text("=?gb2312?B?1g?= =?gb2312?B?0M7E?="), "中文");
}

TEST(HeaderText, LeavesBrokenWordsAlone)
{
    for (const char* broken : {"=?utf-8?X?abc?=", "=?utf-8?Q?abc", "=??Q?abc?=", "=?utf-8?Q", "=?",
                               "=?=", "=?utf-8", "=?utf-8?=", "a =? b ?= c"})
        EXPECT_EQ(header_text(broken), broken);
    EXPECT_EQ(header_text("=?utf-8?Q?never =?utf-8?Q?=C3=A9?="), "=?utf-8?Q?never é");
    EXPECT_EQ(header_text("=?utf-8?Q?=C3=A9=Z9=?="), "é=Z9");
}

TEST(HeaderText, ReadsWordsAsRealLettersHaveThem)
{
    EXPECT_EQ(header_text("x=?utf-8?q?=c3=a9?=y"), "xéy");
    EXPECT_EQ(header_text("\"=?utf-8?Q?a b=C3=A9?=\""), "\"a bé\"");
    EXPECT_EQ(header_text("=?us-ascii?Q?=E4=BD=A0?="), "你");
    EXPECT_EQ(header_text("=?x-nothing?Q?=E4=BD=A0?="), "你");
    EXPECT_EQ(header_text("=?utf-8?Q?\?= x"), "x");
    EXPECT_EQ(header_text("=?utf-8?Q?=41?="), "A");
    EXPECT_EQ(header_text("Re: \xd6\xd0\xce\xc4\xb5\xc4\xb1\xea\xcc\xe2"), "Re: 中文的标题");
    EXPECT_EQ(header_text(" a\r\n b\tc\r\n"), "a b c");
    EXPECT_EQ(header_text("=?utf-8?Q?a=0D=0AX:_y?="), "a  X: y"); // No lines of their own.
}

TEST(HeaderText, IsWellFormedOnOneLineAndNoLongerThanAsked)
{
    rc::check("one line of UTF-8", [] {
        const auto value = *rc::gen::container<std::string>(rc::gen::oneOf(
            rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("=?QqBb?= utf-8\r\n_"))));
        const auto most = *rc::gen::inRange<std::size_t>(0, 100);
        const auto text = header_text(value, most);
        RC_ASSERT(is_utf8(text));
        RC_ASSERT(text.size() <= most);
        for (const char c : text)
            RC_ASSERT(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
    });
}

TEST(HeaderText, ReadsWhatWeWrite)
{
    rc::check("encoded words", [] {
        auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab \"=?_")));
        text += *rc::gen::element(std::string("é"), std::string("中文"), std::string(""));
        std::string line;
        for (const auto& word : encoded_words(text))
            line += (line.empty() ? "" : " ") + word;
        std::string wanted; // single spaces between words that were written as they are
        for (const char c : text)
            if (c != ' ' || (!wanted.empty() && !wanted.ends_with(' ')))
                wanted += c;
        if (line.contains("=?"))
            return; // An encoded word keeps all its spaces.
        RC_ASSERT(header_text(line) == trimmed(wanted));
    });
    for (const char* text :
         {"Grüße aus München", "一封比较长的主题，需要几个编码字才能放得下的那一种"}) {
        std::string line;
        for (const auto& word : encoded_words(text))
            line += (line.empty() ? "" : "\r\n ") + word;
        EXPECT_EQ(header_text(line), text);
    }
}

TEST(HeaderText, TakesLinearTime)
{
    std::string hostile;
    while (hostile.size() < 1'000'000)
        hostile += "=?utf-8?Q?";
    EXPECT_EQ(header_text(hostile).size(), 65536U);
    hostile.clear();
    while (hostile.size() < 1'000'000)
        hostile += "=?u?q?\?= =?v?q?a?=";
    EXPECT_FALSE(header_text(hostile, 1 << 20).empty());
}

} // namespace
} // namespace posthouse::mail
