// SPDX-License-Identifier: Apache-2.0
#include "mail/mime.hpp"

#include "mail/header_block.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

/// Each part as "depth type/subtype [body]"; bodies of leaves alone.
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
    EXPECT_THAT(outline("\r\n"), ElementsAre("0 text/plain []"));
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
    EXPECT_THAT(
        outline("Content-Type: message/rfc822\n\nContent-Type: message/global\n\na: b\n\nc"),
        ElementsAre("0 message/rfc822", "1 message/global", "2 text/plain [c]"));
}

TEST(Mime, EndsAPartWhereAnEnclosingMultipartGoesOn)
{
    // The inner one is never closed; its last part's line end is the outer delimiter's.
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=out\n\n--out\n"
                        "Content-Type: multipart/mixed; boundary=in\n\n--in\n\na\n--out\n\nb\n"
                        "--in\nstill b\n--out--\n"),
                ElementsAre("0 multipart/mixed", "1 multipart/mixed", "2 text/plain [a]",
                            "1 text/plain [b\n--in\nstill b]"));
}

TEST(Mime, TakesWhatNeverEndsToTheEndOfTheLetter)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n"),
                ElementsAre("0 multipart/mixed", "1 text/plain [one\r\n]"));
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing"),
                ElementsAre("0 multipart/mixed"));
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b"),
                ElementsAre("0 multipart/mixed", "1 text/plain []", "1 text/plain []"));
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b"),
                ElementsAre("0 multipart/mixed", "1 text/plain []"));
}

TEST(Mime, TellsBoundariesFromLongerOnes)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                        "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nx\n--bb--\n--b\n\n"
                        "--bc\n--b-\n-- b\ny\n--b--\n"),
                ElementsAre("0 multipart/mixed", "1 multipart/mixed", "2 text/plain [x]",
                            "1 text/plain [--bc\n--b-\n-- b\ny]"));
}

TEST(Mime, LetsTheInnermostHaveABoundaryThatTwoHave)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n"),
                ElementsAre("0 multipart/mixed", "1 multipart/mixed", "2 text/plain [x]",
                            "1 text/plain [y\n]"));
}

TEST(Mime, FindsNoPartBetweenDelimitersOneBehindTheOther)
{
    EXPECT_THAT(outline("Content-Type: multipart/digest; boundary=b\n\n--b\n--b\nA: b\n\nx\n--b\n"
                        "--b--\n--b\n"),
                ElementsAre("0 multipart/digest", "1 message/rfc822", "2 text/plain [x]"));
}

TEST(Mime, ReadsABoundaryThatIsEncoded)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary*=us-ascii''a%20b\n\n--a b\n\nx\n"
                        "--a b--"),
                ElementsAre("0 multipart/mixed", "1 text/plain [x]"));
}

TEST(Mime, NeedsNoBlankLineBehindAPartsHeader)
{
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/x\n"
                        "--b\nContent-Type: text/y\nno field\n--b--\n"),
                ElementsAre("0 multipart/mixed", "1 text/x []", "1 text/y [no field]"));
    const std::string inside = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n--b--";
    const auto tree = parse_mime(inside);
    ASSERT_EQ(tree.parts.size(), 3U);
    EXPECT_EQ(tree.parts[1].body.of(inside), "A: b\n"); // The line end is the inner header's.
    EXPECT_EQ(tree.parts[1].lines, 1U);
    // Even where the delimiter looks like a field.
    EXPECT_THAT(outline("Content-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\nX: y\n--a:b\n\n"
                        "z\n--a:b--\n"),
                ElementsAre("0 multipart/mixed", "1 text/plain []", "1 text/plain [z]"));
}

TEST(Mime, TakesSenselessTypesForText)
{
    for (const char* type : {"foo", "", "/plain", "text/", ";charset=x", "multipart/mixed",
                             "multipart/mixed; boundary=\"\""})
        EXPECT_THAT(outline("Content-Type: " + std::string(type) + "\n\nbody"),
                    ElementsAre("0 text/plain [body]"))
            << type;
    EXPECT_THAT(outline("Content-Type: TEXT/Html (comment; x) charset=y\n\nb"),
                ElementsAre("0 text/html [b]"));
    EXPECT_THAT(outline("Content-Type: multipart; boundary=b\n\n--b\n\nx\n--b--"),
                ElementsAre("0 multipart/mixed", "1 text/plain [x]"));
}

