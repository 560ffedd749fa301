// SPDX-License-Identifier: Apache-2.0
#include "pop3/multiline.hpp"

#include "tests/pop3/rehearsal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::pop3 {
namespace {

std::string response(std::string_view text, std::size_t piece)
{
    std::string out = "+OK\r\n";
    Stuffing stuffing;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        stuffing.write(text.substr(0, piece), out);
    stuffing.finish(out);
    return out;
}

/// Lines in CR LF of few characters, so that those that matter come often.
rc::Gen<std::string> message()
{
    const auto line = rc::gen::container<std::string>(rc::gen::element('.', 'a', '\r', 'b'));
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(line), [](const auto& lines) {
        std::string text;
        for (const auto& l : lines)
            text += l + "\r\n";
        return text;
    });
}

TEST(Stuffing, IsUndoneByAClient)
{
    EXPECT_TRUE(rc::check([] {
        const auto text = *message();
        const auto piece = *rc::gen::inRange<std::size_t>(1, 10);
        const auto said = response(text, piece);
        std::string_view rest = said;
        const auto read = read_multiline(rest);
        RC_ASSERT(read.has_value());
        RC_ASSERT(rest.empty());
        // A CR before a line's end is the line's own: what a client cuts at the first CR LF agrees.
        RC_ASSERT(*read == text);
    }));
}

TEST(Stuffing, EndsEveryMessageOnALineOfItsOwn)
{
    for (const auto* text : {"x", "x\r", "x\n", "x\r\n", "\r", "\n", ".", "x\r\n."})
        for (std::size_t piece = 1; piece < 4; ++piece)
            EXPECT_TRUE(response(text, piece).ends_with("\r\n.\r\n")) << text;
    EXPECT_EQ(response("", 1), "+OK\r\n.\r\n");
    EXPECT_EQ(response("x\r\n", 1), "+OK\r\nx\r\n.\r\n"); // No line more than it has.
}

TEST(Stuffing, LetsNoBareNewlineEndTheResponse)
{
    EXPECT_EQ(response("a\n.\n+OK 666", 100), "+OK\r\na\n..\n+OK 666\r\n.\r\n");
    EXPECT_EQ(response("a\n.\r\n", 2), "+OK\r\na\n..\r\n.\r\n");
}

} // namespace
} // namespace posthouse::pop3
