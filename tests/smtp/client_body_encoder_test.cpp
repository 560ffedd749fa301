// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_body_encoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace posthouse::smtp {
namespace {

std::string encoded(std::string_view bytes, std::size_t piece = std::string_view::npos)
{
    ClientBodyEncoder encoder;
    std::string to;
    while (!bytes.empty()) {
        encoder.encode(bytes.substr(0, piece), to);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    encoder.finish(to);
    return to;
}

/// The same, byte by byte and without wit.
std::string model(std::string_view bytes)
{
    std::string to;
    bool line_start = true;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool last = i + 1 == bytes.size();
        if (bytes[i] == '.' && line_start)
            to += '.';
        line_start = false;
        if (bytes[i] == '\n' || (bytes[i] == '\r' && (last || bytes[i + 1] == '\n'))) {
            i += bytes[i] == '\r' ? 1 : 0;
            to += "\r\n";
            line_start = true;
        } else {
            to += bytes[i] == '\r' ? ' ' : bytes[i];
        }
    }
    return to + (line_start ? ".\r\n" : "\r\n.\r\n");
}

TEST(ClientBodyEncoder, StuffsDotsAtTheBeginningsOfLinesOnly)
{
    EXPECT_EQ(encoded(".\r\n..\r\na.b\r\n.c\r\n"), "..\r\n...\r\na.b\r\n..c\r\n.\r\n");
}

TEST(ClientBodyEncoder, EndsTheLastLine)
{
    EXPECT_EQ(encoded(""), ".\r\n");
    EXPECT_EQ(encoded("a"), "a\r\n.\r\n");
    EXPECT_EQ(encoded("a\r"), "a\r\n.\r\n");
    EXPECT_EQ(encoded("a\r\n"), "a\r\n.\r\n");
}

TEST(ClientBodyEncoder, LetsNoOddLineEndOut)
{
    EXPECT_EQ(encoded("a\n.\nb\r.\r\r\nc"), "a\r\n..\r\nb . \r\nc\r\n.\r\n");
}

TEST(ClientBodyEncoder, IsAsNewAfterTheEnd)
{
    ClientBodyEncoder encoder;
    std::string to;
    encoder.encode("a\r", to);
    encoder.finish(to);
    to.clear();
    encoder.encode(".", to);
    EXPECT_EQ(to, "..");
}

RC_GTEST_PROP(ClientBodyEncoder, DoesAsItsModelDoesHoweverTheLetterIsCut, ())
{
    const auto bytes =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\r\n..ab")));
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    RC_ASSERT(encoded(bytes, piece) == model(bytes));
}

} // namespace
} // namespace posthouse::smtp
