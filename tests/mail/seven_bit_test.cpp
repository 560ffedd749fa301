// SPDX-License-Identifier: Apache-2.0
// Conversion, and that everything decodes to what it was, by a decoder that shares no code with it.
#include "mail/seven_bit.hpp"

#include <algorithm>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string seven_bit(const std::string& letter)
{
    auto converted = encode_for(Demand::seven_bit, letter);
    EXPECT_TRUE(converted) << converted.error().text;
    return converted.value_or("");
}

bool is_seven_bit(const std::string& text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::size_t longest_line(const std::string& text)
{
    std::size_t longest = 0;
    std::size_t begin = 0;
    for (auto end = text.find("\r\n"); end != text.npos; end = text.find("\r\n", begin)) {
        longest = std::max(longest, end - begin);
        begin = end + 2;
    }
    return std::max(longest, text.size() - begin);
}

// ---- An independent decoder ------------------------------------------------------------------

std::string from_quoted_printable(std::string text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=')
            decoded += text[i];
        else if (text.compare(i, 3, "=\r\n") == 0)
            i += 2;
        else {
            decoded += static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
            i += 2;
        }
    }
    return decoded;
}

std::string from_base64(const std::string& text)
{
    const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string decoded;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto value = letters.find(c);
        if (value == letters.npos)
            continue;
        bits = bits << 6 | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            decoded += static_cast<char>(bits >> count & 0xff);
        }
    }
    return decoded;
}

struct Read {
    std::string header, body;
};

Read divide(const std::string& entity)
{
    if (entity.starts_with("\r\n"))
        return {"", entity.substr(2)};
    const auto at = entity.find("\r\n\r\n");
    return {entity.substr(0, at + 2), entity.substr(at + 4)};
}

std::string decoded(const Read& entity)
{
    if (entity.header.find("Content-Transfer-Encoding: base64\r\n") != std::string::npos)
        return from_base64(entity.body);
    if (entity.header.find("Content-Transfer-Encoding: quoted-printable\r\n") != std::string::npos)
        return from_quoted_printable(entity.body);
    return entity.body;
}

/// All leaves of a letter such as the tests make, decoded, in order.
std::vector<std::string> leaves_of(const std::string& text)
{
    const auto entity = divide(text);
    if (entity.header.find("Content-Type: message/rfc822") != std::string::npos)
        return leaves_of(entity.body);
    const std::string mark = "boundary=\"";
    const auto at = entity.header.find(mark);
    if (at == std::string::npos)
        return {decoded(entity)};
    const auto name = entity.header.substr(
        at + mark.size(), entity.header.find('"', at + mark.size()) - at - mark.size());
    std::vector<std::string> leaves;
    const auto delimiter = "\r\n--" + name;
    auto body = "\r\n" + entity.body;
    auto from = body.find(delimiter + "\r\n");
    while (from != body.npos && body.compare(from + delimiter.size(), 2, "--") != 0) {
        from += delimiter.size() + 2;
        const auto end =
            std::min(body.find(delimiter + "\r\n", from), body.find(delimiter + "--", from));
        std::ranges::move(leaves_of(body.substr(from, end - from)), std::back_inserter(leaves));
        from = end;
    }
    return leaves;
}

// ---- Single letters --------------------------------------------------------------------------

const std::string plain = "From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n";

TEST(SevenBit, LeavesAloneWhatIsFitAlready)
{
    for (const std::string& letter :
         {plain, std::string(), std::string("no header\r\n"), std::string("\r\n\r\n"),
          std::string(
              "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x--\r\n"),
          std::string("a: b\n\nbare\n"), std::string("A: b\r\n\r\nno end")})
        EXPECT_EQ(seven_bit(letter), letter);
}

TEST(SevenBit, MakesALetterWithoutMimeOneOfUnknownCharset) // RFC 1428 §3
{
    EXPECT_EQ(seven_bit("Subject: x\r\n\r\nGr\xfc\xdf"
                        "e \r\n--=\r\n"),
              "Subject: x\r\nMIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=unknown-8bit\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe=20\r\n--=3D\r\n");
}

TEST(SevenBit, KeepsTheTypeAndReplacesTheEncoding)
{
    EXPECT_EQ(seven_bit("Mime-Version: 1.0\r\ncontent-type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: 8bit\r\nSubject: x\r\n\r\nGr\xc3\xbc\xc3\x9f"
                        "e to you\r\n"),
              "Mime-Version: 1.0\r\ncontent-type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\nSubject: x\r\n\r\n"
              "Gr=C3=BC=C3=9Fe to you\r\n");
}

