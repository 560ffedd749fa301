// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace posthouse::smtp {
namespace {

RemoteReply parse(std::string_view bytes)
{
    ReplyParser parser;
    parser.receive(bytes);
    const auto reply = parser.next();
    EXPECT_TRUE(reply && *reply) << bytes;
    return reply && *reply ? **reply : RemoteReply{};
}

std::optional<ReplyFault> fault(std::string_view bytes, ReplyLimits limits = {})
{
    ReplyParser parser(limits);
    parser.receive(bytes);
    for (;;) {
        const auto reply = parser.next();
        if (!reply)
            return reply.error();
        if (!*reply)
            return std::nullopt;
    }
}

TEST(ReplyParser, ReadsTheRepliesOfRfc5321)
{
    const auto one = parse("250 Ok\r\n");
    EXPECT_EQ(one.code, 250);
    EXPECT_EQ(one.lines, std::vector<std::string>{"Ok"});
    const auto bare = parse("250\r\n"); // §4.2: a client takes it without text.
    EXPECT_EQ(bare.code, 250);
    EXPECT_EQ(bare.words(100), "");
    const auto many =
        parse("250-First line\r\n250-234 Text beginning with numbers\r\n250 The end\r\n");
    EXPECT_EQ(many.lines.size(), 3u);
    EXPECT_EQ(many.lines[1], "234 Text beginning with numbers");
}

TEST(ReplyParser, ReadsAReplyHoweverItIsCutAndLeavesTheNextOne)
{
    const std::string bytes = "550-5.1.1 No such\r\n550 5.1.1 user\r\n250 ok\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        ReplyParser parser;
        std::vector<RemoteReply> replies;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            parser.receive(std::string_view(bytes).substr(at, piece));
            for (auto reply = parser.next(); reply && *reply; reply = parser.next())
                replies.push_back(**reply);
        }
        ASSERT_EQ(replies.size(), 2u);
        EXPECT_EQ(replies[0].code, 550);
        EXPECT_EQ(replies[0].enhanced, (EnhancedCode{5, 1, 1}));
        EXPECT_EQ(replies[0].words(100), "No such user");
        EXPECT_EQ(replies[1].code, 250);
        EXPECT_TRUE(parser.empty());
    }
}

TEST(ReplyParser, IsEmptyOnlyWhenEveryByteWasUsed)
{
    ReplyParser parser;
    EXPECT_TRUE(parser.empty());
    parser.receive("220 go\r\n2");
    ASSERT_TRUE(parser.next());
    EXPECT_FALSE(parser.empty());
    EXPECT_TRUE(parser.next());
    EXPECT_FALSE(parser.empty());
}

TEST(ReplyParser, TakesAnEnhancedCodeOnlyIfItIsOneAndOfTheSameClass)
{
    EXPECT_EQ(parse("550 5.7.1 no\r\n").enhanced, (EnhancedCode{5, 7, 1}));
    EXPECT_EQ(parse("550 5.7.509\r\n").enhanced, (EnhancedCode{5, 7, 509}));
    for (const char* none :
         {"550 4.7.1 no\r\n", "550 5.7 no\r\n", "550 5.7.1no\r\n", "550 5..1 no\r\n",
          "550 5.7.1000 no\r\n", "550 x\r\n", "550 6.1.1 x\r\n", "354 3.0.0 x\r\n"})
        EXPECT_FALSE(parse(none).enhanced) << none;
    EXPECT_EQ(parse("550 4.7.1 no\r\n").words(100), "4.7.1 no") << "then it is text like any other";
}

TEST(ReplyParser, ForgivesALoneLineFeed)
{
    EXPECT_EQ(parse("250-a\n250 b\n").words(100), "a b");
}

TEST(ReplyParser, RefusesWhatIsNoReply)
{
    for (const char* garbage :
         {"\r\n", "25\r\n", "HTTP/1.1 400 Bad Request\r\n", "150 x\r\n", "650 x\r\n", "2500 x\r\n",
          "250x\r\n", "250\tx\r\n", "2a0 x\r\n", " 250 x\r\n", "-50 x\r\n"})
        EXPECT_EQ(fault(garbage), ReplyFault::not_a_reply) << garbage;
}

TEST(ReplyParser, RefusesLinesOfDifferentClassesAndBelievesTheLastWithinOne)
{
    EXPECT_EQ(fault("250-a\r\n550 b\r\n"), ReplyFault::mismatched_codes);
    EXPECT_EQ(parse("550-a\r\n554 b\r\n").code, 554);
}

TEST(ReplyParser, StaysFaulty)
{
    ReplyParser parser;
    parser.receive("x\r\n250 ok\r\n");
    EXPECT_FALSE(parser.next());
    EXPECT_FALSE(parser.next());
}

TEST(ReplyParser, DropsTheRestOfALongLine)
{
    const auto reply = parse("250 " + std::string(5000, 'x') + "\r\n");
    EXPECT_EQ(reply.lines[0].size(), ReplyLimits{}.line_bytes - 4);
}

TEST(ReplyParser, StopsListeningToALineWithoutEnd)
{
    const ReplyLimits limits{.line_bytes = 10, .dropped_bytes = 100};
    EXPECT_EQ(fault("250 " + std::string(96, 'x'), limits), std::nullopt);
    EXPECT_EQ(fault("250 " + std::string(97, 'x'), limits), ReplyFault::too_long);
}

TEST(ReplyParser, StopsListeningToAReplyWithoutEnd)
{
    const ReplyLimits limits{.lines = 3};
    EXPECT_EQ(fault("250-a\r\n250-b\r\n250 c\r\n", limits), std::nullopt);
    EXPECT_EQ(fault("250-a\r\n250-b\r\n250-c\r\n250 d\r\n", limits), ReplyFault::too_long);
}

TEST(ReplyParser, MakesWordsPrintableAndCutsThemBetweenCharacters)
{
    EXPECT_EQ(parse("550 a\x01\xff\x1b[0m\r\n").words(100), "a???[0m");
    EXPECT_EQ(parse("550 \xc3\xa9\xc3\xa9\r\n").words(3), "\xc3\xa9");
}

} // namespace
} // namespace posthouse::smtp