TEST(Mime, LooksIntoNoLetterThatIsEncoded)
{
    EXPECT_THAT(outline("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nYTog"),
                ElementsAre("0 application/octet-stream [YTog]"));
}

TEST(Mime, ReadsAPartsFields)
{
    const std::string letter = "Content-Type: image/png;\r\n name=\"a b.png\"\r\n"
                               "Content-Transfer-Encoding: BASE64\r\n"
                               "Content-ID:  <x@y> \r\nContent-Description: a\r\n  picture\r\n"
                               "Content-MD5: Q2hlY2s=\r\nContent-Language: de, (x) en-GB\r\n"
                               "Content-Location: http://example.net/a\r\n"
                               "Content-Disposition: Attachment; filename=c.png; size=5\r\n"
                               "Content-Type: text/plain\r\n\r\nZm9v\r\nYmFy\r\n";
    const auto tree = parse_mime(letter);
    const auto& part = tree.parts.at(0);
    EXPECT_TRUE(part.is("image", "png"));
    EXPECT_EQ(part.parameters, (ParameterList{{"name", "a b.png"}}));
    EXPECT_EQ(part.transfer_encoding, "BASE64");
    EXPECT_EQ(part.encoding, TransferEncoding::base64);
    EXPECT_EQ(part.content_id, "<x@y>");
    EXPECT_EQ(part.description, "a  picture");
    EXPECT_EQ(part.md5, "Q2hlY2s=");
    EXPECT_THAT(part.languages, ElementsAre("de", "en-GB"));
    EXPECT_EQ(part.location, "http://example.net/a");
    EXPECT_EQ(part.disposition, "attachment");
    EXPECT_EQ(part.disposition_parameters, (ParameterList{{"filename", "c.png"}, {"size", "5"}}));
    EXPECT_EQ(file_name(part), "c.png");
    EXPECT_EQ(part.lines, 2U);
    EXPECT_EQ(decoded_body(part, letter, 100), "foobar");
    EXPECT_EQ(decoded_body(part, letter, 4), "foob");
    EXPECT_FALSE(tree.truncated);
}

std::string nested(std::size_t depth, const std::string& type)
{
    std::string letter;
    for (std::size_t i = 0; i < depth; ++i) {
        const auto boundary = "b" + std::to_string(i);
        letter += type == "message/rfc822" ? "Content-Type: message/rfc822\r\n\r\n"
                                           : "Content-Type: multipart/mixed; boundary=" + boundary +
                                                 "\r\n\r\n--" + boundary + "\r\n";
    }
    return letter + "\r\ndeep";
}

TEST(Mime, KeepsPartsClosedThatAreTooDeep)
{
    for (const std::string type : {"message/rfc822", "multipart/mixed"}) {
        const auto letter = nested(1000, type);
        const auto tree = parse_mime(letter, {.depth = 10});
        EXPECT_TRUE(tree.truncated);
        EXPECT_EQ(tree.parts.size(), 10U);
        EXPECT_TRUE(tree.parts.back().is("application", "octet-stream"));
        EXPECT_TRUE(tree.parts.back().closed);
        EXPECT_EQ(tree.parts.back().body.end(), letter.size());
        EXPECT_FALSE(parse_mime(nested(8, type), {.depth = 10}).truncated);
    }
}

TEST(Mime, LeavesOutPartsThatAreTooMany)
{
    std::string letter = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 100; ++i)
        letter += "--b\r\n\r\npart\r\n";
    letter += "--b--\r\nepilogue";
    const auto tree = parse_mime(letter, {.parts = 10});
    EXPECT_TRUE(tree.truncated);
    EXPECT_EQ(tree.parts.size(), 10U);
    EXPECT_EQ(tree.parts.back().body.of(letter), "part");
    EXPECT_EQ(tree.parts.front().body.end(), letter.size());
    EXPECT_FALSE(parse_mime(letter, {.parts = 101}).truncated);
}

TEST(Mime, ReadsNoMoreHeaderThanItMay)
{
    std::string letter = "Content-Type: multipart/mixed; boundary=b\r\n";
    for (int i = 0; i < 100; ++i)
        letter += "X: y\r\n";
    letter += "\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--\r\n";
    EXPECT_TRUE(parse_mime(letter, {.header_bytes = 200}).truncated);
    EXPECT_TRUE(parse_mime(letter, {.fields = 50}).truncated);
    const auto tree = parse_mime(letter, {.all_header_bytes = 645});
    EXPECT_TRUE(tree.truncated);
    ASSERT_EQ(tree.parts.size(), 2U);
    EXPECT_TRUE(tree.parts[1].closed);
    EXPECT_FALSE(parse_mime(letter).truncated);
}

