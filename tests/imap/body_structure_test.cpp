// SPDX-License-Identifier: Apache-2.0
#include "imap/body_structure.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

std::string extended(std::string_view letter, const mail::MimeLimits& limits = {})
{
    return body_structure_text(mail::parse_mime(letter, limits), letter, BodyForm::extended);
}
std::string plain(std::string_view letter)
{
    return body_structure_text(mail::parse_mime(letter), letter, BodyForm::plain);
}

TEST(BodyStructure, OfALetterWithoutMimeIsText)
{
    EXPECT_EQ(plain("Subject: x\r\n\r\na\r\nb\r\n"),
              R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2))");
    EXPECT_EQ(extended(""),
              R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))");
}

// Made after RFC 9051 §7.5.2's example of a text with an attachment.
TEST(BodyStructure, OfAMultipartHasItsPartsFirst)
{
    const std::string_view letter =
        "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n"
        "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\nhello\r\nyou\r\n--b\r\n"
        "Content-Type: text/plain; name=\"cc.diff\"; charset=us-ascii\r\n"
        "Content-ID: <960723163407.20117h@cac.washington.edu>\r\n"
        "Content-Description: Compiler diff\r\nContent-Transfer-Encoding: BASE64\r\n"
        "Content-Disposition: attachment; filename=cc.diff\r\nContent-Language: en, de\r\n"
        "Content-Location: x\r\nContent-MD5: y\r\n\r\nZm9v\r\n\r\n--b--\r\n";
    EXPECT_EQ(
        plain(letter),
        R"((("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 10 1))"
        R"(("text" "plain" ("name" "cc.diff" "charset" "us-ascii") )"
        R"("<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 6 1) "mixed"))");
    EXPECT_EQ(extended(letter),
              R"((("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 10 1 NIL NIL NIL NIL))"
              R"(("text" "plain" ("name" "cc.diff" "charset" "us-ascii") )"
              R"("<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 6 1 )"
              R"("y" ("attachment" ("filename" "cc.diff")) ("en" "de") "x") )"
              R"("mixed" ("boundary" "b") NIL NIL NIL))");
}

TEST(BodyStructure, OfALetterInALetterHasItsEnvelopeAndStructure)
{
    EXPECT_EQ(plain("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\ny\r\n"),
              R"(("message" "rfc822" NIL NIL NIL "7bit" 21 )"
              R"((NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) )"
              R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2) 4))");
    EXPECT_EQ(extended("Content-Type: message/rfc822\r\n\r\n"),
              R"(("message" "rfc822" NIL NIL NIL "7bit" 0 )"
              R"((NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) )"
              R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) )"
              R"(0 NIL NIL NIL NIL))");
}

TEST(BodyStructure, OfAMultipartWithoutPartsHasAnEmptyText)
{
    EXPECT_EQ(plain("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n"),
              R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed"))");
    EXPECT_EQ(extended("Content-Type: multipart/x; boundary=b\r\n\r\n"),
              R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) )"
              R"("x" ("boundary" "b") NIL NIL NIL))");
}

TEST(BodyStructure, LeavesParametersEncodedAsTheyAre)
{
    EXPECT_EQ(
        plain("Content-Type: application/x;\r\n name*0*=utf-8''%e4;\r\n name*1=\"b c\"\r\n\r\n"),
        R"(("application" "x" ("name*" "utf-8''%e4b%20c") NIL NIL "7bit" 0))");
    EXPECT_EQ(
        plain("Content-Type: text/x; a=\xff\r\nContent-Description: \xe9\r\n\r\n"),
        "(\"text\" \"x\" (\"a\" {1}\r\n\xff \"charset\" \"us-ascii\") NIL {1}\r\n\xe9 \"7bit\""
        " 0 0)");
}

TEST(BodyStructure, HidesWhatWasNotLookedInto)
{
    EXPECT_EQ(extended("Content-Type: message/rfc822; x=y\r\n\r\nA: b\r\n", {.depth = 1}),
              R"(("application" "octet-stream" NIL NIL NIL "7bit" 6 NIL NIL NIL NIL))");
}

} // namespace
} // namespace posthouse::imap
