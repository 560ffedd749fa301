// SPDX-License-Identifier: Apache-2.0
#include "milter/verdict.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::milter {
namespace {

using Lines = std::vector<std::string>;

TEST(MilterReply, IsTakenAsTheFilterSaysIt)
{
    const auto one = read_reply(std::string_view("550 5.7.1 No spam here\0", 23), {});
    ASSERT_TRUE(one);
    EXPECT_EQ(*one, (Verdict{Ruling::refuse, 550, Lines{"5.7.1 No spam here"}}));
    const auto two = read_reply("451-4.7.1 Greylisted\r\n451 4.7.1 come back\r\n", {});
    ASSERT_TRUE(two);
    EXPECT_EQ(two->code, 451);
    EXPECT_EQ(two->lines, (Lines{"4.7.1 Greylisted", "4.7.1 come back"}));
}

TEST(MilterReply, GetsAnEnhancedStatusWhereItHasNoneOrAnother)
{
    EXPECT_EQ(read_reply("554 Go away", {})->lines, Lines{"5.7.1 Go away"});
    EXPECT_EQ(read_reply("450 5.7.1 Later", {})->lines, Lines{"4.7.1 5.7.1 Later"});
    EXPECT_EQ(read_reply("421", {})->lines, Lines{"4.7.1 "});
}

TEST(MilterReply, LosesTheDoublingOfPercentSigns)
{
    EXPECT_EQ(read_reply("550 5.7.1 100%% sure, 5% off", {})->lines,
              Lines{"5.7.1 100% sure, 5% off"});
}

TEST(MilterReply, ThatIsNoRefusalIsAFault)
{
    for (const auto* text : {"", "\r\n", "250 ok", "354 go", "600 x", "55", "5500 x", "550x", "abc",
                             "550 a\r\n250 b", "550 a\n551 b", "550 a\r\n\r\n550 b"})
        EXPECT_FALSE(read_reply(text, {})) << text;
}

TEST(MilterReply, CannotBreakOutOfItsLine)
{
    const auto verdict = read_reply("550 5.7.1 a\rb\x01\x7f"
                                    "c\r\r\n550 \x1b[1m",
                                    {});
    ASSERT_TRUE(verdict);
    for (const auto& line : verdict->lines)
        for (const char c : line)
            EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
}

TEST(MilterReply, HasALimit)
{
    Limits limits;
    limits.reply_lines = 3;
    EXPECT_TRUE(read_reply("550 a\n550 b\n550 c", limits));
    EXPECT_FALSE(read_reply("550 a\n550 b\n550 c\n550 d", limits));
    limits.reply_bytes = 40;
    EXPECT_TRUE(read_reply("550 " + std::string(36, 'x'), limits));
    EXPECT_FALSE(read_reply("550 " + std::string(37, 'x'), limits));
}

RC_GTEST_PROP(MilterReply, IsPrintableWhateverItIs, ())
{
    const auto text = "550 " + *rc::gen::arbitrary<std::string>();
    const auto verdict = read_reply(text, {});
    if (!verdict)
        return;
    RC_ASSERT(verdict->code == 550);
    for (const auto& line : verdict->lines)
        for (const char c : line)
            RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

} // namespace
} // namespace posthouse::milter
