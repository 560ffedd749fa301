// SPDX-License-Identifier: Apache-2.0
#include "mail/mime_contents.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

std::string preview_of(const std::string& letter, const PreviewLimits& limits = {})
{
    return preview(parse_mime(letter), letter, limits);
}
bool attached(const std::string& letter)
{
    return has_attachment(parse_mime(letter));
}

TEST(MimeContents, PreviewTheBeginningOfTheText)
{
    EXPECT_EQ(preview_of("Subject: x\n\n\n  Dear  Bob,\n\nhow are\tyou?\n"),
              "Dear Bob, how are you?");
    EXPECT_EQ(preview_of("A: b\n\n> quoted\n>> more\nYes.\n> x\n"), "Yes.");
    EXPECT_EQ(preview_of("A: b\n\n> quoted\n"), "> quoted");
    EXPECT_EQ(
        preview_of("Content-Type: text/html; charset=gb2312\n\n<p>\xd6\xd0&nbsp;<b>\xce\xc4</b>"),
        "中 文");
    EXPECT_EQ(preview_of("Content-Transfer-Encoding: base64\n\n5Lit5paH"), "中文");
    EXPECT_EQ(preview_of("Content-Type: image/png\n\nx"), "");
    EXPECT_EQ(preview_of(""), "");
}

TEST(MimeContents, PreviewTheFirstPartThatSaysSomething)
{
    const std::string front = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
    EXPECT_EQ(preview_of(front + "\n\n\n--b\nContent-Type: text/html\n\n<p>Hi\n--b--"), "Hi");
    EXPECT_EQ(preview_of(front + "Content-Disposition: attachment\n\nfile\n--b\n\ntext\n--b--"),
              "text");
    EXPECT_EQ(preview_of(front + "Content-Type: message/rfc822\n\nSubject: x\n\ninside\n--b--"),
              "inside");
}

TEST(MimeContents, PreviewNoMoreThanIsAllowed)
{
    std::string letter = "Content-Type: text/plain; charset=utf-8\n\n";
    for (int i = 0; i < 1000; ++i)
        letter += "中";
    EXPECT_EQ(preview_of(letter).size(), 255U);
    EXPECT_EQ(preview_of(letter, {.characters = 200, .bytes = 10000}).size(), 600U);
    EXPECT_EQ(preview_of("A: b\n\n" + std::string(1000, 'x')).size(), 200U);
}

TEST(MimeContents, KnowWhatIsAnAttachment)
{
    EXPECT_FALSE(attached("Subject: x\n\ntext"));
    EXPECT_TRUE(attached("Content-Type: application/pdf; name=a.pdf\n\nx"));
    EXPECT_TRUE(attached("Content-Disposition: attachment\n\nx"));
    EXPECT_TRUE(attached("Content-Type: message/rfc822\n\nA: b\n\nx"));
    const auto in = [](const std::string& kind, const std::string& header) {
        return "Content-Type: multipart/" + kind + "; boundary=b\n\n--b\n\ntext\n--b\n" + header +
               "\n\nx\n--b--";
    };
    EXPECT_FALSE(attached(in("related", "Content-Type: image/png; name=a.png\nContent-ID: <x>")));
    EXPECT_TRUE(attached(in("mixed", "Content-Type: image/png; name=a.png\nContent-ID: <x>")));
    EXPECT_FALSE(attached(in("signed", "Content-Type: application/pgp-signature; name=s.asc")));
    EXPECT_FALSE(attached(in("alternative", "Content-Type: text/html")));
}

} // namespace
} // namespace posthouse::mail