TEST(SevenBit, TakesBase64WhereMostIsNotAscii)
{
    const auto converted = seven_bit("Content-Type: text/plain; charset=utf-8\r\n\r\n"
                                     "\xe9\xa9\xbf\xe7\xab\x99\xe9\xa9\xbf\xe7\xab\x99\r\n");
    EXPECT_THAT(converted, HasSubstr("\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    EXPECT_EQ(decoded(divide(converted)), "\xe9\xa9\xbf\xe7\xab\x99\xe9\xa9\xbf\xe7\xab\x99\r\n");
}

TEST(SevenBit, ConvertsOnlyThePartsThatNeedIt)
{
    const std::string head = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n"
                             " boundary=\"b b\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    const std::string first = "pre\r\n--b b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b b \r\n";
    const std::string rest = "\r\n--b b--\r\nepilogue\r\n";
    const auto converted = seven_bit(head + first + "\r\nan \xe9 in a text of its own" + rest);
    EXPECT_THAT(converted, HasSubstr("Content-Transfer-Encoding: 7bit\r\n\r\n" + first));
    EXPECT_THAT(converted, testing::EndsWith(first +
                                             "Content-Type: text/plain; charset=unknown-8bit\r\n"
                                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                                             "an =E9 in a text of its own" +
                                             rest));
}

TEST(SevenBit, GoesIntoLettersWithinTheLetter) // RFC 2045 §6.4
{
    const auto converted = seven_bit("MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
                                     "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: inner\r\n\r\n"
                                     "one \xe9 of them\r\n");
    EXPECT_THAT(converted,
                testing::StartsWith("MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
                                    "Content-Transfer-Encoding: 7bit\r\n\r\n"
                                    "Subject: inner\r\nMIME-Version: 1.0\r\n"));
    EXPECT_TRUE(is_seven_bit(converted));
    EXPECT_EQ(leaves_of(converted), std::vector<std::string>{"one \xe9 of them\r\n"});
}

TEST(SevenBit, KnowsThatADigestHoldsLetters) // RFC 2046 §5.1.5
{
    const auto converted = seven_bit("MIME-Version: 1.0\r\nContent-Type: multipart/digest; "
                                     "boundary=x\r\n\r\n--x\r\n\r\nSubject: in\r\n\r\nan \xe9 here"
                                     "\r\n--x--\r\n");
    EXPECT_THAT(converted, HasSubstr("--x\r\n\r\nSubject: in\r\nMIME-Version: 1.0\r\n"));
}

TEST(SevenBit, DoesNotTouchWhatIsSigned)
{
    for (const std::string& kind : {"signed", "encrypted"}) {
        const auto head = "MIME-Version: 1.0\r\nContent-Type: multipart/" + kind +
                          "; boundary=x\r\n\r\n--x\r\n\r\n";
        const auto refused = encode_for(Demand::seven_bit, head + "\xe9\r\n--x--\r\n");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().status, "5.6.3");
        EXPECT_THAT(refused.error().text, HasSubstr("signed or encrypted"));
        const auto fit = head + std::string(2000, 'x') + "\r\n--x--\r\n";
        EXPECT_EQ(encode_for(Demand::seven_bit, fit), fit);
        EXPECT_EQ(encode_for(Demand::short_lines, head + "\xe9" + std::string(2000, 'x')),
                  head + "\xe9" + std::string(2000, 'x'));
    }
}

TEST(SevenBit, RefusesWhatMustNotBeEncoded)
{
    for (const std::string type :
         {"message/partial; id=1", "message/external-body", "message/delivery-status",
          "multipart/mixed", "multipart/mixed; boundary=nowhere"}) {
        const auto refused =
            encode_for(Demand::seven_bit, "Content-Type: " + type + "\r\n\r\n\xe9\r\n");
        ASSERT_FALSE(refused) << type;
        EXPECT_EQ(refused.error().status, "5.6.3");
    }
    EXPECT_FALSE(encode_for(Demand::seven_bit, "Content-Type: message/rfc822\r\n"
                                               "Content-Transfer-Encoding: base64\r\n\r\n\xe9"));
    EXPECT_FALSE(
        encode_for(Demand::seven_bit, "Content-Transfer-Encoding: x-uuencode\r\n\r\n\xe9\r\n"));
}

TEST(SevenBit, EncodesAnInternationalizedLetterInTheLetter) // RFC 6532 §3.7
{
    const auto converted =
        seven_bit("Content-Type: message/global\r\n\r\nSubject: \xc3\xa9t\xc3\xa9"
                  "\r\n\r\nand some more text than that\r\n");
    EXPECT_THAT(converted, HasSubstr("Content-Transfer-Encoding: quoted-printable"));
}

TEST(SevenBit, CannotCarryInternationalizedHeaders)
{
    for (const std::string& letter :
         {"Subject: \xc3\xa9\r\n\r\nx\r\n",
          "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: "
          "attachment; filename=\xc3\xa9\r\n\r\nx\r\n--x--\r\n"}) {
        const auto refused = encode_for(Demand::seven_bit, letter);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().status, "5.6.7");
        EXPECT_EQ(encode_for(Demand::short_lines, letter), letter);
    }
}

