// SPDX-License-Identifier: Apache-2.0
#include "mail/encoded_word.hpp"

#include "base/text.hpp"
#include "mail/field_writer.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

using Words = std::vector<std::string>;

/// An independent reader: what mail programs show.
std::string decoded_base64(std::string_view text)
{
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        if (c == '=')
            break;
        const auto value = c >= 'A' && c <= 'Z'   ? c - 'A'
                           : c >= 'a' && c <= 'z' ? c - 'a' + 26
                           : c >= '0' && c <= '9' ? c - '0' + 52
                           : c == '+'             ? 62
                                                  : 63;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xff);
        }
    }
    return bytes;
}

std::string decoded_q(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '=') {
            bytes += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
            at += 2;
        } else {
            bytes += text[at] == '_' ? ' ' : text[at];
        }
    }
    return bytes;
}

std::string read_back(const Words& words)
{
    std::string text;
    bool last_was_encoded = false;
    for (const auto& word : words) {
        const bool is_encoded = word.starts_with("=?UTF-8?") && word.ends_with("?=");
        if (!text.empty() && !(is_encoded && last_was_encoded))
            text += ' ';
        last_was_encoded = is_encoded;
        if (!is_encoded) {
            text += word;
            continue;
        }
        const auto inside = std::string_view(word).substr(10, word.size() - 12);
        const auto bytes = word[8] == 'B' ? decoded_base64(inside) : decoded_q(inside);
        RC_ASSERT(is_utf8(bytes)); // Whole characters in each: RFC 2047 §5
        text += bytes;
    }
    return text;
}

TEST(EncodedWord, LeavesAsciiAsItIs)
{
    EXPECT_EQ(encoded_words("Your letter: delayed"), (Words{"Your", "letter:", "delayed"}));
    EXPECT_TRUE(encoded_words("").empty());
    EXPECT_TRUE(encoded_words("  ").empty());
}

TEST(EncodedWord, EncodesFromTheFirstToTheLastWordThatNeedsIt)
{
    EXPECT_EQ(encoded_words("to J\xc3\xbcrgen or M\xc3\xbcller now"),
              (Words{"to", "=?UTF-8?Q?J=C3=BCrgen_or_M=C3=BCller?=", "now"}));
    EXPECT_EQ(encoded_words("\xe9\xa9\xbf\xe7\xab\x99"), (Words{"=?UTF-8?B?6am/56uZ?="}));
}

TEST(EncodedWord, NeverLetsAWordBeTakenForAnEncodedOne)
{
    EXPECT_EQ(encoded_words("see =?UTF-8?Q?x?= there"),
              (Words{"see", "=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=", "there"}));
}

TEST(EncodedWord, WritesNoControlCharacterAndNoBrokenText)
{
    EXPECT_EQ(encoded_words("a\r\nBcc: x"), (Words{"a??Bcc:", "x"}));
    EXPECT_EQ(encoded_words("\xff"), (Words{"?"}));
}

TEST(EncodedWord, QuotesAPhraseThatIsNone)
{
    EXPECT_EQ(phrase_words("Mail Delivery System"), (Words{"Mail", "Delivery", "System"}));
    EXPECT_EQ(phrase_words("Mail (of a@b)"), (Words{"\"Mail (of a@b)\""}));
    EXPECT_EQ(phrase_words("Post \xc3\xbc (x)"), (Words{"=?UTF-8?Q?Post_=C3=BC_=28x=29?="}));
}

TEST(EncodedWord, ReadsBackAsItWasWhateverItsLength)
{
    EXPECT_TRUE(rc::check("words of 60 bytes at most that say the same", [] {
        const auto word = rc::gen::element<std::string>("a", "long-word", "\xc3\xbc", "=?",
                                                        "x=?=", "\xe9\xa9\xbf\xe7\xab\x99",
                                                        "\xf0\x9f\x93\xae\xf0\x9f\x93\xae", "_");
        std::string text;
        for (const auto& part : *rc::gen::container<Words>(word))
            text += (text.empty() ? "" : " ") + part;
        const auto words = encoded_words(text);
        RC_ASSERT(read_back(words) == text);
        RC_ASSERT(std::ranges::all_of(
            words, [](const auto& each) { return each.size() <= 60 && is_ascii(each); }));
    }));
}

TEST(EncodedWord, FitsTheLinesOfAField)
{
    FieldWriter subject("Subject");
    std::string text;
    for (int i = 0; i < 60; ++i)
        text += "\xe9\xa9\xbf";
    for (const auto& word : encoded_words(text))
        subject.word(word);
    const auto field = std::move(subject).done();
    for (std::string_view rest = field; !rest.empty();) {
        const auto end = rest.find("\r\n");
        EXPECT_LE(end, 76u); // RFC 2047 §2
        rest.remove_prefix(end + 2);
    }
}

} // namespace
} // namespace posthouse::mail
