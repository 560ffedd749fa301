// SPDX-License-Identifier: Apache-2.0
#include "mail/summary.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

const std::string letter = "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
                           "From: Fred <fred@example.org>\r\n"
                           "To: a@b,\r\n c@d\r\n"
                           "Subject: =?utf-8?Q?x?=\r\n"
                           "Message-ID: <1@example.org>\r\n"
                           "Subject: second\r\n"
                           "\r\n"
                           "one\r\ntwo";

TEST(Summary, TellsWhatAReaderAsksFor)
{
    const auto summary = summarize(letter);
    EXPECT_EQ(summary.size_bytes, letter.size());
    EXPECT_EQ(summary.lines, 10u);
    EXPECT_EQ(letter.substr(summary.body_offset), "one\r\ntwo");
    EXPECT_EQ(summary.header_bytes + 2, summary.body_offset);
    EXPECT_EQ(summary.date, "Fri, 21 Nov 1997 09:55:06 -0600");
    EXPECT_EQ(summary.from, "Fred <fred@example.org>");
    EXPECT_EQ(summary.to, "a@b, c@d");
    EXPECT_EQ(summary.subject, "=?utf-8?Q?x?=");
    EXPECT_EQ(summary.message_id, "<1@example.org>");
}

TEST(Summary, IsTheSameHoweverTheLetterIsCut)
{
    const auto whole = summarize(letter);
    for (std::size_t cut = 0; cut <= letter.size(); ++cut) {
        Summarizer summarizer;
        summarizer.append(letter.substr(0, cut));
        summarizer.append(letter.substr(cut));
        EXPECT_EQ(std::move(summarizer).finish(), whole) << cut;
    }
}

TEST(Summary, CountsLines)
{
    EXPECT_EQ(summarize("").lines, 0u);
    EXPECT_EQ(summarize("\r\n").lines, 1u);
    EXPECT_EQ(summarize("\r\nx").lines, 2u);
    EXPECT_EQ(summarize("\nx\n").lines, 2u);
}

TEST(Summary, LimitsValuesAndHeader)
{
    EXPECT_EQ(summarize("Subject: abcdef\r\n\r\n", {.value_bytes = 3}).subject, "abc");
    const auto cut = summarize("Subject: a\r\nFrom: b\r\n\r\n", {.header_bytes = 15});
    EXPECT_EQ(cut.subject, "a");
    EXPECT_EQ(cut.from, "");
    EXPECT_EQ(cut.body_offset, 12u);
    EXPECT_EQ(cut.size_bytes, 23u);
    EXPECT_EQ(summarize("From: b\r\n\r\nbody", {.header_bytes = 11}).body_offset, 11u);
}

} // namespace
} // namespace posthouse::mail
