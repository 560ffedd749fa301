// SPDX-License-Identifier: Apache-2.0
#include "mail/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

/// The address as it would go on, or "" if it is none.
std::string reads_as(std::string_view text, Charset charset = Charset::utf8)
{
    const auto mailbox = Mailbox::parse(text, charset);
    return mailbox ? mailbox->text() : std::string();
}

TEST(Mailbox, KeepsTheCaseOfTheLocalPartAndNotOfTheDomain)
{
    const auto mailbox = Mailbox::parse("Fred.Bloggs+list@Example.ORG.");
    ASSERT_TRUE(mailbox);
    EXPECT_EQ(mailbox->local_part(), "Fred.Bloggs+list");
    EXPECT_EQ(mailbox->domain().text(), "example.org");
}

TEST(Mailbox, QuotesALocalPartOnlyIfItMust)
{
    EXPECT_EQ(reads_as("\"fred\"@example.org"), "fred@example.org");
    EXPECT_EQ(reads_as("\"fred\\.b\"@example.org"), "fred.b@example.org");
    EXPECT_EQ(reads_as("\"a b\"@example.org"), "\"a b\"@example.org");
    EXPECT_EQ(reads_as("\"a\\\"b\\\\\"@example.org"), "\"a\\\"b\\\\\"@example.org");
    EXPECT_EQ(reads_as("\"a@b\"@example.org"), "\"a@b\"@example.org");
    EXPECT_EQ(reads_as("\"\"@example.org"), "\"\"@example.org");
    EXPECT_EQ(Mailbox::parse("\"a\\\"b\"@example.org")->local_part(), "a\"b");
}

TEST(Mailbox, RefusesWhatTheGrammarDoesNotHave)
{
    for (const auto* text : {"",
                             "fred",
                             "@example.org",
                             "fred@",
                             "fred@@example.org",
                             ".fred@example.org",
                             "fred.@example.org",
                             "f..d@example.org",
                             "fred b@example.org",
                             "fred@exa mple.org",
                             "fred@.example.org",
                             "fred@example..org",
                             "fred@-example.org",
                             "fred@example-.org",
                             "fred@.",
                             "\"fred@example.org",
                             "\"fred\"b@example.org",
                             "\"fred\\\"@example.org",
                             "fred(comment)@example.org",
                             "<fred@example.org>",
                             "fred@example.org>",
                             "fred@example.org\r\n",
                             "\"fr\ned\"@example.org",
                             "fred,b@example.org",
                             "a@b@c",
                             "fred@exam/ple.org",
                             "fred@192.0.2.1"})
        EXPECT_EQ(reads_as(text), "") << text;
    EXPECT_EQ(reads_as(std::string_view("fred\0@example.org", 17)), "");
    EXPECT_EQ(reads_as(std::string_view("fred@example.org\0", 17)), "");
}

TEST(Mailbox, TakesAddressLiterals)
{
    EXPECT_EQ(reads_as("a@[192.0.2.1]"), "a@[192.0.2.1]");
    EXPECT_EQ(reads_as("a@[IPv6:2001:DB8::1]"), "a@[ipv6:2001:db8::1]");
    EXPECT_EQ(reads_as("a@[ipv6:::ffff:192.0.2.1]"), "a@[ipv6:::ffff:192.0.2.1]");
    EXPECT_EQ(reads_as("a@[x400:c=no]"), "a@[x400:c=no]");
    EXPECT_TRUE(Mailbox::parse("a@[192.0.2.1]")->domain().is_literal());
    for (const auto* text :
         {"a@[]", "a@[192.0.2.1", "a@[192.0.2.256]", "a@[192.0.2]", "a@[192.0.2.1]x",
          "a@[IPv6:1::2::3]", "a@[IPv6:]", "a@[2001:db8::1%eth0]", "a@[IPv6:fe80::1%eth0]",
          "a@[:x]", "a@[x:]", "a@[x:a b]", "a@[x:[]", "a@[192.0.2.1]."})
        EXPECT_EQ(reads_as(text), "") << text;
}

TEST(Mailbox, TakesUtf8OnlyWhereItWasAskedFor)
{
    const auto* const text = "\xe7\x94\xa8\xe6\x88\xb7@\xe9\xa9\xbf\xe7\xab\x99.example";
    EXPECT_EQ(reads_as(text), text);
    EXPECT_FALSE(Mailbox::parse(text)->is_ascii());
    EXPECT_EQ(reads_as(text, Charset::ascii), "");
    EXPECT_EQ(reads_as("a@\xe9\xa9\xbf.example", Charset::ascii), "");
    EXPECT_EQ(reads_as("\"\xe9\xa9\xbf x\"@a.example"), "\"\xe9\xa9\xbf x\"@a.example");
    EXPECT_EQ(reads_as("\xff@example.org"), "");
    EXPECT_EQ(reads_as("a@\xc0\xae.example"), "");
    EXPECT_EQ(reads_as("\xc2\x9b@example.org"), "") << "a control character";
    EXPECT_EQ(reads_as("a@b\xe3\x80\x82"
                       "example"),
              "")
        << "an ideographic full stop";
    EXPECT_EQ(reads_as("a@b\xe2\x80\x8b.example"), "") << "a zero width space";
}

