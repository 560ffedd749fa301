// SPDX-License-Identifier: Apache-2.0
#include "mail/charset.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

using namespace std::string_literals;

TEST(Charset, ReadsWhatLettersAreWrittenIn)
{
    prepare_charsets();
    struct Case {
        const char* label;
        std::string bytes;
        const char* text;
    };
    const Case cases[] = {
        {"GB2312", "\xd6\xd0\xce\xc4", "中文"},
        {"gbk", "\x81\x40\xd6\xd0\x80", "丂中€"}, // beyond GB 2312, and Windows' euro
        {"GB18030", "\x90\x30\x81\x30\x81\x30\x81\x30", "𐀀\u0080"},
        {"gb18030", "\xa6\xd9\xfe\x59", "︐龴"}, // as in the edition of 2022
        {"hz-gb-2312", "a~{VPND~}b", "a中文b"},
        {"Big5", "\xa4\xa4\xa4\xe5", "中文"},
        {"big5-hkscs", "\x87\x40\xa4\xe5", "䏰文"},
        {"iso-2022-jp", "\x1b$BF|K\\8l\x1b(B abc", "日本語 abc"},
        {"ISO-2022-JP", "\x1b$B-!\x1b(I1\x1b(B", "①ｱ"}, // not of the standard, but sent
        {"iso-2022-jp-2", "\x1b$A;*\x1b(B", "华"},
        {"euc-jp", "\xc6\xfc\xcb\xdc\xb8\xec", "日本語"},
        {"Shift_JIS", "\x93\xfa\x96{\x8c\xea\x87\x40", "日本語①"},
        {"euc-kr", "\xc7\xd1\xb1\xdb", "한글"},
        {"ks_c_5601-1987", "\x8c\x63", "똠"}, // CP949's
        {"iso-2022-kr", "\x1b$)C\x0eGQ1[\x0f", "한글"},
        {"KOI8-R", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
        {"koi8-u", "\xa4\xa6", "єі"},
        {"windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
        {"iso-8859-1", "caf\xe9 \x93x\x94", "café “x”"}, // with Windows' quotes
        {"ISO-8859-2", "\xb1\xe6", "ąć"},
        {"iso-8859-5", "\xbf\xe0", "Пр"},
        {"iso-8859-7", "\xe1\xe2", "αβ"},
        {"iso-8859-8-i", "\xf9\xec\xe5\xed", "שלום"},
        {"windows-1256", "\xe3\xd1\xcd\xc8\xc7", "مرحبا"},
        {"iso-8859-9", "\xf0\xfe", "ğş"},
        {"iso-8859-15", "\xa4", "€"},
        {"iso-8859-16", "\xaa\xe9", "Șé"},
        {"windows-874", "\xca\xc7\xd1", "สวั"},
        {"tis-620", "\xca", "ส"},
        {"utf-7", "Hi +ZeVnLIqe-", "Hi 日本語"},
        {"utf-16", "\xff\xfe-N\x87\x65"s, "中文"},
        {"utf-16be", "N-e\x87"s, "中文"},
        {"UTF-8", "\xef\xbb\xbfx\u00e9", "xé"}, // without its mark
        {"\"utf-8\"", "\u00e9", "é"},
        {"utf_8", "\u00e9", "é"},
        {"charset=gb2312", "\xd6\xd0\xce\xc4", "中文"},
        {"ibm-1047", "\xc1", "A"}, // one of those that only ICU names
    };
    for (const auto& [label, bytes, text] : cases) {
        EXPECT_TRUE(is_known_charset(label)) << label;
        EXPECT_EQ(to_utf8(bytes, label), text) << label;
    }
}

TEST(Charset, GuessesWhereTheLabelIsWrong)
{
    const std::string chinese = "你好，我们明天的会议改在下午三点";
    const std::string gb =
        "\xc4\xe3\xba\xc3\xa3\xac\xce\xd2\xc3\xc7\xc3\xf7\xcc\xec\xb5\xc4\xbb\xe1"
        "\xd2\xe9\xb8\xc4\xd4\xda\xcf\xc2\xce\xe7\xc8\xfd\xb5\xe3";
    const std::string big5 =
        "\xa7\x41\xa6\x6e\xa1\x41\xa7\xda\xad\xcc\xa9\xfa\xa4\xd1"; // 你好，我們明天
    for (const char* label : {"us-ascii", "", "x-unknown", "unknown-8bit", "utf-8", "_!?"}) {
        EXPECT_EQ(to_utf8(gb, label), chinese) << label;
        EXPECT_EQ(to_utf8(chinese, label), chinese) << label;
        EXPECT_EQ(to_utf8(big5, label), "你好，我們明天") << label;
        EXPECT_EQ(to_utf8("M\xfcller, caf\xe9", label), "Müller, café") << label;
        EXPECT_EQ(to_utf8("\xef\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", label), "привет, мир") << label;
        EXPECT_EQ(to_utf8("\xd0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2", label), "привет, мир") << label;
        EXPECT_EQ(to_utf8("\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4", label), "안녕하세요")
            << label;
        EXPECT_EQ(to_utf8("\xa4\xb3\xa4\xec\xa4\xcf\xc6\xfc\xcb\xdc\xb8\xec", label),
                  "これは日本語")
            << label;
        EXPECT_EQ(to_utf8("\x82\xb1\x82\xea\x82\xcd\x93\xfa\x96{\x8c\xea", label), "これは日本語")
            << label;
    }
    EXPECT_EQ(to_utf8("\u00fc\xff", "utf-8"), "ü\ufffd"); // damaged
    EXPECT_EQ(to_utf8("\x1b$BF|K\\\x1b(B", "us-ascii"), "日本");
    EXPECT_EQ(to_utf8("\xff\xfe-N", ""), "中");
    EXPECT_EQ(to_utf8("Gr\u00fc\u00dfe", "iso-8859-1"), "Grüße");       // UTF-8 wins
    EXPECT_EQ(to_utf8("\xc1\xaa\xcd\xa8", "gb2312"), "联通");           // which looks like UTF-8
    EXPECT_EQ(to_utf8(chinese.substr(0, 10), "utf-8"), "你好，\ufffd"); // cut is not wrong
}

TEST(Charset, GuessesNothingIfToldSo)
{
    EXPECT_EQ(to_utf8("caf\xe9", "us-ascii", Guess::never), "caf\ufffd");
    EXPECT_EQ(to_utf8("caf\u00e9", "nothing", Guess::never), "caf\ufffd\ufffd");
    EXPECT_EQ(to_utf8("\u00e9", "iso-8859-1", Guess::never), "Ã©");
    EXPECT_FALSE(is_known_charset("nothing"));
    EXPECT_FALSE(is_known_charset(""));
    EXPECT_FALSE(is_known_charset("../../etc/passwd"));
}

TEST(Charset, PutsReplacementsForWhatMeansNothing)
{
    EXPECT_EQ(to_utf8("a\xff"
                      "b",
                      "gb18030", Guess::never),
              "a\ufffd"
              "b");
    EXPECT_EQ(to_utf8("\xa4", "big5", Guess::never), "\ufffd");
    EXPECT_EQ(to_utf8("\xe4\xb8", "utf-8", Guess::never), "\ufffd");
    EXPECT_EQ(to_utf8("\xd8\x00"s, "utf-16be", Guess::never), "\ufffd");
    EXPECT_EQ(to_utf8("\0x"s, "us-ascii"), "\0x"s);
}

TEST(Charset, GivesWholeCharactersWithinItsLimit)
{
    EXPECT_EQ(to_utf8("\xd6\xd0\xce\xc4", "gb2312", Guess::sensibly, 5), "中");
    EXPECT_EQ(to_utf8("abc", "us-ascii", Guess::sensibly, 2), "ab");
    EXPECT_EQ(to_utf8("中文", "utf-8", Guess::sensibly, 0), "");
    EXPECT_EQ(to_utf8(std::string(1'000'000, 'x'), "gb2312", Guess::sensibly, 10).size(), 10U);
}

TEST(Charset, SaysTheSameHoweverTheTextIsCut)
{
    rc::check("pieces", [] {
        const auto label = *rc::gen::elementOf(std::vector<std::string>{
            "gb18030", "utf-8", "iso-2022-jp", "big5", "utf-7", "utf-16", "us-ascii", "", "koi8-r",
            "shift_jis", "iso-8859-16", "hz-gb-2312", "iso-2022-kr", "nothing"});
        const auto bytes = *rc::gen::container<std::string>(
            rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf("中é한 \x1b$B(~{}+-"s)));
        const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
        CharsetDecoder decoder(label);
        std::string text;
        decoder.decode(std::string_view(bytes).substr(0, cut), text);
        decoder.decode(std::string_view(bytes).substr(cut), text);
        decoder.finish(text);
        RC_ASSERT(is_utf8(text));
        RC_ASSERT(text == to_utf8(bytes, label));
        RC_ASSERT(text.size() <= 3 * bytes.size() + 3);
    });
}

} // namespace
} // namespace posthouse::mail
