// SPDX-License-Identifier: Apache-2.0
#include "mailbox/message_summary.hpp"

#include "imap/index_message.hpp"

#include <gtest/gtest.h>

namespace posthouse::mailbox {
namespace {

mail::MessageIndex kept(const mail::MessageIndex& index, std::size_t* bytes = nullptr)
{
    const auto text = to_summary(index).SerializeAsString();
    if (bytes != nullptr)
        *bytes = text.size();
    MessageSummary summary;
    EXPECT_TRUE(summary.ParseFromString(text));
    return to_index(summary);
}

std::string letter_of(std::size_t parts)
{
    std::string letter =
        "Return-Path: <alice@example.net>\r\nDelivered-To: bob@example.org\r\n"
        "From: \"Alice Liddell\" <alice@example.net>\r\nTo: Bob <bob@example.org>, "
        "Carol <carol@example.org>\r\nSubject: =?UTF-8?Q?The_first_letter=2C_longer?=\r\n"
        "Date: Sun, 22 Nov 2026 04:26:17 +0000\r\nMessage-ID: <20261122042617.1234@example.net>\r\n"
        "References: <a@example.org> <b@example.org>\r\nIn-Reply-To: <b@example.org>\r\n"
        "User-Agent: Mozilla Thunderbird\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"------------0123456789abcdef\"\r\n\r\n";
    for (std::size_t i = 0; i < parts; ++i)
        letter += "--------------0123456789abcdef\r\nContent-Type: text/plain; charset=utf-8; "
                  "format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
                  std::string(i == 0 ? 400 : 10, 'x') + "\r\n";
    return letter + "--------------0123456789abcdef--\r\n";
}

TEST(MessageSummary, KeepsAllOfAnIndex)
{
    auto index = imap::index_message(letter_of(3));
    EXPECT_EQ(kept(index), index);
    index.preview.reset();
    index.sent.reset();
    index.sent_zone_minutes = -300;
    index.header_cache.missing = {"to"};
    EXPECT_EQ(kept(index), index);
    EXPECT_EQ(kept({}), mail::MessageIndex());
}

TEST(MessageSummary, OfAnOrdinaryLetterIsSmall)
{
    std::size_t bytes = 0;
    kept(imap::index_message(letter_of(3)), &bytes);
    EXPECT_LT(bytes, 2560U);
}

TEST(MessageSummary, IsNeverLargerThanItMayBe)
{
    for (const std::size_t parts : {50UL, 300UL, 499UL, 5000UL}) {
        std::size_t bytes = 0;
        kept(imap::index_message(letter_of(parts)), &bytes);
        EXPECT_LE(bytes, 48U << 10) << parts;
    }
    std::string header;
    for (const char* name : {"From", "To", "Cc", "Bcc", "Sender", "Reply-To"}) {
        header += std::string(name) + ": \xff";
        for (int i = 0; i < 1000; ++i)
            header += "\"\xff name\" <somebody" + std::to_string(i) + "@example.com>,\r\n ";
        header += "x@y\r\n";
    }
    for (const char* name : {"Subject", "Date", "In-Reply-To", "Message-ID", "X-Mailer"})
        header += std::string(name) + ": <" + std::string(4000, '\x80') + "@x>\r\n";
    header += "Content-Type: text/plain";
    for (int i = 0; i < 60; ++i)
        header += "; p" + std::to_string(i) + "=\"" + std::string(1000, '"') + '"';
    header += "\r\nContent-Description: " + std::string(5000, '\\') + "\r\nReferences:";
    for (int i = 0; i < 100; ++i)
        header += " <" + std::string(900, 'r') + std::to_string(i) + "@x>\r\n";
    std::size_t bytes = 0;
    kept(imap::index_message(header + "\r\nbody"), &bytes);
    EXPECT_LE(bytes, 48U << 10);
}

TEST(MessageSummary, ReadsWhatALaterProgramWroteAsFarAsItCan)
{
    MessageSummary summary;
    summary.add_parts()->set_encoding(200);
    summary.set_header_set(99);
    const auto index = to_index(summary);
    EXPECT_EQ(index.parts.at(0).encoding, mail::TransferEncoding::unknown);
    EXPECT_FALSE(index.header_cache.covers("from"));
}

} // namespace
} // namespace posthouse::mailbox
