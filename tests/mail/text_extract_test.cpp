// SPDX-License-Identifier: Apache-2.0
#include "mail/text_extract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

using ::testing::ElementsAre;
using Wanted = TextRequest::Wanted;

/// "field: text" or "part: text"
std::vector<std::string> pieces(const std::string& letter, const TextRequest& request,
                                bool* whole = nullptr)
{
    std::vector<std::string> found;
    const bool all = extract_text(letter, parse_mime(letter), request, [&](const TextPiece& piece) {
        const auto where = piece.where == TextPiece::Where::header ? std::string(piece.field)
                                                                   : std::to_string(piece.part);
        found.push_back(where + ": " + std::string(piece.text));
        return Go::on;
    });
    if (whole != nullptr)
        *whole = all;
    return found;
}

const std::string letter =
    "Subject: =?utf-8?B?5Lit5paH?=\r\n x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "preamble\r\n--b\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n\xd6\xd0\xce\xc4\r\n"
    "--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<p>caf=C3=A9</p>\r\n--b\r\nContent-Type: image/png; name=\"a.png\"\r\n\r\npixels\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--b--\r\n";

TEST(TextExtract, GivesWhatTheLetterSays)
{
    bool whole = false;
    EXPECT_THAT(pieces(letter, {}, &whole),
                ElementsAre("Subject: 中文 x", "Content-Type: multipart/mixed; boundary=b",
                            "1: 中文", "2: café", "3: a.png", "Subject: inner", "5: inside"));
    EXPECT_TRUE(whole);
    EXPECT_THAT(pieces(letter, {.wanted = Wanted::body, .limits = {}}),
                ElementsAre("1: 中文", "2: café", "3: a.png", "5: inside"));
    EXPECT_THAT(pieces(letter, {.wanted = Wanted::header, .limits = {}}),
                ElementsAre("Subject: 中文 x", "Content-Type: multipart/mixed; boundary=b",
                            "Subject: inner"));
}

TEST(TextExtract, EndsWhenItsLimitsAreSpent)
{
    bool whole = true;
    TextRequest request{.wanted = Wanted::body, .limits = {.body_bytes = 10}};
    EXPECT_THAT(pieces(letter, request, &whole), ElementsAre("1: 中文", "2: caf"));
    EXPECT_FALSE(whole);
    request = {.wanted = Wanted::header, .limits = {.header_bytes = 10}};
    EXPECT_THAT(pieces(letter, request, &whole), ElementsAre("Subject: 中文 x"));
    EXPECT_FALSE(whole);
}

TEST(TextExtract, EndsWhenItsCallerHasEnough)
{
    int calls = 0;
    EXPECT_FALSE(extract_text(letter, parse_mime(letter), {}, [&](const TextPiece&) {
        return ++calls == 2 ? Go::no_further : Go::on;
    }));
    EXPECT_EQ(calls, 2);
}

TEST(TextExtract, GivesLongPartsInPiecesOfWholeCharacters)
{
    std::string long_letter = "Content-Type: text/plain; charset=utf-8\n\n";
    std::string body;
    for (int i = 0; i < 1000; ++i)
        body += "中文";
    std::string joined;
    const TextRequest request{.wanted = Wanted::body, .limits = {.piece_bytes = 100}};
    long_letter += body;
    EXPECT_TRUE(
        extract_text(long_letter, parse_mime(long_letter), request, [&](const TextPiece& p) {
            EXPECT_EQ(p.text.size() % 3, 0U);
            joined += p.text;
            return Go::on;
        }));
    EXPECT_EQ(joined, body);
}

} // namespace
} // namespace posthouse::mail
