// SPDX-License-Identifier: Apache-2.0
#include "tests/mail/notification_reports.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

std::string status_of(const Notification& report)
{
    return part_of(notification_letter(report), 1);
}

std::string original_recipient(std::string original)
{
    auto one = report();
    one.told[0].original = std::move(original);
    const auto status = status_of(one);
    const auto begin = status.find("Original-Recipient: ");
    return begin == status.npos
               ? ""
               : status.substr(begin + 20, status.find("\r\n", begin) - begin - 20);
}

Notification with_everything()
{
    auto all = report_of(Action::delayed);
    all.envelope_id = "QQ314159 1";
    all.letter_id = "7qhzra5zx0f74";
    all.received_at = all.at - std::chrono::hours(4);
    all.received_from = "client.example.com";
    all.told[0].original = "rfc822;some+one@example.net";
    all.told[0].tried_at = all.at - std::chrono::minutes(1);
    all.told[0].retry_until = all.at + std::chrono::days(5);
    return all;
}

TEST(DeliveryStatus, HasEveryFieldOfItsStandard)
{
    EXPECT_EQ(status_of(with_everything()),
              "Content-Type: message/delivery-status\r\n\r\n"
              "Original-Envelope-Id: QQ314159 1\r\n"
              "Reporting-MTA: dns; mx.example.org\r\n"
              "Received-From-MTA: dns; client.example.com\r\n"
              "Arrival-Date: Fri, 21 Nov 1997 11:55:06 +0000\r\n"
              "\r\n"
              "Original-Recipient: rfc822; some+one@example.net\r\n"
              "Final-Recipient: rfc822; nobody@example.net\r\n"
              "Action: delayed\r\n"
              "Status: 4.4.1\r\n"
              "Remote-MTA: dns; mail.example.net\r\n"
              "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
              "Last-Attempt-Date: Fri, 21 Nov 1997 15:54:06 +0000\r\n"
              "Final-Log-Id: 7qhzra5zx0f74\r\n"
              "Will-Retry-Until: Wed, 26 Nov 1997 15:55:06 +0000\r\n");
}

TEST(DeliveryStatus, RetriesOnlyWhatIsDelayed)
{
    for (const auto action :
         {Action::failed, Action::delivered, Action::relayed, Action::expanded}) {
        auto all = with_everything();
        all.told[0].action = action;
        EXPECT_FALSE(status_of(all).contains("Will-Retry-Until"));
    }
}

TEST(DeliveryStatus, NamesTheActionWithAStatusThatFitsIt)
{
    const auto status = [](Action action, std::string code) {
        auto one = report_of(action);
        one.told[0].status = std::move(code);
        const auto fields = status_of(one);
        const auto begin = fields.find("Action: ");
        return fields.substr(begin, fields.find("\r\nRemote-MTA") - begin);
    };
    EXPECT_EQ(status(Action::failed, "5.1.1"), "Action: failed\r\nStatus: 5.1.1");
    EXPECT_EQ(status(Action::failed, "4.4.7"), "Action: failed\r\nStatus: 4.4.7"); // RFC 3463 §3.5
    EXPECT_EQ(status(Action::failed, "2.1.5"), "Action: failed\r\nStatus: 5.0.0");
    EXPECT_EQ(status(Action::delayed, "5.1.1"), "Action: delayed\r\nStatus: 4.0.0");
    EXPECT_EQ(status(Action::delivered, "2.1.5"), "Action: delivered\r\nStatus: 2.1.5");
    EXPECT_EQ(status(Action::relayed, ""), "Action: relayed\r\nStatus: 2.0.0");
    EXPECT_EQ(status(Action::expanded, "4.1.1"), "Action: expanded\r\nStatus: 2.0.0");
    for (const auto* wrong : {"5", "5.1", "5.1.1.1", "5..1", "5.1.", "5.1234.1", "5.1.1\r\nX: y"})
        EXPECT_EQ(status(Action::failed, wrong), "Action: failed\r\nStatus: 5.0.0") << wrong;
}

TEST(DeliveryStatus, EchoesTheOriginalRecipientAsItWasSaid)
{
    EXPECT_EQ(original_recipient("rfc822;Some=One@example.net"), "rfc822; Some=One@example.net");
    EXPECT_EQ(original_recipient("x400;/G=Fred/S=x y/"), "x400; /G=Fred/S=x y/");
    EXPECT_EQ(original_recipient(""), "");
    EXPECT_EQ(original_recipient("no type"), "");
    EXPECT_EQ(original_recipient("a b;c"), "");
    EXPECT_EQ(original_recipient("rfc822;"), "");
    EXPECT_EQ(original_recipient("rfc822;a\r\nX: y"), "rfc822; a  X: y");
    EXPECT_EQ(original_recipient("rfc822;" + std::string(500, 'a')), ""); // RFC 3461 §5.4
}