TEST(SevenBit, ReplacesWhatNobodyReads)
{
    const auto converted = seven_bit("Content-Type: multipart/mixed; boundary=x\r\n\r\n"
                                     "pr\xe9"
                                     "ambule\r\n--x\r\n\r\nhi\r\n--x--\r\n\xe9pilogue\r\n");
    EXPECT_THAT(converted, HasSubstr("pr?ambule\r\n--x\r\n\r\nhi\r\n--x--\r\n?pilogue\r\n"));
}

TEST(SevenBit, MendsEncodedPartsThatBreakTheirOwnRules)
{
    const auto quoted =
        seven_bit("Content-Transfer-Encoding: quoted-printable\r\n\r\na=E9b\xe9=\r\nc " +
                  std::string(2000, 'x') + "=3D\r\n");
    EXPECT_LE(longest_line(quoted), 76u);
    EXPECT_EQ(decoded(divide(quoted)), "a\xe9"
                                       "b\xe9"
                                       "c " +
                                           std::string(2000, 'x') + "=\r\n");
    std::string code;
    for (int i = 0; i < 500; ++i)
        code += "Zm9v";
    const auto wrapped = seven_bit("Content-Transfer-Encoding: BASE64\r\n\r\n" + code + "\r\n");
    EXPECT_LE(longest_line(wrapped), 76u);
    EXPECT_EQ(from_base64(divide(wrapped).body), from_base64(code));
}

// ---- Long lines ------------------------------------------------------------------------------

TEST(ShortLines, EncodesThePartWithALongLine)
{
    const std::string letter = "Subject: x\r\n\r\n" + std::string(999, 'x') + "\r\nand \xe9\r\n";
    const auto converted = encode_for(Demand::short_lines, letter).value();
    EXPECT_LE(longest_line(converted), 76u);
    EXPECT_EQ(decoded(divide(converted)), divide(letter).body);
    const std::string fit = "Subject: x\r\n\r\n" + std::string(998, 'x') + "\r\nand \xe9\r\n";
    EXPECT_EQ(encode_for(Demand::short_lines, fit), fit);
}

TEST(ShortLines, LeavesEightBitPartsAndTheirLabels)
{
    const std::string head =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n--x\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n\xe9\r\n--x\r\n";
    const auto converted =
        encode_for(Demand::short_lines, head + "\r\n" + std::string(1200, 'y') + "\r\n--x--\r\n")
            .value();
    EXPECT_THAT(converted, testing::StartsWith(head));
    EXPECT_LE(longest_line(converted), 998u);
}

TEST(ShortLines, FoldsHeadersWhereThatIsPossible)
{
    std::string field = "References:";
    for (int i = 0; i < 200; ++i)
        field += " <message-" + std::to_string(i) + "@example.org>";
    const auto converted = encode_for(Demand::short_lines, field + "\r\n\r\nx\r\n").value();
    EXPECT_LE(longest_line(converted), 998u);
    auto unfolded = converted;
    for (auto at = unfolded.find("\r\n "); at != unfolded.npos; at = unfolded.find("\r\n "))
        unfolded.erase(at, 2);
    EXPECT_EQ(unfolded, field + "\r\n\r\nx\r\n");
    const auto solid = "X:" + std::string(3000, 'x') + "\r\n\r\nx\r\n";
    EXPECT_EQ(encode_for(Demand::short_lines, solid), solid);
}

// ---- Limits ----------------------------------------------------------------------------------

std::string nested(std::size_t depth)
{
    std::string letter = "\r\n\xe9\r\n";
    for (std::size_t i = 0; i < depth; ++i)
        letter = "Content-Type: message/rfc822\r\n\r\n" + letter;
    return letter;
}

TEST(SevenBitLimits, BoundTheDepth)
{
    EXPECT_TRUE(encode_for(Demand::seven_bit, nested(SevenBitLimits::depth)));
    EXPECT_FALSE(encode_for(Demand::seven_bit, nested(SevenBitLimits::depth + 1)));
}

