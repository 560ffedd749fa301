// SPDX-License-Identifier: Apache-2.0
#include "mail/fold.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

TEST(Fold, MakesEqualWhatReadersTakeForEqual)
{
    EXPECT_EQ(fold("Hello WORLD 123"), "hello world 123");
    EXPECT_EQ(fold("STRASSE"), fold("Straße"));
    EXPECT_EQ(fold("ΌΣΟΣ"), fold("όσος"));
    EXPECT_EQ(fold("ПРИВЕТ"), "привет");
    EXPECT_EQ(fold("e\u0301"), fold("É"));     // composed or not
    EXPECT_EQ(fold("ＡＢＣ１２３"), "abc123"); // full width
    EXPECT_EQ(fold("ｱｲｳ"), fold("アイウ"));    // half width
    EXPECT_EQ(fold("ﬁ"), "fi");
    EXPECT_EQ(fold("中文"), "中文");
    EXPECT_EQ(fold("한글"), "한글"); // syllables stay characters
    EXPECT_EQ(fold("\u1112\u1161\u11ab"), "한");
    EXPECT_EQ(fold("x\xff"), "x\ufffd");
}

TEST(Fold, FindsTextsInTexts)
{
    EXPECT_TRUE(contains_folded("Die STRASSE ist lang", fold("Straße")));
    EXPECT_TRUE(contains_folded("Café", fold("cafe"))); // i;unicode-casemap decomposes
    EXPECT_FALSE(contains_folded("Cafe", fold("café")));
    EXPECT_TRUE(contains_folded("明天的会议", fold("会议")));
    EXPECT_FALSE(contains_folded("明天的会", fold("会议")));
    EXPECT_TRUE(contains_folded("", ""));
    EXPECT_TRUE(contains_folded("x", ""));
    EXPECT_FALSE(contains_folded("", "x"));
    EXPECT_TRUE(
        contains_folded(std::string(100'000, 'x') + "Needle" + std::string(9, 'x'), "needle"));
}

TEST(Fold, IsItselfTheSecondTime)
{
    rc::check("fold(fold(x)) == fold(x)", [] {
        std::string text;
        for (const auto& piece :
             *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                 "é", "e\u0301", "ß", "ﬁ", "한", "\u1112", "\u1161", "가", "Σ", "ガ", "か\u3099",
                 "İ", "\xff", "A", " ", "\u00ad", "ǅ", "\u0345", "ᾳ", "\u0327")))
            text += piece;
        const auto once = fold(text);
        RC_ASSERT(is_utf8(once));
        RC_ASSERT(fold(once) == once);
    });
}

TEST(Fold, FindsTheSameHoweverTheTextIsCut)
{
    rc::check("pieces", [] {
        const auto pieces = *rc::gen::container<std::vector<std::string>>(
            rc::gen::element<std::string>("e", "\u0301", "S", "ß", "中", "a", "가", "\u11a8", "ﬁ"));
        const auto needles = std::vector<std::string>{fold("é"),  fold("ss"),  fold("中a"),
                                                      fold("각"), fold("fia"), ""};
        FoldedSearch search(needles);
        std::string text;
        for (const auto& piece : pieces) {
            search.append(piece);
            text += piece;
        }
        search.begin_anew();
        const auto folded = fold(text);
        for (std::size_t i = 0; i < needles.size(); ++i)
            RC_ASSERT(search.found()[i] == folded.contains(needles[i]));
    });
}

TEST(Fold, FoldsTheSameBesideMuchAscii)
{
    const std::string much(60, 'X');
    const std::string folded_much(60, 'x');
    rc::check("ASCII beside", [&] {
        std::string text;
        for (const auto& piece :
             *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                 "E", "\u0301", "ß", "中", "가", "\u1112", "\u1161", "ﬁ", "\u0345", "İ")))
            text += piece;
        RC_ASSERT(fold(text + much) == fold(text) + folded_much);
        RC_ASSERT(fold(much + "E" + text) == folded_much + fold("E" + text));
        RC_ASSERT(fold(much + "E" + text + much + text) ==
                  folded_much + fold("E" + text) + folded_much.substr(1) + fold("X" + text));
    });
}

TEST(Fold, FoldsInPiecesWhatItFoldsAtOnce)
{
    rc::check("folder", [] {
        const auto pieces =
            *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "e", "\u0301", "S", "ß", "中", "가", "\u11a8", "ﬁ", std::string(20'000, 'X')));
        Folder folder;
        std::string text;
        std::string folded;
        for (const auto& piece : pieces) {
            folded += folder.append(piece);
            text += piece;
        }
        folded += folder.finish();
        RC_ASSERT(folded == fold(text));
        RC_ASSERT(folder.finish().empty());
    });
}

TEST(Fold, FindsNothingThatStandsInTwoTexts)
{
    FoldedSearch search({"ab"});
    search.append("a");
    search.begin_anew();
    search.append("b");
    search.begin_anew();
    EXPECT_FALSE(search.found_all());
    search.append("ab");
    search.begin_anew();
    EXPECT_TRUE(search.found_all());
}

} // namespace
} // namespace posthouse::mail
