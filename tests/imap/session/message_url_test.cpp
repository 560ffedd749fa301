// SPDX-License-Identifier: Apache-2.0
#include "imap/session/message_url.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::imap {
namespace {

TEST(MessageUrl, NamesAPartOfAMessage)
{
    const auto url =
        parse_message_url("/INBOX;UIDVALIDITY=785799047/;UID=113330/;section=1.5.9", "mx");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->mailbox, "INBOX");
    EXPECT_EQ(url->uid_validity, 785799047U);
    EXPECT_EQ(url->uid, 113330U);
    EXPECT_EQ(url->section.part, (std::vector<std::uint32_t>{1, 5, 9}));
}

TEST(MessageUrl, TakesOtherFormsOfTheSame)
{
    EXPECT_EQ(parse_message_url("imap://joe@mx:143/a%20b/c/;UID=4", "mx")->mailbox, "a b/c");
    EXPECT_EQ(parse_message_url(";UID=20/;SECTION=HEADER", "mx")->section.text,
              Section::Text::header);
    EXPECT_EQ(parse_message_url("/x/;UID=20/;PARTIAL=3.7", "mx")->partial, (PartialBytes{3, 7}));
}

TEST(MessageUrl, RefusesWhatIsNotOurs)
{
    for (const auto* url :
         {"", "imap://other/INBOX/;UID=1", "/INBOX", "/INBOX/;UID=0",
          "/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(To)", "/a%2/;UID=1", "/INBOX/;UID=1;URLAUTH=x",
          "/INBOX;UIDVALIDITY=x/;UID=1", "/INBOX/;UID=1/;SECTION=MIME"})
        EXPECT_FALSE(parse_message_url(url, "mx")) << url;
}

RC_GTEST_PROP(MessageUrl, IsTotal, (const std::string& text))
{
    parse_message_url(text, "mx");
    parse_message_url("/;" + text, "mx");
}

} // namespace
} // namespace posthouse::imap