TEST(Mailbox, LimitsItsLength)
{
    const std::string longest(64, 'x');
    EXPECT_NE(reads_as(longest + "@example.org"), "");
    EXPECT_EQ(reads_as(longest + "x@example.org"), "");
    EXPECT_NE(reads_as('"' + std::string(61, 'x') + " \"@a"), "");
    EXPECT_EQ(reads_as('"' + std::string(62, 'x') + " \"@a"), "") << "65 bytes when it is sent on";

    const std::string label(63, 'y');
    EXPECT_NE(reads_as("a@" + label), "");
    EXPECT_EQ(reads_as("a@y" + label), "");
    const auto domain = label + '.' + label + '.' + label + '.' + std::string(59, 'y'); // 251
    EXPECT_NE(reads_as("ab@" + domain), "");
    EXPECT_EQ(reads_as("abc@" + domain), "");
    EXPECT_TRUE(Domain::parse(domain + "yyyy"));
    EXPECT_FALSE(Domain::parse(domain + ".yyyy"));
}

TEST(Domain, EqualsItselfInAnyCaseAndWithAFinalDot)
{
    EXPECT_EQ(*Domain::parse("MX.example.ORG."), *Domain::parse("mx.Example.org"));
    EXPECT_FALSE(Domain::parse("mx.example.org.."));
    EXPECT_TRUE(Domain::parse("under_score.example.org"));
}

TEST(ReversePath, IsNullForNothing)
{
    ASSERT_TRUE(ReversePath::parse(""));
    EXPECT_TRUE(ReversePath::parse("")->is_null());
    EXPECT_EQ(ReversePath::parse("")->text(), "");
    EXPECT_FALSE(ReversePath::parse(" "));
    EXPECT_FALSE(ReversePath::parse("postmaster"));
}

TEST(ReversePath, DropsASourceRoute)
{
    EXPECT_EQ(ReversePath::parse("@a.example,@[IPv6:::1]:fred@example.org")->text(),
              "fred@example.org");
    EXPECT_FALSE(ReversePath::parse("@a.example:"));
    EXPECT_FALSE(ReversePath::parse("@a.example,fred@example.org"));
    EXPECT_FALSE(ReversePath::parse("@a.example,:fred@example.org"));
    EXPECT_FALSE(ReversePath::parse("@:fred@example.org"));
    EXPECT_FALSE(ReversePath::parse("@[IPv6:::1:fred@example.org"));
    EXPECT_FALSE(ReversePath::parse("@a.example"));
}

TEST(ForwardPath, KnowsPostmasterAloneInAnyCase)
{
    EXPECT_TRUE(ForwardPath::parse("PostMaster")->is_bare_postmaster());
    EXPECT_EQ(ForwardPath::parse("PostMaster")->text(), "postmaster");
    EXPECT_FALSE(ForwardPath::parse("postmaster@example.org")->is_bare_postmaster());
    EXPECT_FALSE(ForwardPath::parse("fred"));
    EXPECT_FALSE(ForwardPath::parse(""));
    EXPECT_EQ(ForwardPath::parse("@a:fred@b")->text(), "fred@b");
}

TEST(Mailbox, ReadsBackWhatItWrote)
{
    EXPECT_TRUE(rc::check("parse(text()) is the same mailbox", [] {
        const auto local_part = *rc::gen::container<std::string>(rc::gen::inRange(' ', '\x7f'));
        RC_PRE(local_part.size() < 30);
        std::string wire = "\"";
        for (const char c : local_part)
            wire += std::string("\\") + c;
        const auto mailbox = Mailbox::parse(wire + "\"@example.org");
        RC_ASSERT(mailbox.has_value());
        RC_ASSERT(mailbox->local_part() == local_part);
        const auto again = Mailbox::parse(mailbox->text());
        RC_ASSERT(again.has_value());
        RC_ASSERT(*again == *mailbox);
    }));
}

TEST(Mailbox, NeverWritesWhatCouldEndACommand)
{
    EXPECT_TRUE(
        rc::check("no brackets outside quotes, no control characters", [](const std::string& text) {
            const auto mailbox = Mailbox::parse(text + "@example.org");
            if (!mailbox)
                return;
            for (const char c : mailbox->text())
                RC_ASSERT(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
            RC_ASSERT(*Mailbox::parse(mailbox->text()) == *mailbox);
        }));
}

} // namespace
} // namespace posthouse::mail
