// SPDX-License-Identifier: Apache-2.0
#include "textindex/batch.hpp"

#include "tests/textindex/rig.hpp"
#include "textindex/postings.hpp"

#include <rapidcheck/gtest.h>

#include <map>
#include <numeric>

namespace posthouse::textindex {
namespace {

using namespace tests;

using Places = std::vector<std::uint32_t>;
using Entries = std::map<std::pair<char, std::string>, Places>;

std::optional<Entries> read(std::string_view packed)
{
    BatchReader reader(packed);
    Entries entries;
    while (const auto* entry = reader.next())
        entries[{static_cast<char>(entry->kind), std::string(entry->term)}] = entry->places;
    return reader.damaged() ? std::nullopt : std::optional(entries);
}

TEST(LetterCutter, SaysWhichLettersHaveATerm)
{
    // In whichever order they come, places are those of ascending emails.
    const auto packed = batch_of({{9, letter("one three")}, {4, letter("one two", "two")}});
    BatchReader reader(packed);
    EXPECT_EQ(reader.covered().pack(), [] {
        EmailSet set;
        set.add(4);
        set.add(9);
        return set.pack();
    }());
    const auto entries = read(packed);
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->at({'B', "one"}), (Places{0, 1}));
    EXPECT_EQ(entries->at({'B', "two"}), (Places{0}));
    EXPECT_EQ(entries->at({'B', "three"}), (Places{1}));
    EXPECT_EQ(entries->at({'H', "two"}), (Places{0}));
    EXPECT_EQ(entries->at({'H', "ada@example.org"}), (Places{0, 1}));
    EXPECT_FALSE(entries->contains({'H', "three"}));
}

TEST(BatchReader, RefusesTheRangeOfAllNumbers)
{
    EmailSet all;
    all.add(0, ~std::uint64_t{0}); // Its size overflows to 0.
    EXPECT_FALSE(read(BatchPacker(all, {}).finish()));
    EXPECT_FALSE(read(BatchPacker({}, all).finish()));
}

TEST(LetterCutter, GivesUpALetterWithTooManyWords)
{
    std::string rich;
    for (std::size_t i = 0; i < Limits::letter_terms + 10; ++i)
        rich += std::to_string(i) + ' ';
    LetterCutter cutter;
    cutter.add(1, letter(rich));
    cutter.add(2, letter("poor"));
    cutter.give_up(3);
    EXPECT_EQ(cutter.letters(), 3U);
    const auto packed = cutter.finish();
    BatchReader reader(packed);
    EXPECT_TRUE(reader.given_up().contains(1));
    EXPECT_TRUE(reader.given_up().contains(3));
    EXPECT_TRUE(reader.covered().contains(2));
    EXPECT_EQ(reader.letters(), 1U);
    EXPECT_LT(packed.size(), 500U); // Nothing is left of the words of the rich one.
}

TEST(LetterCutter, StaysWithinAFrameIfItIsFinishedWhenFull)
{
    LetterCutter cutter;
    std::uint64_t email = 0;
    while (!cutter.full()) {
        std::string rich;
        for (std::size_t i = 0; i < 25'000; ++i)
            rich += std::to_string(email * 1'000'000 + i * 7919) + ' ';
        cutter.add(++email, letter(rich));
    }
    EXPECT_LE(cutter.finish().size(), Limits::batch_bytes);
    EXPECT_EQ(cutter.letters(), 0U);
    for (std::size_t i = 0; i < Limits::batch_letters; ++i) {
        EXPECT_FALSE(cutter.full());
        cutter.give_up(++email);
    }
    EXPECT_TRUE(cutter.full());
}

TEST(Batch, RefusesWhatIsCutOff)
{
    const auto packed = batch_of({{4, letter("one two")}, {9, letter("one three")}});
    const auto whole = *read(packed);
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto some = read(packed.substr(0, size)); // Between entries it may end.
        EXPECT_TRUE(!some || some->size() < whole.size());
    }
}

TEST(Batch, RefusesTermsOutOfOrderAndLettersThatAreNotThere)
{
    EmailSet one;
    one.add(5);
    const auto head = BatchPacker(one, {}).finish();
    const std::string all("\x03");
    const std::string a = std::string("B\0\x01", 3) + "a" + all;
    const std::string b = std::string("B\0\x01", 3) + "b" + all;
    const std::string header_a = std::string("H\0\x01", 3) + "a" + all;
    EXPECT_TRUE(read(head + a + b + header_a));
    EXPECT_FALSE(read(head + b + a));
    EXPECT_FALSE(read(head + a + a));
    EXPECT_FALSE(read(head + header_a + b));
    EXPECT_FALSE(read(head + std::string("X\0\x01", 3) + "a" + all));
    EXPECT_FALSE(read(head + std::string("B\0\x01\0", 4) + all));       // a zero byte
    EXPECT_FALSE(read(head + std::string("B\0\0", 3) + all));           // an empty term
    EXPECT_FALSE(read(head + std::string("B\x01\x01", 3) + "a" + all)); // shared with nothing
    EXPECT_FALSE(read(head + std::string("B\0\x01", 3) + "a\x04"));     // the second letter of one
    EXPECT_FALSE(read(head + std::string("B\0\x01", 3) + "a\x01"));     // none
    EmailSet many;
    many.add(1, Limits::batch_letters + 1);
    EXPECT_FALSE(read(BatchPacker(many, {}).finish()));
    EXPECT_FALSE(read(BatchPacker({}, many).finish()));
    EXPECT_FALSE(read(BatchPacker(one, one).finish())); // covered and given up
    EXPECT_FALSE(read(std::string(Limits::batch_bytes + 1, '\x01')));
}

RC_GTEST_PROP(Postings, ComeBackAsTheyWere, ())
{
    const auto letters = *rc::gen::inRange<std::uint32_t>(1, 3000);
    const auto step = *rc::gen::inRange<std::uint32_t>(1, 500);
    Places places;
    for (auto at = *rc::gen::inRange<std::uint32_t>(0, letters); at < letters;
         at += 1 + *rc::gen::inRange<std::uint32_t>(0, step))
        places.push_back(at);
    std::string packed;
    append_postings(places, letters, packed);
    packed += "rest";
    std::string_view rest = packed;
    Places back;
    RC_ASSERT(take_postings(rest, letters, back));
    RC_ASSERT(back == places);
    RC_ASSERT(rest == "rest");
    rest = packed;
    RC_ASSERT(skip_postings(rest));
    RC_ASSERT(rest == "rest");
    rest = packed;
    Bits bits(letters);
    RC_ASSERT(take_postings(rest, bits));
    RC_ASSERT(bits.count() == places.size());
    for (const auto place : places)
        RC_ASSERT(bits.has(place));
}

TEST(Postings, OfManyLettersTakeABitEach)
{
    Places all(100'000);
    std::iota(all.begin(), all.end(), 0);
    std::string packed;
    append_postings(all, 100'000, packed);
    EXPECT_EQ(packed.size(), 1U);
    all.erase(all.begin() + 77);
    packed.clear();
    append_postings(all, 100'000, packed);
    EXPECT_LT(packed.size(), 12'600U);
}

} // namespace
} // namespace posthouse::textindex
