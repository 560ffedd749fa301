// SPDX-License-Identifier: Apache-2.0
#include "net/ident.hpp"

#include <gtest/gtest.h>

namespace posthouse::net {
namespace {

constexpr IdentPorts ports{.theirs = 6193, .ours = 23};

TEST(Ident, AsksAboutAConnection)
{
    EXPECT_EQ(ident_question(ports), "6193, 23\r\n");
}

TEST(Ident, ReadsTheAnswersOfTheStandard)
{
    EXPECT_EQ(ident_user("6193, 23 : USERID : UNIX :stjohns", ports), "stjohns");
    EXPECT_EQ(ident_user("6193,23:USERID:OTHER:TCPU1:x", ports), "TCPU1:x");
    EXPECT_EQ(ident_user(" 6193 , 23 : userid : UNIX , US-ASCII : a b ", ports), "a b");
}

TEST(Ident, TakesNoOtherAnswer)
{
    for (const auto* answer : {"", "6193, 23 : ERROR : NO-USER", "6193, 24 : USERID : UNIX : x",
                               "1, 23 : USERID : UNIX : x", "6193, 23 : USERID : UNIX",
                               "6193, 23 : USERID : UNIX : ", "6193, 23 : USERID :: x", "x"})
        EXPECT_FALSE(ident_user(answer, ports)) << answer;
}

TEST(Ident, KeepsNoMoreThanAPrintableName)
{
    EXPECT_EQ(ident_user("6193, 23 : USERID : UNIX : a\x1b[2J\xc3\xbc", ports), "a?[2J??");
    EXPECT_EQ(ident_user("6193, 23 : USERID : UNIX : " + std::string(70, 'x'), ports)->size(),
              IdentLimits::user_bytes);
    EXPECT_FALSE(ident_user("6193, 23 : USERID : UNIX : " + std::string(1000, 'x'), ports));
}

} // namespace
} // namespace posthouse::net
