// SPDX-License-Identifier: Apache-2.0
#include "mail/header_block.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

TEST(HeaderBlock, ReadsFieldsInTheirOrder)
{
    const std::string letter = "Received: one\r\nSubject: \ta\r\n folded\r\n\tline \r\n"
                               "RECEIVED: two\r\n\r\nbody: x\r\n";
    const auto block = HeaderBlock::parse(letter);
    ASSERT_EQ(block.fields().size(), 3u);
    EXPECT_EQ(block.fields()[1].name, "Subject");
    EXPECT_EQ(block.fields()[1].offset, 15u);
    EXPECT_EQ(block.fields()[1].raw, "Subject: \ta\r\n folded\r\n\tline \r\n");
    EXPECT_EQ(block.fields()[1].raw_value(), " \ta\r\n folded\r\n\tline \r\n");
    EXPECT_EQ(block.fields()[1].value(), "a folded\tline");
    EXPECT_EQ(block.end(), HeaderEnd::blank_line);
    EXPECT_EQ(letter.substr(block.body_offset()), "body: x\r\n");
    EXPECT_TRUE(block.text().ends_with("two\r\n"));
}

TEST(HeaderBlock, FindsFieldsInAnyCase)
{
    const auto block = HeaderBlock::parse("Received: one\r\nSubject: x\r\nRECEIVED: two\r\n\r\n");
    EXPECT_EQ(block.first("received")->value(), "one");
    EXPECT_EQ(block.first("Date"), nullptr);
    EXPECT_EQ(block.all("Received").size(), 2u);
    EXPECT_EQ(block.all("Received")[1]->value(), "two");
    EXPECT_EQ(block.count("Received"), 2u);
    EXPECT_EQ(block.count("Received", 1), 1u);
    EXPECT_EQ(block.count("Receive"), 0u);
    EXPECT_TRUE(block.has("received", "TWO"));
    EXPECT_FALSE(block.has("received", "x"));
}

TEST(HeaderBlock, ReadsObsoleteSpaceBeforeTheColon)
{
    const auto block = HeaderBlock::parse("Subject \t: x\r\n\r\n");
    ASSERT_NE(block.first("Subject"), nullptr);
    EXPECT_EQ(block.first("Subject")->value(), "x");
}

TEST(HeaderBlock, TakesBareLineFeedsButNoBareCarriageReturns)
{
    const auto block = HeaderBlock::parse("A: x\n y\nB: 1\rC: 2\n\nbody");
    ASSERT_EQ(block.fields().size(), 2u);
    EXPECT_EQ(block.fields()[0].value(), "x y");
    EXPECT_EQ(block.fields()[1].value(), "1 C: 2");
    EXPECT_EQ(block.body_offset(), 19u);
}

TEST(HeaderBlock, EndsAtALineThatIsNoField)
{
    for (const std::string line :
         {"garbage\r\n", ": x\r\n", "two words: x\r\n", "\xff: x\r\n", "\r\r\n", "From fred\r\n"}) {
        const auto letter = "A: x\r\n" + line + "B: y\r\n\r\n";
        const auto block = HeaderBlock::parse(letter);
        EXPECT_EQ(block.end(), HeaderEnd::no_field) << line;
        EXPECT_EQ(block.fields().size(), 1u) << line;
        EXPECT_EQ(block.body_offset(), 6u) << line;
    }
    EXPECT_EQ(HeaderBlock::parse(" A: x\r\n").end(), HeaderEnd::no_field);
}

TEST(HeaderBlock, CountsALineOfWhiteSpaceAsContinuation)
{
    const auto block = HeaderBlock::parse("A: x\r\n \t \r\nB: y\r\n\r\n");
    ASSERT_EQ(block.fields().size(), 2u);
    EXPECT_EQ(block.fields()[0].value(), "x");
}

TEST(HeaderBlock, KeepsTheLineOfAMailFileAsAFieldWithoutName)
{
    for (const std::string line : {"From fred Fri Nov 21 1997\n", ">From fred\n"}) {
        const auto letter = line + "A: x\n\n";
        const auto block = HeaderBlock::parse(letter);
        ASSERT_EQ(block.fields().size(), 2u);
        EXPECT_EQ(block.fields()[0].name, "");
        EXPECT_EQ(block.fields()[0].value(), "");
        EXPECT_EQ(block.fields()[1].value(), "x");
    }
}

TEST(HeaderBlock, TellsWhenTheTextEndsFirst)
{
    for (const std::string letter : {"", "A: x", "A: x\r\n", "A:", "A: x\r\n y"}) {
        const auto block = HeaderBlock::parse(letter);
        EXPECT_EQ(block.end(), HeaderEnd::end_of_text) << letter;
        EXPECT_EQ(block.body_offset(), letter.size()) << letter;
        EXPECT_EQ(block.text(), letter) << letter;
    }
    EXPECT_EQ(HeaderBlock::parse("\r\nbody").body_offset(), 2u);
}

TEST(HeaderBlock, MakesAValueOneLine)
{
    const auto block = HeaderBlock::parse(std::string_view("A: \0x\r\r\n \ry\0\r\n\r\n", 17));
    EXPECT_EQ(block.fields()[0].value().find_first_of(std::string_view("\r\n\0", 3)),
              std::string::npos);
    EXPECT_EQ(HeaderBlock::parse("A: abcdef\r\n").fields()[0].value(3), "abc");
}

TEST(HeaderBlock, LimitsFields)
{
    const auto block = HeaderBlock::parse("A: 1\r\nB: 2\r\nC: 3\r\n\r\nbody", {.fields = 2});
    EXPECT_EQ(block.fields().size(), 2u);
    EXPECT_EQ(block.fields_left_out(), 1u);
    EXPECT_EQ(block.end(), HeaderEnd::blank_line);
    EXPECT_EQ(block.body_offset(), 20u);
}

TEST(HeaderBlock, LimitsBytes)
{
    const std::string letter = "A: 1\r\nB: 2\r\n 3\r\nC: 3\r\n\r\n";
    for (std::size_t bytes = 0; bytes < letter.size(); ++bytes) {
        const auto block = HeaderBlock::parse(letter, {.bytes = bytes});
        EXPECT_EQ(block.end(), HeaderEnd::limit) << bytes;
        // Only whole fields: whether one goes on is seen in the next line.
        EXPECT_EQ(block.fields().size(), std::size_t(bytes > 6) + (bytes > 16) + (bytes > 22))
            << bytes;
        EXPECT_EQ(block.text().size(), block.body_offset());
    }
    EXPECT_EQ(HeaderBlock::parse(letter, {.bytes = letter.size()}).end(), HeaderEnd::blank_line);
}

TEST(HeaderBlock, LosesNoByte)
{
    EXPECT_TRUE(rc::check("the fields one after another are the header", [] {
        const auto piece = rc::gen::element<std::string>("A: ", "Subject :", "x", " ", "\t", "\r\n",
                                                         "\n", "\r", ":", "From ", "\xff", "()");
        std::string letter;
        for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece))
            letter += part;
        const auto block = HeaderBlock::parse(letter);
        std::string together;
        for (const auto& field : block.fields()) {
            RC_ASSERT(field.offset == together.size());
            together += field.raw;
        }
        RC_ASSERT(together == block.text());
        RC_ASSERT(letter.starts_with(together));
        const auto between = letter.substr(together.size(), block.body_offset() - together.size());
        RC_ASSERT(between == (block.end() != HeaderEnd::blank_line ? ""
                              : between.size() == 2                ? "\r\n"
                                                                   : "\n"));
    }));
}

} // namespace
} // namespace posthouse::mail
