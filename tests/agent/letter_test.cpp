// SPDX-License-Identifier: Apache-2.0
#include "agent/letter.hpp"

#include "tests/agent/rig.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

std::string local_lines(std::string_view text, std::size_t piece)
{
    LocalLines lines;
    std::string made;
    for (std::size_t at = 0; at < text.size(); at += piece)
        lines.append(text.substr(at, piece), made);
    lines.finish(made);
    return made;
}

TEST(LocalLines, LoseTheirReturnsHoweverTheyAreCut)
{
    for (std::size_t piece = 1; piece < 8; ++piece) {
        EXPECT_EQ(local_lines("a\r\n\r\nb\r\n", piece), "a\n\nb\n");
        EXPECT_EQ(local_lines("a\rb\r\r\nc\n\r", piece), "a\rb\r\nc\n\r");
    }
}

TEST(LocalLines, ChangeNothingElse)
{
    rc::check([] {
        const auto text =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\r\na")));
        auto expected = text;
        for (auto at = expected.find("\r\n"); at != std::string::npos;
             at = expected.find("\r\n", at))
            expected.erase(at++, 1);
        RC_ASSERT(local_lines(text, *rc::gen::inRange<std::size_t>(1, 5)) == expected);
    });
}

TEST(LetterFile, CannotBeChangedOnceItIsFinished)
{
    const auto letter = testing::letter_file("one\r\ntwo\r\n");
    EXPECT_EQ(letter.bytes(), 8u);
    EXPECT_LT(::write(letter.fd(), "x", 1), 0);
    EXPECT_NE(::ftruncate(letter.fd(), 0), 0);
    std::string text;
    ASSERT_TRUE(read_pieces(letter.fd(), [&](std::string_view piece) -> std::expected<void, int> {
        text += piece;
        return {};
    }));
    EXPECT_EQ(text, "one\ntwo\n");
}

TEST(FromLine, NamesSenderAndTime)
{
    const auto at = from_microseconds(1'795'317'605'000'000);
    EXPECT_EQ(from_line("a@b.example", at), "From a@b.example Sun Nov 22 03:20:05 2026\n");
    EXPECT_EQ(from_line("", at), "From MAILER-DAEMON Sun Nov 22 03:20:05 2026\n");
    EXPECT_EQ(from_line("\"a b\"@c.example", at),
              "From \"a-b\"@c.example Sun Nov 22 03:20:05 2026\n");
}

} // namespace
} // namespace posthouse::agent
