// SPDX-License-Identifier: Apache-2.0
#include "mail/notification.hpp"

#include "mail/header_block.hpp"
#include "mail/quoted_printable.hpp"
#include "tests/mail/notification_reports.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

/// Only whole lines of 998 bytes at most, in ASCII without control characters.
bool is_sound(const std::string& letter)
{
    if (!letter.ends_with("\r\n"))
        return false;
    for (std::string_view rest = letter; !rest.empty();) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        const auto fits = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
        if (line.size() > 998 || !std::ranges::all_of(line, fits))
            return false;
        rest.remove_prefix(line.size() + 2);
    }
    return true;
}

TEST(Notification, TellsPeopleAndPrograms)
{
    const auto letter = notification_letter(report());
    const auto header = HeaderBlock::parse(letter);
    EXPECT_EQ(header.end(), HeaderEnd::blank_line);
    EXPECT_EQ(header.first("From")->value(), "Mail Delivery System <postmaster@example.org>");
    EXPECT_EQ(header.first("To")->value(), "<fred@example.com>");
    EXPECT_EQ(header.first("Date")->value(), "Fri, 21 Nov 1997 15:55:06 +0000");
    EXPECT_EQ(header.first("Message-ID")->value(), "<2@mx.example.org>");
    EXPECT_EQ(header.first("References")->value(), "<1@example.com>");
    EXPECT_EQ(header.first("Auto-Submitted")->value(), "auto-replied");
    EXPECT_TRUE(header.first("Content-Type")
                    ->value()
                    .starts_with("multipart/report; report-type=delivery-status;"));
    EXPECT_TRUE(letter.contains("\r\n<nobody@example.net>\r\n    mail.example.net said:\r\n"
                                "    550 5.1.1 No such user\r\n"));
    EXPECT_TRUE(letter.contains("Content-Type: message/delivery-status\r\n\r\n"
                                "Reporting-MTA: dns; mx.example.org\r\n\r\n"
                                "Final-Recipient: rfc822; nobody@example.net\r\n"
                                "Action: failed\r\nStatus: 5.1.1\r\n"
                                "Remote-MTA: dns; mail.example.net\r\n"
                                "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"));
    EXPECT_TRUE(letter.contains("Content-Type: text/rfc822-headers\r\n\r\n"
                                "Message-ID: <1@example.com>\r\nSubject: x\r\n"));
    EXPECT_FALSE(letter.contains("secret"));
    EXPECT_EQ(occurrences(letter, "\r\n--" + boundary_of(letter) + "\r\n"), 3u);
    EXPECT_TRUE(letter.ends_with("\r\n--" + boundary_of(letter) + "--\r\n"));
    EXPECT_TRUE(is_sound(letter));
}

TEST(Notification, NamesEachRecipient)
{
    auto two = report();
    two.told.push_back({.recipient = ForwardPath::postmaster(),
                        .status = "nonsense\r\nX: y",
                        .reason = "too old",
                        .remote_host = ""});
    const auto letter = notification_letter(two);
    EXPECT_TRUE(letter.contains("\r\n\r\nFinal-Recipient: rfc822; postmaster@mx.example.org\r\n"
                                "Action: failed\r\nStatus: 5.0.0\r\n"
                                "Diagnostic-Code: x-posthouse; too old\r\n"));
    EXPECT_FALSE(letter.contains("nonsense"));
    EXPECT_EQ(occurrences(letter, "Final-Recipient:"), 2u);
}

TEST(Notification, KeepsTheLinesOfAReason)
{
    auto lines = report();
    lines.told[0].reason = "550-one\r\n550 two";
    const auto letter = notification_letter(lines);
    EXPECT_TRUE(letter.contains("    550-one\r\n    550 two\r\n"));
    EXPECT_TRUE(letter.contains("Diagnostic-Code: smtp; 550-one 550 two\r\n"));
}

TEST(Notification, WritesForeignAddressesInAscii)
{
    auto foreign = report();
    foreign.told[0].recipient = *ForwardPath::parse("\xe9\xa9\xbf+a@b.example");
    const auto letter = notification_letter(foreign);
    EXPECT_TRUE(letter.contains("Final-Recipient: utf-8; \\x{9A7F}\\x{2B}a@b.example\r\n"));
    EXPECT_TRUE(is_sound(letter));
}

TEST(Notification, HoldsItsBoundaryNowhereElse)
{
    auto copied = report();
    const auto boundary = boundary_of(notification_letter(copied));
    const auto original = "X: " + boundary + "\r\nY: " + boundary + "0\r\n\r\n";
    copied.original = original;
    const auto letter = notification_letter(copied);
    EXPECT_NE(boundary_of(letter), boundary);
    EXPECT_EQ(occurrences(letter, boundary_of(letter)),
              5u); // Where it is named; three parts; the end.
}

TEST(Notification, LimitsWhatItTakesFromOthers)
{
    auto large = report();
    const auto original = "A: 1\r\nB: " + std::string(100, 'b') + "\r\n\r\n";
    large.original = original;
    large.told[0].reason = std::string(100, 'r');
    const auto letter = notification_letter(large, words_of(Language::english),
                                            {.header_bytes = 50, .reason_bytes = 10});
    EXPECT_TRUE(letter.contains("A: 1\r\n"));
    EXPECT_FALSE(letter.contains("B:"));
    EXPECT_TRUE(letter.contains("    rrrrrrrrrr\r\n"));
    EXPECT_FALSE(letter.contains("rrrrrrrrrrr"));
}

TEST(Notification, IsSoundWhateverThePeersSay)
{
    EXPECT_TRUE(rc::check("sound lines, one header, three parts", [] {
        auto hostile = report();
        const auto piece = rc::gen::element<std::string>(
            "a", " ", "\r\n", "\n", "\r", ":", "X: y\r\n", "\r\n--", "\xff", "\xc3\xbc",
            std::string(1200, 'l'), "\t", "\x1b", std::string(1, '\0'), "<a@b>", "Message-ID: <");
        const auto text = [&] {
            std::string together;
            for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece))
                together += part;
            return together;
        };
        hostile.told[0].reason = text();
        hostile.told[0].remote_host = text();
        hostile.told[0].status = text();
        const auto original = "Subject: x" + text() + "\r\nMessage-ID: " + text();
        hostile.original = original;
        const auto letter = notification_letter(hostile);
        RC_ASSERT(is_sound(letter));
        RC_ASSERT(HeaderBlock::parse(letter).count("X") == 0u);
        RC_ASSERT(HeaderBlock::parse(letter).end() == HeaderEnd::blank_line);
        RC_ASSERT(occurrences(letter, "\r\n--" + boundary_of(letter)) == 4u);
    }));
}

TEST(QuotedPrintable, EncodesWhatIsNotPlain)
{
    EXPECT_EQ(quoted_printable("a=b \xc3\xbc\tc"), "a=3Db =C3=BC\tc");
    EXPECT_EQ(quoted_printable("a \nb\t\r\nc "), "a=20\r\nb=09\r\nc=20");
    EXPECT_EQ(quoted_printable("a\rb"), "a=0Db");
}

TEST(QuotedPrintable, BreaksLongLines)
{
    EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(76, 'x'));
    EXPECT_EQ(quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx");
    EXPECT_EQ(quoted_printable(std::string(74, 'x') + "=\n"),
              std::string(74, 'x') + "=\r\n=3D\r\n");
}

} // namespace
} // namespace posthouse::mail
