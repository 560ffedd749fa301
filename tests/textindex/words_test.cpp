// SPDX-License-Identifier: Apache-2.0
#include "textindex/words.hpp"

#include "textindex/limits.hpp"
#include "textindex/needle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace posthouse::textindex {
namespace {

std::vector<std::string> terms(std::string_view text, std::size_t piece = 1000)
{
    std::vector<std::string> terms;
    WordCutter cutter([&](Form, std::string_view term) { terms.emplace_back(term); });
    while (!text.empty()) {
        auto rest = text;
        for (std::size_t i = 0; i < piece && !rest.empty(); ++i)
            (void)take_character(rest);
        cutter.append(text.substr(0, text.size() - rest.size()));
        text = rest;
    }
    cutter.begin_anew();
    return terms;
}

using Terms = std::vector<std::string>;

TEST(Words, AreWhatStandsBetweenBlanksAndMostSigns)
{
    EXPECT_EQ(terms("to be, or (not)"), (Terms{"to", "be", "or", "not"}));
    EXPECT_EQ(terms("straße größe δώρον мир"), (Terms{"straße", "größe", "δώρον", "мир"}));
    EXPECT_EQ(terms("a\nb\tc"), (Terms{"a", "b", "c"}));
    EXPECT_EQ(terms(""), Terms{});
    EXPECT_EQ(terms(" ,;"), Terms{});
}

TEST(Words, KeepAddressesNumbersAndHostNamesWhole)
{
    EXPECT_EQ(terms("<ada@mail.example.org> 3.14 2026-11-22 file_name"),
              (Terms{"ada@mail.example.org", "3.14", "2026-11-22", "file_name"}));
}

TEST(Words, OfScriptsWithoutBlanksBeginAtEachCharacter)
{
    EXPECT_EQ(terms("上海市民"), (Terms{"上海市", "海市民", "市民", "民"}));
    EXPECT_EQ(terms("上"), Terms{"上"});
    EXPECT_EQ(terms("上海 no1"), (Terms{"上海", "海", "no1"}));
    EXPECT_EQ(terms("a上b"), (Terms{"a", "上", "b"}));
}

TEST(Words, CountNoMarksAmongAGramsCharacters)
{
    // Kana and their voicing marks, as folding parts them.
    EXPECT_EQ(terms("テ\u3099ータ"), (Terms{"テ\u3099ータ", "\u3099ータ", "ータ", "タ"}));
    // A long heap of marks ends a gram nevertheless.
    std::string heap = "ก";
    for (int i = 0; i < 20; ++i)
        heap += "\u0e34";
    for (const auto& term : terms(heap))
        EXPECT_LE(term.size(), 3 * Limits::gram_characters);
}

TEST(Words, LongOnesAreCutSoThatAnySeventeenCharactersStayTogether)
{
    for (std::size_t size = 1; size < 150; ++size) {
        std::string word;
        for (std::size_t i = 0; i < size; ++i)
            word += static_cast<char>('a' + i * i % 23);
        const auto pieces = terms(word);
        for (const auto& piece : pieces)
            EXPECT_LE(piece.size(), Limits::word_characters);
        EXPECT_TRUE(word.starts_with(pieces.front()));
        EXPECT_TRUE(word.ends_with(pieces.back()));
        EXPECT_TRUE(pieces.size() == 1 || pieces.back().size() >= 17);
        for (std::size_t at = 0; at + 17 <= size; ++at)
            EXPECT_TRUE(std::ranges::any_of(
                pieces, [&](const auto& piece) { return piece.contains(word.substr(at, 17)); }))
                << size << " at " << at;
    }
}

RC_GTEST_PROP(Words, AreTheSameHoweverTheTextIsCut, ())
{
    const auto fragments = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
        std::vector<std::string>{"word", " ", "上", "海", "\u3099", "é", "x.y", ",", "ภาษาไทย",
                                 "abcdefghijklmnopqrstuvwxyz0123456789", "한국", "😀"}));
    std::string text;
    for (const auto& fragment : fragments)
        text += fragment;
    RC_ASSERT(terms(text) == terms(text, 1));
    RC_ASSERT(terms(text) == terms(text, 7));
}

using How = Lookup::How;

TEST(Needles, OfOneTermProveThemselves)
{
    for (const auto* needle : {"word", "ord", "上海", "上海市", "x.y@z", "😀"}) {
        const auto plan = plan_of(needle);
        ASSERT_EQ(plan.needed.size(), 1U) << needle;
        EXPECT_EQ(plan.proof, plan.needed.front()) << needle;
    }
    EXPECT_EQ(plan_of("word").needed.front(), (Lookup{Form::word, How::inside, "word"}));
    EXPECT_EQ(plan_of("上海").needed.front(), (Lookup{Form::gram, How::prefix, "上海"}));
}

TEST(Needles, OfSeveralTermsOnlyNarrowDown)
{
    const auto plan = plan_of("head inner1 tail");
    EXPECT_EQ(plan.needed, (std::vector<Lookup>{{Form::word, How::exact, "inner1"},
                                                {Form::word, How::suffix, "head"},
                                                {Form::word, How::prefix, "tail"}}));
    EXPECT_FALSE(plan.proof);
    EXPECT_EQ(plan_of(" word").needed, (std::vector<Lookup>{{Form::word, How::prefix, "word"}}));
    EXPECT_EQ(plan_of("word ").needed, (std::vector<Lookup>{{Form::word, How::suffix, "word"}}));
    EXPECT_EQ(plan_of("(word)").needed, (std::vector<Lookup>{{Form::word, How::exact, "word"}}));
    EXPECT_FALSE(plan_of("(word)").proof);
    EXPECT_FALSE(plan_of("上海市民").proof);
    EXPECT_EQ(plan_of("上海市民").needed.size(), 2U);
}

TEST(Needles, ThatRepeatACharacterAreNotProvedByFewerOfIt)
{
    EXPECT_TRUE(plan_of("哈哈哈").proof);
    EXPECT_FALSE(plan_of("哈哈哈哈").proof);
    EXPECT_FALSE(plan_of("哈哈哈哈").needed.empty());
    EXPECT_FALSE(plan_of(std::string(40, 'x')).proof);
}

TEST(Needles, WithoutTermsAskForNothing)
{
    EXPECT_TRUE(plan_of("!?").needed.empty());
    EXPECT_TRUE(plan_of(" ").needed.empty());
    EXPECT_TRUE(plan_of("。").needed.empty());
}

TEST(Needles, CostNoMoreLookupsThanTheLimit)
{
    std::string long_needle;
    for (int i = 0; i < 1000; ++i)
        long_needle += "word" + std::to_string(i) + " 文" + std::to_string(i);
    EXPECT_EQ(plan_of(long_needle).needed.size(), Limits::needle_terms);
    EXPECT_LE(plan_of(std::string(100'000, 'x')).needed.size(), Limits::needle_terms);
}

} // namespace
} // namespace posthouse::textindex
