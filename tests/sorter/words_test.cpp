// SPDX-License-Identifier: Apache-2.0
#include "sorter/words.hpp"

#include "sorter/limits.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "textindex/letter_cutter.hpp"
#include "wire/indexing.pb.h"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

using wire::Failure;
using wire::Method;

class SorterCutsWords : public ::testing::Test {
protected:
    Task<wire::Result<wire::Answer>> read_indexed(wire::Frame frame)
    {
        const auto request = wire::parse<wire::ReadLetter>(frame.message);
        if (frame.head.method != Method::read_indexed || !request || request->letter() != 5)
            co_return std::unexpected(Failure::refused);
        ++reads;
        co_return wire::answer_with(wire::Piece(),
                                    large.substr(request->offset(), request->length()));
    }

    wire::Result<wire::Typed<wire::WordsCut>> cut(const std::vector<std::uint64_t>& bytes,
                                                  std::string raw)
    {
        wire::CutWords request;
        request.set_job(5);
        std::uint64_t email = 10;
        for (const auto size : bytes) {
            auto* letter = request.add_letters();
            letter->set_email(++email);
            letter->set_bytes(size);
        }
        return tests::run(
            io, pair.ours->call<wire::WordsCut>(Method::cut_words, request, std::move(raw)));
    }

    boost::asio::io_context io{1};
    std::string large;
    int reads = 0;
    tests::LinkPair pair{
        io,
        {.handler = [this](std::shared_ptr<wire::Link>,
                           wire::Frame frame) { return read_indexed(frame); },
         .closed = {}},
        {.handler = [](std::shared_ptr<wire::Link> link,
                       wire::Frame frame) { return cut_words(std::move(link), std::move(frame)); },
         .closed = {}}};
};

const std::string one = "Subject: one\r\n\r\nzeppelin\r\n", two = "Subject: two\r\n\r\nballoon\r\n";

TEST_F(SorterCutsWords, MakesTheBatchThatTheseLettersMake)
{
    const auto answer = cut({one.size(), two.size()}, one + two);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->message.letters(), 2U);
    textindex::LetterCutter cutter;
    cutter.add(11, one);
    cutter.add(12, two);
    EXPECT_EQ(answer->raw, cutter.finish());
}

TEST_F(SorterCutsWords, ReadsALargeLetterOn)
{
    large = "Subject: large\r\n\r\n";
    while (large.size() < 2 * Limits::piece)
        large += "dear reader\r\n";
    const auto answer = cut({large.size()}, "");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->message.letters(), 1U);
    EXPECT_EQ(reads, 3);
    textindex::LetterCutter cutter;
    cutter.add(11, large);
    EXPECT_EQ(answer->raw, cutter.finish());
    EXPECT_EQ(cut({large.size() + 1}, "").error(), Failure::unavailable);
}

TEST_F(SorterCutsWords, EndsABatchThatWouldNotFitAFrameAndSaysHowFarItIs)
{
    // Each has more words than the index takes, all different.
    std::string text = "Subject: many\r\n\r\n";
    std::vector<std::uint64_t> sizes;
    std::string raw;
    for (unsigned word = 0; raw.size() < wire::FrameLimits::raw_bytes - (200 << 10);) {
        auto letter = text;
        for (int words = 0; words < 8000; ++words, word += 7919)
            letter += "w" + std::to_string(word) + (words % 12 == 11 ? "\r\n" : " ");
        sizes.push_back(letter.size());
        raw += letter;
    }
    const auto answer = cut(sizes, raw);
    ASSERT_TRUE(answer);
    EXPECT_GE(answer->message.letters(), 1U);
    EXPECT_LT(answer->raw.size(), wire::FrameLimits::raw_bytes);
}

TEST_F(SorterCutsWords, RefusesWhatNobodyCanMean)
{
    EXPECT_EQ(cut({}, "").error(), Failure::invalid);
    EXPECT_EQ(cut({5, 5}, "123456789").error(), Failure::invalid);
    EXPECT_EQ(cut({5, 5}, "12345678901").error(), Failure::invalid);
    EXPECT_EQ(cut({5, 5}, "").error(), Failure::invalid);
    EXPECT_EQ(cut({~std::uint64_t{0}, 1}, "").error(), Failure::invalid);
    EXPECT_EQ(cut({Limits::letter_bytes + 1}, "").error(), Failure::invalid);
    EXPECT_EQ(cut(std::vector<std::uint64_t>(Limits::letters_a_cut + 1, 0), "x").error(),
              Failure::invalid);
}

} // namespace
} // namespace posthouse::sorter
