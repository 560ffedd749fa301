// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/mailbox_name.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::imap {
namespace {

TEST(ImapMailboxName, IsWrittenInModifiedUtf7)
{
    // RFC 3501 §5.1.3
    EXPECT_EQ(modified_utf7("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
    EXPECT_EQ(modified_utf7("☺!"), "&Jjo-!");
    EXPECT_EQ(modified_utf7("Lost & Found"), "Lost &- Found");
    EXPECT_EQ(modified_utf7("Entwürfe"), "Entw&APw-rfe");
    EXPECT_EQ(modified_utf7("𝄞"), "&2DTdHg-");
    EXPECT_EQ(modified_utf7(""), "");
}

TEST(ImapMailboxName, IsReadFromModifiedUtf7)
{
    EXPECT_EQ(from_modified_utf7("&2DTdHg-x"), "𝄞x");
    EXPECT_EQ(from_modified_utf7("&AGE-"), "a"); // Need not have been encoded
    EXPECT_EQ(from_modified_utf7("&-&-"), "&&");
}

TEST(ImapMailboxName, IsNoneInWhatModifiedUtf7DoesNotWrite)
{
    for (const std::string_view text :
         {"&", "a&b", "&Jjo", "&Jjo!-", "&U,BTFw-&ZeVnLIqe-", // Base64 behind base64
          "&AA-", "&A-", "&2DQ-", "&3R7YNA-",                 // Cut off; half a pair
          "&Jj-", "&Jjp-", "&JjoA-", "&AAA-", "\x01", "&Jjo/-"})
        EXPECT_FALSE(from_modified_utf7(text)) << text;
}

RC_GTEST_PROP(ImapMailboxName, ComesBackFromModifiedUtf7, (const std::vector<std::uint16_t>& units))
{
    std::string name;
    for (const auto unit : units) {
        const char32_t c = unit < 2 ? 0x1f600u + unit : unit; // Some beyond 16 bits
        if (c >= 0xd800 && c < 0xe000)
            continue;
        if (c < 0x80) {
            name += static_cast<char>(c);
        } else if (c < 0x800) {
            name += static_cast<char>(0xc0 | (c >> 6));
            name += static_cast<char>(0x80 | (c & 0x3f));
        } else {
            if (c >= 0x10000) {
                name += static_cast<char>(0xf0 | (c >> 18));
                name += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
            } else {
                name += static_cast<char>(0xe0 | (c >> 12));
            }
            name += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
            name += static_cast<char>(0x80 | (c & 0x3f));
        }
    }
    RC_ASSERT(is_utf8(name));
    const auto encoded = modified_utf7(name);
    RC_ASSERT(is_ascii(encoded));
    RC_ASSERT(from_modified_utf7(encoded) == name);
}

TEST(ImapMailboxName, KnowsInboxInAnyCase)
{
    EXPECT_EQ(read_mailbox_name("inBox", NameForm::utf8)->text, "INBOX");
    EXPECT_EQ(read_mailbox_name("inbox/Inbox", NameForm::utf8)->text, "INBOX/Inbox");
    EXPECT_EQ(read_mailbox_name("inboxes", NameForm::utf8)->text, "inboxes");
    EXPECT_EQ(read_mailbox_name("a/inbox", NameForm::utf8)->text, "a/inbox");
    EXPECT_EQ(read_pattern("inbox/%", NameForm::modified_utf7), "INBOX/%");
}

TEST(ImapMailboxName, IsUtf8OrNothing)
{
    EXPECT_EQ(read_mailbox_name("Entwürfe", NameForm::modified_utf7)->text, "Entwürfe");
    EXPECT_FALSE(read_mailbox_name("Entw\xfcrfe", NameForm::modified_utf7));
    EXPECT_FALSE(read_mailbox_name("Entw\xfcrfe", NameForm::utf8));
    EXPECT_EQ(read_mailbox_name("a&b", NameForm::utf8)->text, "a&b");
    EXPECT_FALSE(read_mailbox_name("a&b", NameForm::modified_utf7));
}

TEST(ImapMailboxName, IsWrittenAsTheSessionSpellsNames)
{
    EXPECT_EQ(wire_name("ü&", NameForm::utf8), "ü&");
    EXPECT_EQ(wire_name("ü&", NameForm::modified_utf7), "&APw-&-");
}

TEST(ImapMailboxName, SaysWhatCannotBeMade)
{
    for (const std::string_view good : {"a", "a/b", "日本語", "a b", "a.b", "&", "~"})
        EXPECT_FALSE(new_name_fault(good)) << good;
    for (const std::string_view bad :
         {"", "/a", "a/", "a//b", "a%", "*", "a\x01", "a\x7f", "\xc2\x85", "\xe2\x80\xa8",
          "\xef\xbb\xbf"
          "a",
          "\xff"})
        EXPECT_TRUE(new_name_fault(bad)) << bad;
    EXPECT_FALSE(new_name_fault(std::string(1000, 'a')));
    EXPECT_TRUE(new_name_fault(std::string(1001, 'a')));
}

} // namespace
} // namespace posthouse::imap