TEST(Mime, KeepsEachFieldsTextAndParametersWithinLimits)
{
    const std::string long_text(10000, 'x');
    std::string letter = "Content-Description: " + long_text + "\nContent-Language: a";
    for (int i = 0; i < 100; ++i)
        letter += ", l" + std::to_string(i);
    letter += "\nContent-Type: text/x; long=" + long_text;
    for (int i = 0; i < 100; ++i)
        letter += "; p" + std::to_string(i) + "=1";
    letter += "\n\n";
    const auto tree = parse_mime(
        letter,
        {.languages = 5, .value_bytes = 100, .parameters = {.count = 7, .value_bytes = 200}});
    EXPECT_EQ(tree.parts[0].description.size(), 100U);
    EXPECT_EQ(tree.parts[0].languages.size(), 5U);
    EXPECT_EQ(tree.parts[0].parameters.size(), 7U);
    EXPECT_EQ(tree.parts[0].parameters[0].value.size(), 200U);
}

TEST(Mime, TakesLinearTimeForHostileLetters)
{
    // Each would take minutes if anything were looked at again for each part or line.
    std::vector<std::string> letters{nested(20000, "multipart/mixed"),
                                     nested(20000, "message/rfc822")};
    std::string many = "Content-Type: multipart/mixed; boundary=b\n\n";
    while (many.size() < 4'000'000)
        many += "--b\n";
    letters.push_back(many);
    std::string same;
    for (int i = 0; i < 40; ++i)
        same += "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
    same += '\n';
    while (same.size() < 4'000'000)
        same += "--b" + std::string(50000, ' ') + "x\n--\n";
    letters.push_back(same);
    letters.push_back("Content-Type: text/x" + std::string(4'000'000, ';') + "\n\n");
    letters.push_back("Content-Type: text/x; a=" + std::string(4'000'000, '(') + "\n\n");
    const auto began = std::chrono::steady_clock::now();
    for (const auto& letter : letters)
        EXPECT_FALSE(parse_mime(letter).parts.empty());
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

rc::Gen<std::string> hostile_letter()
{
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
            "Content-Type: multipart/mixed; boundary=a\r\n", "--a\r\n", "--a--\r\n", "--b\n",
            "Content-Type: multipart/digest; boundary=b\n", "\r\n", "\n", "text", "--b--", "--",
            "Content-Type: message/rfc822\r\n", " folded\r\n", "X: y\n", "\r", ":", "--a:b\r\n",
            "Content-Transfer-Encoding: base64\n", "Content-Type: text/html; charset=\"x"})),
        [](const std::vector<std::string>& pieces) {
            std::string letter;
            for (const auto& piece : pieces)
                letter += piece;
            return letter;
        });
}

TEST(Mime, KeepsPartsInsideTheirParentsAndApartFromEachOther)
{
    rc::check("ranges nest", [] {
        const auto letter = *hostile_letter();
        const auto tree = parse_mime(letter, {.depth = 6, .parts = 12});
        RC_ASSERT(!tree.parts.empty() && tree.parts.size() <= 12);
        for (std::size_t i = 0; i < tree.parts.size(); ++i) {
            const auto& part = tree.parts[i];
            RC_ASSERT(part.header.end() == part.body.offset);
            RC_ASSERT(part.body.end() <= letter.size());
            RC_ASSERT(part.end > i && part.end <= tree.parts.size());
            RC_ASSERT(part.depth < 6);
            RC_ASSERT(part.lines ==
                      static_cast<std::uint64_t>(std::ranges::count(part.body.of(letter), '\n')));
            std::uint64_t behind = part.body.offset;
            for (const auto child : tree.children(i)) {
                RC_ASSERT(tree.parts[child].parent == i);
                RC_ASSERT(tree.parts[child].header.offset >= behind);
                behind = tree.parts[child].body.end();
            }
            RC_ASSERT(behind <= part.body.end());
            RC_ASSERT(part.kind != MimePart::Kind::message || tree.children(i).size() == 1);
        }
        RC_ASSERT(tree.parts[0].end == tree.parts.size());
        RC_ASSERT(tree.parts[0].body.end() == letter.size());
    });
}

} // namespace
} // namespace posthouse::mail
