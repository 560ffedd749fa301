// SPDX-License-Identifier: Apache-2.0
#include "imap/response_text.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap::response {
namespace {

using namespace std::literals;
constexpr auto old_form = NameForm::modified_utf7;

std::string string(std::string_view text, NameForm form = old_form)
{
    std::string to;
    append_string(to, text, form);
    return to;
}
std::string astring(std::string_view text)
{
    std::string to;
    append_astring(to, text, old_form);
    return to;
}

TEST(ImapResponse, QuotesWhatCanBeQuoted)
{
    EXPECT_EQ(string("a b"), "\"a b\"");
    EXPECT_EQ(string("a\"b\\c"), "\"a\\\"b\\\\c\"");
    EXPECT_EQ(string(""), "\"\"");
    EXPECT_EQ(string("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(string("ü"), "{2}\r\nü");
    EXPECT_EQ(string("ü", NameForm::utf8), "\"ü\"");
    EXPECT_EQ(string("\xfc", NameForm::utf8), "{1}\r\n\xfc");
    EXPECT_EQ(string(std::string(1001, 'x')), "{1001}\r\n" + std::string(1001, 'x'));
    EXPECT_EQ(string("a\0b"sv), "\"ab\"");
}

TEST(ImapResponse, WritesAtomsAsTheyAre)
{
    EXPECT_EQ(astring("INBOX"), "INBOX");
    EXPECT_EQ(astring("a]b"), "a]b");
    EXPECT_EQ(astring("nil"), "\"nil\"");
    EXPECT_EQ(astring(""), "\"\"");
    EXPECT_EQ(astring("a b"), "\"a b\"");
    EXPECT_EQ(astring("a*"), "\"a*\"");
    EXPECT_EQ(astring("a(b"), "\"a(b\"");
}

TEST(ImapResponse, SpellsMailboxesAsTheSessionDoes)
{
    std::string to;
    append_mailbox(to, "Entwürfe & mehr", old_form);
    to += ' ';
    append_mailbox(to, "Entwürfe & mehr", NameForm::utf8);
    EXPECT_EQ(to, "\"Entw&APw-rfe &- mehr\" \"Entwürfe & mehr\"");
}

TEST(ImapResponse, WritesFlagsDatesAndNothing)
{
    std::string to;
    append_flags(to, {mail::SystemFlag::seen, {"$Junk"}});
    to += ' ';
    append_date_time(to, Timestamp(std::chrono::seconds(760686745)), std::chrono::minutes(-480));
    to += ' ';
    append_nstring(to, std::nullopt, old_form);
    to += ' ';
    append_literal8(to, "\0\1"sv);
    EXPECT_EQ(to, "(\\Seen $Junk) \" 7-Feb-1994 21:52:25 -0800\" NIL ~{2}\r\n\0\1"s);
}

TEST(ImapResponse, KeepsAStatusOnItsLine)
{
    std::string to;
    append_status(
        to, {.tag = "a1", .completion = Completion::no, .code = "TRYCREATE", .text = "No such"});
    append_status(to, {.completion = Completion::bye, .text = "Too\r\na1 OK"});
    append_status(to, {.code = "X]\r\n* BAD", .text = ""});
    EXPECT_EQ(to, "a1 NO [TRYCREATE] No such\r\n* BYE Too\r\n* OK [X] Done\r\n");
}

TEST(ImapResponse, WritesTheCodesOfUidplus)
{
    const auto set = [](std::string_view text) { return *mail::UidSet::parse(text); };
    EXPECT_EQ(append_uid_code(38505, set("3955")), "APPENDUID 38505 3955");
    EXPECT_EQ(copy_uid_code(38505, set("304,319:320"), set("3956:3958")),
              "COPYUID 38505 304,319:320 3956:3958");
}

} // namespace
} // namespace posthouse::imap::response
