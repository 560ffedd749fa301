// SPDX-License-Identifier: Apache-2.0
#include "textindex/text_index.hpp"

#include "tests/textindex/rig.hpp"
#include "textindex/rows.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <random>

namespace posthouse::textindex {
namespace {

using namespace tests;
using enum Presence;

TEST(TextIndex, IsAPartitionOfItsOwn)
{
    EXPECT_EQ(partition_of(7).name, "w/0000000000007");
}

TEST(TextIndex, FindsWordsAndPartsOfThem)
{
    Rig rig;
    ASSERT_TRUE(rig.add({{4, letter("the Quick brown fox")}, {9, letter("a lazy dog", "fox")}}));
    EXPECT_EQ(rig.presence(4, "quick"), certain);
    EXPECT_EQ(rig.presence(9, "quick"), absent);
    EXPECT_EQ(rig.presence(4, "UIC"), certain);
    EXPECT_EQ(rig.presence(9, "fox"), absent);
    EXPECT_EQ(rig.presence(9, "fox", Within::whole), certain);
    EXPECT_EQ(rig.presence(4, "quick brown"), possible);
    EXPECT_EQ(rig.presence(4, "quick fox"), possible); // It has both: the letter tells.
    EXPECT_EQ(rig.presence(9, "quick brown"), absent);
    EXPECT_EQ(rig.presence(4, "uick brow"), possible);
    EXPECT_EQ(rig.presence(4, "quic brow"), absent); // "quic" ends no word.
    EXPECT_EQ(rig.presence(4, "ada@example", Within::whole), certain);
}

TEST(TextIndex, FindsScriptsWithoutBlanks)
{
    Rig rig;
    ASSERT_TRUE(rig.add({{1, letter("我在上海市民中心")},
                         {2, letter("東京データセンター")},
                         {3, letter("สวัสดีครับ")}}));
    EXPECT_EQ(rig.presence(1, "上海"), certain);
    EXPECT_EQ(rig.presence(1, "上海市"), certain);
    EXPECT_EQ(rig.presence(1, "上海市民"), possible);
    EXPECT_EQ(rig.presence(1, "上海人民"), absent);
    EXPECT_EQ(rig.presence(2, "データ"), certain);
    EXPECT_EQ(rig.presence(2, "ﾃﾞｰﾀ"), certain); // Half-width kana fold to these.
    EXPECT_EQ(rig.presence(3, "สดี"), certain);
    EXPECT_EQ(rig.presence(2, "海"), absent);
}

TEST(TextIndex, TakesWhatItDoesNotKnowForPossible)
{
    Rig rig;
    EXPECT_EQ(rig.presence(1, "word"), possible);
    ASSERT_TRUE(rig.add(1, "word"));
    EXPECT_EQ(rig.presence(2, "word"), possible);
    EXPECT_EQ(rig.presence(1, "?!"), possible);
    EXPECT_EQ(rig.presence(1, "other"), absent);
    EXPECT_EQ(rig.presence(1, ""), certain);
    EXPECT_EQ(rig.presence(2, ""), certain);
    LetterCutter cutter;
    cutter.give_up(3);
    EXPECT_FALSE(rig.index->knows(3));
    ASSERT_TRUE(rig.run(rig.index->add(cutter.finish())));
    EXPECT_TRUE(rig.index->knows(3));
    EXPECT_EQ(rig.presence(3, "other"), possible);
    EXPECT_EQ(rig.index->letters(), 2U);
}

TEST(TextIndex, DoesNotFindWhatGoesFromOnePartToTheNext)
{
    Rig rig;
    ASSERT_TRUE(rig.add({{1, letter("tail", "head")}}));
    EXPECT_EQ(rig.presence(1, "headtail", Within::whole), absent);
    EXPECT_FALSE(has(letter("tail", "head"), Within::whole, "headtail"));
}

TEST(TextIndex, IsThereAfterARestart)
{
    Rig rig;
    ASSERT_TRUE(rig.add(1, "word"));
    LetterCutter cutter;
    cutter.give_up(5);
    ASSERT_TRUE(rig.run(rig.index->add(cutter.finish())));
    rig.reopen();
    EXPECT_TRUE(rig.index->knows(1));
    EXPECT_TRUE(rig.index->knows(5));
    EXPECT_EQ(rig.presence(1, "word"), certain);
    ASSERT_TRUE(rig.add(2, "other"));
    EXPECT_EQ(rig.presence(2, "word"), absent);
    EXPECT_EQ(rig.presence(1, "word"), certain);
}

TEST(TextIndex, AddsNothingTwice)
{
    Rig rig;
    ASSERT_TRUE(rig.add(1, "word"));
    const auto rows = rig.rows();
    const auto commits = rig.engine->commits();
    ASSERT_TRUE(rig.add(1, "word"));
    EXPECT_EQ(rig.rows(), rows);
    EXPECT_EQ(rig.engine->commits(), commits);
    ASSERT_TRUE(rig.add({{1, letter("word")}, {2, letter("other")}}));
    EXPECT_EQ(rig.presence(1, "word"), certain);
    EXPECT_EQ(rig.presence(2, "word"), absent);
    EXPECT_TRUE(rig.tidy());
}

TEST(TextIndex, RefusesADamagedBatchWhole)
{
    Rig rig;
    auto batch = batch_of({{1, letter("word")}});
    batch += 'X'; // no kind of term
    EXPECT_EQ(rig.run(rig.index->add(batch)).error(), store::Error::corrupt);
    EXPECT_FALSE(rig.index->knows(1));
    EXPECT_EQ(rig.rows(), 0U);
}

TEST(TextIndex, RefusesABatchThatUnpacksToFarMore)
{
    EmailSet one;
    one.add(1);
    BatchPacker packer(one, {});
    std::string term(longest_term - 3, 'a');
    for (int i = 0; i < 60'000; ++i) {
        auto each = term;
        each += static_cast<char>('a' + i / 3600);
        each += static_cast<char>('A' + i / 60 % 60);
        each += static_cast<char>('A' + i % 60);
        packer.add(Kind::body_word, each, {0});
    }
    auto batch = std::move(packer).finish();
    ASSERT_LT(batch.size(), Limits::batch_bytes);
    Rig rig;
    EXPECT_EQ(rig.run(rig.index->add(batch)).error(), store::Error::corrupt);
}

TEST(TextIndex, StaysTheSameWhileItIsTidied)
{
    Rig rig;
    for (std::uint64_t email = 1; email <= 100; ++email)
        ASSERT_TRUE(rig.add(email, "word" + std::to_string(email % 7) + " common " +
                                       (email == 50 ? "文字" : "")));
    EXPECT_TRUE(rig.index->untidy());
    const auto rows = rig.rows();
    ASSERT_TRUE(rig.tidy());
    EXPECT_LT(rig.rows(), rows / 3);
    for (const bool again : {false, true}) {
        if (again)
            rig.reopen();
        const auto word = rig.look_up("word3");
        const auto common = rig.look_up("common");
        const auto kanji = rig.look_up("文字");
        for (std::uint64_t email = 1; email <= 100; ++email) {
            EXPECT_EQ(word.of(email), email % 7 == 3 ? certain : absent) << email;
            EXPECT_EQ(common.of(email), certain);
            EXPECT_EQ(kanji.of(email), email == 50 ? certain : absent);
        }
        EXPECT_EQ(common.of(101), possible);
        EXPECT_EQ(rig.index->letters(), 100U);
    }
}

TEST(TextIndex, MayBeReadAndAddedToWhileItIsTidied)
{
    Rig rig;
    for (std::uint64_t email = 1; email <= 60; ++email)
        ASSERT_TRUE(rig.add(email, "word" + std::to_string(email)));
    int ended = 0;
    const auto tidy = [&]() -> Task<> {
        for (;;) {
            const auto more = co_await rig.index->tidy();
            EXPECT_TRUE(more);
            if (!more || !*more)
                break;
        }
        ++ended;
    };
    const auto read = [&](std::uint64_t email) -> Task<> {
        for (int i = 0; i < 20; ++i) {
            const auto found =
                co_await rig.index->look_up(Within::body, "word" + std::to_string(email));
            EXPECT_EQ(found.of(email), certain);
            EXPECT_EQ(found.of(email % 60 + 1), absent);
        }
        ++ended;
    };
    const auto add = [&]() -> Task<> {
        for (std::uint64_t email = 61; email <= 90; ++email)
            EXPECT_TRUE(co_await rig.index->add(batch_of({{email, letter("later")}})));
        ++ended;
    };
    boost::asio::co_spawn(rig.io, tidy(), boost::asio::detached);
    for (std::uint64_t email = 30; email < 35; ++email)
        boost::asio::co_spawn(rig.io, read(email), boost::asio::detached);
    boost::asio::co_spawn(rig.io, add(), boost::asio::detached);
    rig.io.restart();
    rig.io.run();
    EXPECT_EQ(ended, 7);
    EXPECT_TRUE(rig.index->idle());
    ASSERT_TRUE(rig.tidy());
    const auto later = rig.look_up("later");
    for (std::uint64_t email = 1; email <= 90; ++email)
        EXPECT_EQ(later.of(email), email > 60 ? certain : absent);
}

TEST(TextIndex, WinsBackTheRoomOfForgottenLetters)
{
    Rig rig;
    for (std::uint64_t email = 1; email <= 6; ++email)
        ASSERT_TRUE(rig.add(email, "word" + std::to_string(email)));
    ASSERT_TRUE(rig.tidy());
    EmailSet some;
    some.add(2);
    rig.index->forget(some);
    EXPECT_EQ(rig.presence(2, "word2"), certain); // Callers ask of none that is gone.
    some.add(3, 5);
    rig.index->forget(some);
    EXPECT_TRUE(rig.index->untidy());
    ASSERT_TRUE(rig.tidy());
    EXPECT_EQ(rig.index->letters(), 2U);
    EXPECT_FALSE(rig.index->knows(3));
    EXPECT_EQ(rig.presence(1, "word1"), certain);
    EXPECT_EQ(rig.presence(6, "word1"), absent);
    EXPECT_EQ(rig.presence(3, "word3"), possible);
    EXPECT_FALSE(rig.index->untidy());
    ASSERT_TRUE(rig.add(3, "word3")); // Somebody brought it back.
    EXPECT_EQ(rig.presence(3, "word3"), certain);
    some.add(1, 6);
    rig.index->forget(some);
    ASSERT_TRUE(rig.tidy());
    EXPECT_EQ(rig.index->letters(), 0U);
    EXPECT_EQ(rig.rows(), 1U); // the manifest
}

TEST(TextIndex, CanBeDroppedAndBuiltAgain)
{
    Rig rig;
    ASSERT_TRUE(rig.add(1, "word"));
    ASSERT_TRUE(rig.run(rig.index->drop()));
    EXPECT_EQ(rig.rows(), 0U);
    EXPECT_EQ(rig.presence(1, "word"), possible);
    EXPECT_FALSE(rig.index->knows(1));
    ASSERT_TRUE(rig.add(1, "word"));
    EXPECT_EQ(rig.presence(1, "other"), absent);
    rig.reopen();
    EXPECT_EQ(rig.presence(1, "word"), certain);
}

TEST(TextIndex, OfAnotherFormatIsBuiltAgain)
{
    Rig rig;
    ASSERT_TRUE(rig.add(1, "word"));
    auto& rows = rig.disk->partitions.at(partition_of(7).name).rows;
    rows.at(key::manifest).front() = 99;
    rig.reopen();
    ASSERT_TRUE(rig.index);
    EXPECT_FALSE(rig.index->knows(1));
    EXPECT_EQ(rig.rows(), 0U);
    ASSERT_TRUE(rig.add(1, "word"));
    EXPECT_EQ(rig.presence(1, "other"), absent);
}

TEST(TextIndex, NeverSaysNoFromDamagedRows)
{
    for (const char kind : {'c', 'd', 'p'})
        for (const bool erased : {false, true}) {
            Rig rig;
            ASSERT_TRUE(rig.add(1, "word another 文字"));
            auto& rows = rig.disk->partitions.at(partition_of(7).name).rows;
            for (auto row = rows.begin(); row != rows.end();) {
                if (row->first.front() != kind) {
                    ++row;
                } else if (erased && kind != 'd') { // The engine loses no row by itself.
                    row = rows.erase(row);
                } else {
                    row->second = "\xff\xff";
                    ++row;
                }
            }
            rig.reopen();
            ASSERT_TRUE(rig.index);
            for (const auto* needle : {"word", "ord", "文", "word another"})
                EXPECT_NE(rig.presence(1, needle), absent) << kind << needle;
            // It is left out, and asked for again.
            EXPECT_TRUE(rig.tidy());
            EXPECT_FALSE(rig.index->knows(1)) << kind;
            ASSERT_TRUE(rig.add(1, "word another 文字"));
            EXPECT_EQ(rig.presence(1, "other1"), absent);
            EXPECT_EQ(rig.presence(1, "ano"), certain);
        }
}

TEST(TextIndex, GoesOnAfterAnotherHasWritten)
{
    Rig rig;
    ASSERT_TRUE(rig.add(1, "word"));
    auto other = rig.run(TextIndex::open(*rig.engine, partition_of(7)));
    ASSERT_TRUE(other);
    ASSERT_TRUE(rig.run((*other)->add(batch_of({{2, letter("other")}}))));
    EXPECT_EQ(rig.add(3, "third").error(), store::Error::conflict);
    ASSERT_TRUE(rig.add(3, "third"));
    EXPECT_TRUE(rig.index->knows(2));
    EXPECT_EQ(rig.presence(2, "other"), certain);
    EXPECT_EQ(rig.presence(2, "third"), absent);
}

TEST(TextIndex, TellsTheTruthWhateverBecomesOfACommit)
{
    for (const auto fault : {store::Fault::unknown_applied, store::Fault::unknown_lost,
                             store::Fault::no_space, store::Fault::unavailable})
        for (std::uint64_t nth = 0; nth < 12; ++nth) {
            Rig rig;
            rig.engine->fail_commit(nth, fault);
            std::uint64_t email = 0;
            for (int round = 0; round < 3; ++round) {
                for (int i = 0; i < 8; ++i) {
                    ++email;
                    const auto body = "word" + std::to_string(email);
                    if (!rig.add(email, body))
                        ASSERT_TRUE(rig.add(email, body)) << email;
                }
                if (!rig.tidy())
                    ASSERT_TRUE(rig.tidy());
            }
            for (std::uint64_t at = 1; at <= email; ++at) {
                const auto found = rig.look_up("word" + std::to_string(at) + ' ');
                for (std::uint64_t each = 1; each <= email; ++each)
                    EXPECT_EQ(found.of(each), each == at ? possible : absent);
            }
        }
}

TEST(TextIndex, IsOfManyBlocksAndSegmentsWhereItIsLarge)
{
    std::minstd_rand random(7);
    Rig rig;
    Letters letters;
    LetterCutter cutter;
    const auto flush = [&] { ASSERT_TRUE(rig.run(rig.index->add(cutter.finish()))); };
    for (std::uint64_t email = 1; email <= 400; ++email) {
        std::string body;
        for (int i = 0; i < 120; ++i)
            body += "w" + std::to_string(random() % 20'000) + "x ";
        letters.emplace_back(email * 3, letter(body));
        cutter.add(email * 3, letters.back().second);
        if (email % 40 == 0)
            flush();
    }
    for (const bool tidied : {false, true}) {
        if (tidied) {
            ASSERT_TRUE(rig.tidy());
            rig.reopen();
        }
        for (const auto* needle : {"77", "w123x", "w1234", "45x", "w9", "nowhere", "w5x w"}) {
            const auto found = rig.look_up(needle);
            for (const auto& [email, text] : letters) {
                const bool there = has(text, Within::body, needle);
                if (std::string_view(needle).contains(' '))
                    EXPECT_TRUE(!there || found.of(email) == possible) << needle;
                else
                    EXPECT_EQ(found.of(email), there ? certain : absent) << needle;
                EXPECT_EQ(found.of(email + 1), possible);
            }
        }
    }
}

} // namespace
} // namespace posthouse::textindex
