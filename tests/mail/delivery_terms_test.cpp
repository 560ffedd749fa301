// SPDX-License-Identifier: Apache-2.0
#include "mail/delivery_terms.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mail {
namespace {

TEST(DeliveryTerms, NeverGoesWithNothingElse)
{
    EXPECT_EQ(parse_notify("never"), notify::never);
    EXPECT_EQ(parse_notify("SUCCESS,delay"), notify::success | notify::delay);
    EXPECT_EQ(notify_text(notify::success | notify::failure | notify::delay),
              "SUCCESS,FAILURE,DELAY");
    EXPECT_EQ(notify_text(notify::never), "NEVER");
    EXPECT_EQ(notify_text(0), "");
    for (const auto* text :
         {"", "NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,", ",", "SUCCESS FAILURE", "ALWAYS"})
        EXPECT_FALSE(parse_notify(text)) << text;
}

TEST(DeliveryTerms, ReadHowMuchToReturn)
{
    EXPECT_EQ(parse_return("full"), Return::full);
    EXPECT_EQ(parse_return("HDRS"), Return::headers);
    EXPECT_FALSE(parse_return("ALL"));
    EXPECT_EQ(return_text(Return::headers), "HDRS");
}

TEST(DeliveryTerms, RefuseWhatIsNotXtext)
{
    EXPECT_EQ(decode_xtext("a+2Bb+3d"), "a+b=");
    for (const auto* text : {"a+", "a+2", "a+2G", "a b", "a=b", "a\x7f"})
        EXPECT_FALSE(decode_xtext(text)) << text;
}

RC_GTEST_PROP(DeliveryTerms, XtextBringsAnyTextBack, (const std::string& text))
{
    const auto encoded = encode_xtext(text);
    for (const char c : encoded)
        RC_ASSERT(c >= '!' && c <= '~' && c != '=');
    RC_ASSERT(decode_xtext(encoded) == text);
}

TEST(DeliveryTerms, KeepAnEnvelopeIdToItsBounds)
{
    EXPECT_EQ(parse_envelope_id("QQ314159"), "QQ314159");
    EXPECT_EQ(parse_envelope_id("a+20b"), "a b");
    EXPECT_TRUE(parse_envelope_id(std::string(100, 'x')));
    EXPECT_FALSE(parse_envelope_id(std::string(101, 'x')));
    EXPECT_FALSE(parse_envelope_id(""));
    EXPECT_FALSE(parse_envelope_id("a+0D+0Ab")) << "A line end would break out of its field.";
}

TEST(DeliveryTerms, ReadAnOriginalRecipientOfEachType)
{
    EXPECT_EQ(parse_original_recipient("rfc822;Bob+2Bx@Example.COM"), "rfc822;Bob+x@Example.COM");
    EXPECT_EQ(parse_original_recipient("RFC822;a@b"), "rfc822;a@b");
    EXPECT_EQ(parse_original_recipient("x400;/C=US").has_value(), false)
        << "\"=\" has to be xtext.";
    EXPECT_EQ(parse_original_recipient("utf-8;\\x{7528}\\x{2B}a@example.org"),
              "utf-8;\u7528+a@example.org");
    EXPECT_EQ(parse_original_recipient("utf-8;\u7528@example.org"), "utf-8;\u7528@example.org");
    EXPECT_EQ(parse_original_recipient("utf-8;\\x{zz}@example.org"), "utf-8;\\x{zz}@example.org")
        << "RFC 6533 §3: what does not conform is not altered.";
    for (const auto* text : {"", "rfc822", "rfc822;", ";a@b", "rfc 822;a@b", "rfc822;a+0Ab",
                             "utf-8;\\x{0D}", "utf-8;\xff@b", "rfc822;\u7528@b", "utf-8;\\x{85}"})
        EXPECT_FALSE(parse_original_recipient(text)) << text;
    EXPECT_TRUE(parse_original_recipient("rfc822;" + std::string(493, 'x')));
    EXPECT_FALSE(parse_original_recipient("rfc822;" + std::string(494, 'x')));
}

TEST(DeliveryTerms, WriteAnOriginalRecipientForEachCharset)
{
    EXPECT_EQ(original_recipient_text("rfc822;a+b@example.org", Charset::utf8),
              "rfc822;a+2Bb@example.org");
    EXPECT_EQ(original_recipient_text("utf-8;\u7528+=@x", Charset::ascii),
              "utf-8;\\x{7528}\\x{2B}\\x{3D}@x");
    EXPECT_EQ(original_recipient_text("utf-8;\u7528+@x", Charset::utf8), "utf-8;\u7528\\x{2B}@x");
    for (const auto charset : {Charset::ascii, Charset::utf8}) {
        const std::string original = "utf-8;\U0001f600 \u00e9\\=+@example.org";
        EXPECT_EQ(parse_original_recipient(original_recipient_text(original, charset)), original);
    }
}

} // namespace
} // namespace posthouse::mail
