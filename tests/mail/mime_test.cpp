// SPDX-License-Identifier: Apache-2.0
#include "mail/mime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

/// Each part as "depth type/subtype [body]", leaves alone with their bodies.
std::vector<std::string> outline(std::string_view letter, const MimeLimits& limits = {})
{
    std::vector<std::string> lines;
    for (const auto& part : parse_mime(letter, limits).parts) {
        auto line = std::to_string(part.depth) + ' ' + part.type + '/' + part.subtype;
        if (part.kind == MimePart::Kind::leaf)
            line += " [" + std::string(part.body.of(letter)) + ']';
        lines.push_back(std::move(line));
    }
    return lines;
}

using ::testing::ElementsAre;

TEST(Mime, TakesALetterWithoutMimeForText)
{
    EXPECT_THAT(outline("Subject: x\r\n\r\nhello\r\n"), ElementsAre("0 text/plain [hello\r\n]"));
    EXPECT_THAT(outline(""), ElementsAre("0 text/plain []"));
    EXPECT_THAT(outline("no header at all"), ElementsAre("0 text/plain [no header at all]"));
}

TEST(Mime, CutsAMultipartAtItsDelimiters)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n"
                        "--b\r\n\r\none\r\n--b \t\r\nContent-Type: Text/HTML\r\n\r\ntwo\r\n\r\n"
                        "--b--\r\nepilogue\r\n--b\r\nno part\r\n"),
                ElementsAre("0 multipart/mixed", "1 text/plain [one]", "1 text/html [two\r\n]"));
}

TEST(Mime, ReadsALetterInALetter)
{
    EXPECT_THAT(outline("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n"
                        "Content-Type: text/x\n\nbody\n--b\nContent-Type: text/plain\n\nt\n--b--"),
                ElementsAre("0 multipart/digest", "1 message/rfc822", "2 text/x [body]",
                            "1 text/plain [t]"));
}

} // namespace
} // namespace posthouse::mail