TEST(DeliveryStatus, WritesForeignOriginalRecipientsInAscii)
{
    EXPECT_EQ(original_recipient("utf-8;\xe9\xa9\xbf+a@b.example"),
              "utf-8; \\x{9A7F}\\x{2B}a@b.example");
    EXPECT_EQ(original_recipient("utf-8;\\x{9A7F}\\x{2B}a@b.example"),
              "utf-8; \\x{9A7F}\\x{2B}a@b.example");
    EXPECT_EQ(original_recipient("rfc822;\xe9\xa9\xbf@b.example"), "utf-8; \\x{9A7F}@b.example");
    EXPECT_EQ(original_recipient("utf-8;no address"), "utf-8; no address"); // RFC 6533 §3
    EXPECT_EQ(original_recipient("utf-8;\\x{D800}@b.example"), "utf-8; \\x{D800}@b.example");
    EXPECT_EQ(original_recipient("utf-8;\\x{zz}@b.example"), "utf-8; \\x{zz}@b.example");
}

TEST(DeliveryStatus, SaysWhoHandedTheLetterIn)
{
    const auto from = [](std::string host) {
        auto one = report();
        one.received_from = std::move(host);
        const auto status = status_of(one);
        const auto begin = status.find("Received-From-MTA: ");
        return begin == status.npos
                   ? ""
                   : status.substr(begin + 19, status.find("\r\n", begin) - begin - 19);
    };
    EXPECT_EQ(from("a.example"), "dns; a.example");
    EXPECT_EQ(from("192.0.2.1"), "dns; [192.0.2.1]");
    EXPECT_EQ(from("[192.0.2.1]"), "dns; [192.0.2.1]");
    EXPECT_EQ(from("2001:db8::1"), "dns; [IPv6:2001:db8::1]");
    EXPECT_EQ(from("not a host"), "");
    EXPECT_EQ(from("a\r\nX: y"), "");
}

TEST(DeliveryStatus, IsOneLineAFieldWhateverIsInIt)
{
    auto hostile = with_everything();
    hostile.envelope_id = "a\r\nX: y\x1b";
    hostile.letter_id = "b\r\n\r\nX: y";
    hostile.told[0].remote_host = "c\nX: y";
    hostile.told[0].reason = "d\r\n\r\nX: y \xff \xe9\xa9\xbf.";
    const auto status = status_of(hostile);
    EXPECT_FALSE(status.contains("\r\nX"));
    EXPECT_EQ(occurrences(status, "\r\n\r\n"), 2u);
    EXPECT_TRUE(is_ascii(status));
    EXPECT_TRUE(status.contains("Original-Envelope-Id: a  X: y?\r\n"));
    EXPECT_TRUE(status.contains("Diagnostic-Code: smtp; d X: y ? ?.\r\n"));
}

TEST(DeliveryStatus, LosesNothingForASenderWhoReadsUtf8)
{
    auto global = with_everything();
    global.charset = Charset::utf8;
    EXPECT_TRUE(status_of(global).starts_with("Content-Type: message/delivery-status\r\n\r\n"));

    global.told[0].recipient = *ForwardPath::parse("\xe9\xa9\xbf@b.example");
    global.told[0].original = "utf-8;\\x{9A7F}\\x{2B}a@b.example";
    EXPECT_TRUE(status_of(global).contains("Final-Recipient: utf-8; \\x{9A7F}@b.example\r\n"))
        << "an ASCII sender may be behind hosts that know no UTF-8";

    global.told[0].reason = "550 \xe4\xb8\x8d";
    auto status = status_of(global);
    EXPECT_TRUE(status.starts_with("Content-Type: message/global-delivery-status\r\n"
                                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    EXPECT_TRUE(is_ascii(status));

    global.to = *Mailbox::parse("\xe7\x94\xb2@example.com");
    status = status_of(global);
    EXPECT_TRUE(status.starts_with("Content-Type: message/global-delivery-status\r\n"
                                   "Content-Transfer-Encoding: 8bit\r\n\r\n"));
    EXPECT_TRUE(status.contains("Original-Recipient: utf-8; \xe9\xa9\xbf+a@b.example\r\n"
                                "Final-Recipient: utf-8; \xe9\xa9\xbf@b.example\r\n"));
    EXPECT_TRUE(status.contains("Diagnostic-Code: smtp; 550 \xe4\xb8\x8d\r\n"));
}

} // namespace
} // namespace posthouse::mail
