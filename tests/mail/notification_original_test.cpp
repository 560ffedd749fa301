// SPDX-License-Identifier: Apache-2.0
#include "tests/mail/notification_reports.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

Notification whole(std::string_view original)
{
    auto all = report();
    all.returned = Notification::Returned::whole;
    all.original = original;
    return all;
}

std::string returned(const Notification& report, const NotificationLimits& limits = {})
{
    const auto letter = notification_letter(report, words_of(Language::english), limits);
    const bool says_8bit = HeaderBlock::parse(letter).has("Content-Transfer-Encoding", "8bit");
    EXPECT_EQ(says_8bit, !is_ascii(letter)); // RFC 2045 §6.4
    return part_of(letter, 2);
}

TEST(ReturnedLetter, IsWholeWhereThatWasAskedFor)
{
    const std::string original = "Subject: x\r\n\r\n\tbody\x07\r\n";
    EXPECT_EQ(returned(whole(original)), "Content-Type: message/rfc822\r\n\r\n" + original);
}

TEST(ReturnedLetter, GoesUnder8bitIfItHasSuchBytes)
{
    const std::string original = "Subject: x\r\n\r\n\xe9\xa9\xbf \xff\r\n";
    EXPECT_EQ(returned(whole(original)), "Content-Type: message/rfc822\r\n"
                                         "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                                             original);
}

TEST(ReturnedLetter, IsOnlyItsHeaderWhereNothingFailed)
{
    for (const auto action :
         {Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        auto fine = whole("Subject: x\r\n\r\nbody\r\n");
        fine.told[0].action = action;
        EXPECT_EQ(returned(fine), "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n");
    }
    auto mixed = whole("Subject: x\r\n\r\nbody\r\n");
    mixed.told.push_back(report_of(Action::delivered).told[0]);
    EXPECT_TRUE(returned(mixed).contains("body"));
}

TEST(ReturnedLetter, IsOnlyItsHeaderWhereItFitsNoReport)
{
    const auto header = "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n";
    for (const std::string& body : {std::string("a\nb\r\n"), std::string("a\rb\r\n"),
                                    std::string("a\0b\r\n", 5), std::string(999, 'x') + "\r\n"}) {
        const auto original = "Subject: x\r\n\r\n" + body;
        EXPECT_EQ(returned(whole(original)), header);
    }
    const auto longest = "Subject: x\r\n\r\n" + std::string(998, 'x') + "\r\n";
    EXPECT_TRUE(returned(whole(longest)).contains("message/rfc822"));
    EXPECT_EQ(returned(whole(longest), {.whole_bytes = longest.size() - 1}), header);
}

TEST(ReturnedLetter, HasAnEncodedHeaderWhereThatIsNoAscii)
{
    auto odd = report();
    odd.original = "Subject: \xfc\r\n\r\n";
    EXPECT_EQ(returned(odd), "Content-Type: text/rfc822-headers\r\n"
                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "Subject: =FC\r\n");
}

TEST(ReturnedLetter, IsGlobalIfItCameAsSuch)
{
    const std::string original = "Subject: \xe9\xa9\xbf\r\n\r\nbody\r\n";
    auto global = whole(original);
    global.charset = Charset::utf8;
    auto part = returned(global);
    EXPECT_TRUE(part.starts_with("Content-Type: message/global\r\n"
                                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                                 "Subject: =E9=A9=BF\r\n\r\nbody\r\n"));
    global.returned = Notification::Returned::header;
    part = returned(global);
    EXPECT_TRUE(part.starts_with("Content-Type: message/global-headers\r\n"
                                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                                 "Subject: =E9=A9=BF\r\n"));
    global.to = *Mailbox::parse("\xe7\x94\xb2@example.com");
    EXPECT_EQ(returned(global), "Content-Type: message/global-headers\r\n"
                                "Content-Transfer-Encoding: 8bit\r\n\r\n"
                                "Subject: \xe9\xa9\xbf\r\n");
    global.returned = Notification::Returned::whole;
    EXPECT_EQ(returned(global), "Content-Type: message/global\r\n"
                                "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                                    original);
}

TEST(ReturnedLetter, IsTraditionalIfNothingInItsHeaderIsGlobal)
{
    auto plain = whole("Subject: x\r\n\r\n\xe9\xa9\xbf\r\n");
    plain.charset = Charset::utf8;
    EXPECT_TRUE(returned(plain).starts_with("Content-Type: message/rfc822\r\n"));
}

TEST(ReturnedLetter, IsEncodedToTheByteWhereEncodingMayHelp)
{
    auto global = whole("Subject: \xe9\xa9\xbf\r\n\r\na\nb\r\n");
    global.charset = Charset::utf8;
    EXPECT_TRUE(returned(global).starts_with("Content-Type: message/global\r\n"
                                             "Content-Transfer-Encoding: base64\r\n\r\n"));
}

} // namespace
} // namespace posthouse::mail
