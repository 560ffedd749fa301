// SPDX-License-Identifier: Apache-2.0
#include "imap/envelope.hpp"

#include "mail/header_block.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

std::string envelope(std::string_view header, const EnvelopeLimits& limits = {})
{
    return envelope_text(mail::HeaderBlock::parse(header), limits);
}

// RFC 9051 §8
TEST(Envelope, IsTheStandardsExample)
{
    EXPECT_EQ(
        envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                 "From: Terry Gray <gray@cac.washington.edu>\r\n"
                 "Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
                 "To: imap@cac.washington.edu\r\n"
                 "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                 "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
                 "MIME-Version: 1.0\r\n"
                 "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n"),
        R"x(("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" )x"
        R"("IMAP4rev2 WG mtg summary and minutes" )"
        R"((("Terry Gray" NIL "gray" "cac.washington.edu")) )"
        R"((("Terry Gray" NIL "gray" "cac.washington.edu")) )"
        R"((("Terry Gray" NIL "gray" "cac.washington.edu")) )"
        R"(((NIL NIL "imap" "cac.washington.edu")) )"
        R"(((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) )"
        R"(NIL NIL "<B27397-0100000@cac.washington.edu>"))");
}

TEST(Envelope, IsAllNilOfALetterWithoutHeader)
{
    EXPECT_EQ(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    EXPECT_EQ(envelope("Subject:\r\nFrom:\r\nTo: ,\r\n\r\n"),
              "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST(Envelope, HasGroupsAndSendersOfTheirOwn)
{
    EXPECT_EQ(envelope("From: a@x\r\nSender: b@x\r\nReply-To: c@x\r\n"
                       "To: \"The group\": d@x, E <e@x>;, f@x\r\nBcc: none:;\r\n\r\n"),
              R"((NIL NIL ((NIL NIL "a" "x")) ((NIL NIL "b" "x")) ((NIL NIL "c" "x")) )"
              R"(((NIL NIL "The group" NIL)(NIL NIL "d" "x")("E" NIL "e" "x")(NIL NIL NIL NIL))"
              R"((NIL NIL "f" "x")) NIL ((NIL NIL "none" NIL)(NIL NIL NIL NIL)) NIL NIL))");
}

TEST(Envelope, NeverTakesAnAddressWithoutDomainForAGroup)
{
    EXPECT_EQ(envelope("From: root\r\nTo: A Name <>\r\n\r\n"),
              R"((NIL NIL ((NIL NIL "root" "")) ((NIL NIL "root" "")) ((NIL NIL "root" "")) )"
              R"((("A Name" NIL "" "")) NIL NIL NIL NIL))");
}

TEST(Envelope, ShowsAllFieldsOfOneName)
{
    EXPECT_EQ(envelope("To: a@x\r\nTo: b@x\r\nSubject: 1\r\nSubject: 2\r\n\r\n"),
              R"((NIL "1" NIL NIL NIL ((NIL NIL "a" "x")(NIL NIL "b" "x")) NIL NIL NIL NIL))");
}

TEST(Envelope, SendsAsLiteralsWhatCannotBeQuoted)
{
    EXPECT_EQ(envelope("Subject: caf\xc3\xa9\r\nFrom: \xff <a@x>\r\n\r\n").substr(0, 47),
              "(NIL {5}\r\ncaf\xc3\xa9 (({1}\r\n\xff NIL \"a\" \"x\")) (({1}\r\n\xff");
    EXPECT_EQ(imap_string("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(imap_string(std::string_view("a\0b", 3)), "\"a b\"");
    EXPECT_EQ(imap_string("a\nb"), "{3}\r\na\nb");
    EXPECT_EQ(imap_string(""), "\"\"");
    EXPECT_EQ(imap_nstring(""), "NIL");
}

TEST(Envelope, StaysWithinItsLimits)
{
    std::string header = "Subject: " + std::string(30'000, 's') + "\r\nMessage-ID: <" +
                         std::string(30'000, 'm') + "@x>\r\n";
    for (const char* name : {"From", "To", "Cc", "Bcc"}) {
        header += std::string(name) + ": g:";
        for (int i = 0; i < 1000; ++i)
            header += "Some Name <somebody" + std::to_string(i) + "@example.com>,\r\n ";
        header += "\r\n";
    }
    header += "\r\n";
    const auto whole = envelope(header);
    EXPECT_LE(whole.size(), 20'100U);
    EXPECT_GT(whole.size(), 15'000U);
    EXPECT_TRUE(whole.ends_with(")"));
    EXPECT_EQ(std::ranges::count(whole, '('), std::ranges::count(whole, ')'));
    // What is left of a group ends as one.
    const auto few = envelope("To: g: a@x, b@x, c@x, d@x;\r\n\r\n", {.addresses = 3});
    EXPECT_EQ(few, R"((NIL NIL NIL NIL NIL ((NIL NIL "g" NIL)(NIL NIL "a" "x")(NIL NIL "b" "x"))"
                   R"((NIL NIL NIL NIL)) NIL NIL NIL NIL))");
}

} // namespace
} // namespace posthouse::imap