std::string of_parts(std::size_t count)
{
    std::string letter = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    for (std::size_t i = 0; i < count; ++i)
        letter += "--x\r\n\r\n\xe9\r\n";
    return letter;
}

TEST(SevenBitLimits, BoundTheParts)
{
    EXPECT_TRUE(encode_for(Demand::seven_bit, of_parts(SevenBitLimits::parts - 1)));
    EXPECT_FALSE(encode_for(Demand::seven_bit, of_parts(SevenBitLimits::parts)));
}

TEST(SevenBitLimits, BoundTheHeader)
{
    const auto with_header = [](std::size_t bytes) {
        std::string header;
        while (header.size() + 100 <= bytes)
            header += "X: " + std::string(95, 'x') + "\r\n";
        return header + "\r\n\xe9\r\n";
    };
    EXPECT_TRUE(encode_for(Demand::seven_bit, with_header(SevenBitLimits::header_bytes - 1000)));
    EXPECT_FALSE(encode_for(Demand::seven_bit, with_header(SevenBitLimits::header_bytes + 1000)));
}

// ---- Any letter ------------------------------------------------------------------------------

rc::Gen<std::string> leaf_text()
{
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                            "a", " ", "\t", "\r\n", "=", "-", "--b0", ".", "\xe9", "\xc3\xa9",
                            "word ", std::string(90, 'x'), std::string(1100, 'y'), "\r", "\n",
                            std::string(1, '\0'), "From ", "=41")),
                        [](const std::vector<std::string>& words) {
                            std::string text;
                            for (const auto& word : words)
                                text += word;
                            return text;
                        });
}

struct Made {
    std::string text;
    std::vector<std::string> leaves;
};

Made make(int depth, int& boundaries)
{
    const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
    if (kind <= 1) {
        const auto type = *rc::gen::element<std::string>(
            "", "Content-Type: text/plain; charset=utf-8\r\n", "Content-Type: image/png\r\n");
        auto body = *leaf_text();
        return {type + "X-Leaf: 1\r\n\r\n" + body, {body}};
    }
    if (kind == 2) {
        auto inner = make(depth - 1, boundaries);
        return {"Content-Type: message/rfc822\r\n\r\n" + inner.text, inner.leaves};
    }
    const auto boundary = "unlikely" + std::to_string(boundaries++) + "_";
    Made all{"Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n", {}};
    const int parts = *rc::gen::inRange(1, 4);
    for (int i = 0; i < parts; ++i) {
        const auto part = make(depth - 1, boundaries);
        all.text += (i == 0 ? "--" : "\r\n--") + boundary + "\r\n" + part.text;
        all.leaves.insert(all.leaves.end(), part.leaves.begin(), part.leaves.end());
    }
    all.text += "\r\n--" + boundary + "--\r\n";
    return all;
}

RC_GTEST_PROP(SevenBit, DecodesToTheSameBytes, ())
{
    int boundaries = 0;
    const auto made = make(3, boundaries);
    RC_ASSERT(leaves_of(made.text) == made.leaves); // The decoder is right.
    for (const auto demand : {Demand::seven_bit, Demand::short_lines}) {
        const auto converted = encode_for(demand, made.text);
        RC_ASSERT(converted.has_value());
        RC_ASSERT((demand == Demand::short_lines || is_seven_bit(*converted)));
        LineScan scan;
        scan.append(*converted);
        RC_ASSERT(!scan.has_long_line());
        RC_ASSERT(leaves_of(*converted) == made.leaves);
        RC_ASSERT(encode_for(demand, *converted).value() == converted.value());
    }
}

RC_GTEST_PROP(SevenBit, IsTotal, (const std::string& bytes))
{
    const auto letter = "Content-Type: multipart/mixed; boundary=x\r\n" + bytes +
                        "\r\n\r\n--x\r\n" + bytes + "\xe9\r\n--x--";
    const auto converted = encode_for(Demand::seven_bit, letter);
    RC_ASSERT((!converted || is_seven_bit(*converted)));
}

RC_GTEST_PROP(LineScan, SeesTheSameAtEveryCut, ())
{
    const auto text = *leaf_text();
    const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    LineScan whole, pieces;
    whole.append(text);
    pieces.append(std::string_view(text).substr(0, cut));
    pieces.append(std::string_view(text).substr(cut));
    RC_ASSERT(whole.has_eight_bit() == pieces.has_eight_bit());
    RC_ASSERT(whole.has_long_line() == pieces.has_long_line());
}

} // namespace
} // namespace posthouse::mail
