// SPDX-License-Identifier: Apache-2.0
#include "gate/submission_header.hpp"

#include "mail/header_block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::gate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

struct FixedRandom final : Random {
    std::uint64_t next() override { return 42; }
};

std::expected<PreparedHeader, smtp::Reply> prepared(std::string_view letter)
{
    FixedRandom random;
    return prepare_header(letter, {.login = *mail::Mailbox::parse("ann@example.org"),
                                   .host = *mail::Domain::parse("mx.example.org"),
                                   .random = random,
                                   .now = Timestamp(std::chrono::seconds(1'700'000'000))});
}

/// The letter as it goes out.
std::string sent(std::string_view letter)
{
    const auto header = prepared(letter);
    if (!header)
        return header.error().lines.front();
    mail::EditedText text(letter.size());
    EXPECT_TRUE(text.apply(header->edits));
    return mail::read_edited(text, letter);
}

std::vector<std::string> authors(std::string_view letter)
{
    const auto header = prepared(letter);
    return header ? header->authors : std::vector{header.error().lines.front()};
}

const std::string complete =
    "From: Ann <ann@example.org>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
    "Message-ID: <1@example.org>\r\n";

TEST(SubmissionHeader, StaysAsItIsWhereNothingIsMissing)
{
    const auto letter = complete + "To: bob@example.net\r\nX: y\r\n\r\nHi\r\n";
    EXPECT_EQ(sent(letter), letter);
    EXPECT_THAT(authors(letter), ElementsAre("ann@example.org"));
}

TEST(SubmissionHeader, GetsTheFieldsThatAreMissing)
{
    // RFC 6409 §8.2, §8.3
    const auto text = sent("Subject: x\r\n\r\nHi\r\n");
    EXPECT_THAT(text, StartsWith("Subject: x\r\nFrom: ann@example.org\r\n"
                                 "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <"));
    EXPECT_THAT(text, testing::EndsWith("@mx.example.org>\r\n\r\nHi\r\n"));
    EXPECT_THAT(authors("Subject: x\r\n\r\nHi\r\n"), ElementsAre("ann@example.org"));
}

TEST(SubmissionHeader, IsAHeaderAlsoWhereTheLetterHasNone)
{
    EXPECT_THAT(sent("\r\nHi\r\n"),
                MatchesRegex("From: .*\r\nDate: .*\r\nMessage-ID: .*\r\n\r\nHi\r\n"));
    // A line that is no field begins the body, for everyone then.
    EXPECT_THAT(
        sent("Hi\r\nFrom: boss@example.com\r\n\r\n"),
        MatchesRegex("From: ann@example.org\r\n.*\r\n\r\nHi\r\nFrom: boss@example.com\r\n\r\n"));
    EXPECT_THAT(sent("Subject: x"), StartsWith("Subject: x\r\nFrom: ann@example.org\r\n"));
    EXPECT_THAT(sent("From: ben"), StartsWith("From: <ben@example.org>\r\nDate: "));
    EXPECT_THAT(sent("Bcc: ben"), StartsWith("From: ann@example.org\r\n"));
    EXPECT_THAT(sent("To: x@y.example\r\nBcc: ben"),
                StartsWith("To: x@y.example\r\nFrom: ann@example.org\r\n"));
    EXPECT_THAT(sent(""), StartsWith("From: ann@example.org\r\n"));
}

TEST(SubmissionHeader, LosesBccHoweverItIsFolded)
{
    const auto text = sent(
        "Bcc: a@example.com,\r\n b@example.com,\r\n\tc@example.com\r\nbCC : d@example.com\r\n" +
        complete +
        "Resent-Bcc:\r\n e@example.com\r\nTo: f@example.com\r\nBCC: g@example.com\r\n"
        "\r\nBcc: of the body\r\n");
    EXPECT_EQ(text, complete + "To: f@example.com\r\n\r\nBcc: of the body\r\n");
}

TEST(SubmissionHeader, CompletesAddressesWithTheLoginsDomain)
{
    // RFC 6409 §6.1
    EXPECT_EQ(sent("To: bob, \"Cem C.\" <cem>, dan@example.net\r\nCc: ok@example.net\r\n" +
                   complete + "\r\n"),
              "To: <bob@example.org>, \"Cem C.\" <cem@example.org>, <dan@example.net>\r\n"
              "Cc: ok@example.net\r\n" +
                  complete + "\r\n");
    EXPECT_THAT(authors("From: ann\r\nSender: <ben>\r\n\r\n"),
                ElementsAre("ann@example.org", "ben@example.org"));
    // What cannot be read stays.
    EXPECT_THAT(sent("To: a b c;;<\r\n" + complete + "\r\n"), StartsWith("To: a b c;;<\r\n"));
}

TEST(SubmissionHeader, NamesAllWhomItIsFrom)
{
    EXPECT_THAT(authors("From: a@x.example, Group: b@x.example, c@x.example;\r\n"
                        "Sender: \"d e\"@x.example\r\n\r\n"),
                ElementsAre("a@x.example", "b@x.example", "c@x.example", "\"d e\"@x.example"));
    // Of several authors one has to be the sender.
    EXPECT_THAT(sent("From: a@x.example, b@x.example\r\n\r\n"),
                HasSubstr("\r\nSender: ann@example.org\r\n"));
    EXPECT_THAT(sent("From: a@x.example\r\n\r\n"), Not(HasSubstr("Sender:")));
}

TEST(SubmissionHeader, TellsOfAuthorsThatMakeNoSense)
{
    for (const auto* from : {"a@@x.example", "<a@x.example", "a@x.example <b@x.example> c",
                             "\"boss@x.example\" ann@example.org <", "a@-x-.example"})
        EXPECT_THAT(authors("From: " + std::string(from) + "\r\n\r\n"), testing::Contains(""))
            << from;
}

TEST(SubmissionHeader, IsRefusedWhereReadersWouldNotAgreeWhomItIsFrom)
{
    EXPECT_THAT(sent("From: ann@example.org\r\nFROM: boss@example.com\r\n\r\n"),
                StartsWith("5.6.0 From: may be there once only"));
    EXPECT_THAT(sent("Sender: a@x.example\r\nSender: b@x.example\r\n\r\n"),
                StartsWith("5.6.0 Sender:"));
    EXPECT_THAT(sent("From: \r\n\r\n"), StartsWith("5.6.0 From: names nobody"));
    EXPECT_THAT(sent("From: nobody:;\r\n\r\n"), StartsWith("5.6.0 From: names nobody"));
}

TEST(SubmissionHeader, IsRefusedWhereTooMuchWouldHaveToBeChanged)
{
    std::string letter;
    for (std::size_t i = 0; i <= mail::EditedText::Limits::edits; ++i)
        letter += "Bcc: a@x.example\r\nX: y\r\n";
    EXPECT_THAT(sent(letter + "\r\n"), StartsWith("5.6.0 The header has too much"));
    letter = "To: a";
    for (int i = 0; i < 3000; ++i)
        letter += ",\r\n a";
    EXPECT_THAT(sent(letter + "\r\n\r\n"), StartsWith("5.6.0 The header has too much"));
    letter.clear();
    for (int i = 0; i < 5000; ++i)
        letter += "X: y\r\n";
    EXPECT_THAT(sent(letter + "\r\n"), StartsWith("5.6.0 The header has too many fields"));
}

RC_GTEST_PROP(SubmissionHeader, HasAllFieldsAndNoBccWhateverComes, ())
{
    const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "Bcc: a@x.example\r\n", " folded\r\n", "To: b\r\n", "From: c\r\n", "Sender: <d>\r\n",
        "junk\r\n", "Date: x\r\n", "\r\n", "Message-ID: <m>\r\n", ": y\r\n", "From nobody\r\n",
        "Cc:\r\n"));
    std::string letter;
    for (const auto& line : lines)
        letter += line;
    const auto header = prepared(letter);
    if (!header)
        return;
    const auto text = sent(letter);
    const auto block = mail::HeaderBlock::parse(text);
    for (const auto* name : {"From", "Date", "Message-ID"})
        RC_ASSERT(block.count(name) == 1 || (block.count(name) > 1 && *name != 'F'));
    RC_ASSERT(block.count("Bcc") == 0);
    // Again, it stays.
    RC_ASSERT(sent(text) == text);
}

// ---- Catching it ----------------------------------------------------------------------------

TEST(HeaderCatcher, HasTheHeaderHoweverItIsCut)
{
    const std::string letter = "A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore\r\n";
    for (std::size_t piece = 1; piece <= letter.size(); ++piece) {
        HeaderCatcher catcher(100);
        for (std::size_t at = 0; at < letter.size(); at += piece)
            catcher.feed(std::string_view(letter).substr(at, piece));
        EXPECT_THAT(catcher.text(), StartsWith("A: b\r\nC: d\r\n\r\n"));
        EXPECT_LT(catcher.text().size(), 14 + piece);
        EXPECT_FALSE(catcher.too_long());
    }
}

TEST(HeaderCatcher, KeepsToItsBound)
{
    for (const auto* end : {"", "\r\n\r\n"}) {
        HeaderCatcher catcher(100);
        catcher.feed("A: ");
        catcher.feed(std::string(200, 'x') + end);
        EXPECT_TRUE(catcher.too_long());
        catcher.feed(std::string(200, 'x'));
        EXPECT_EQ(catcher.text(), "");
    }
    HeaderCatcher fits(8);
    fits.feed("A: bcdef\r\n\r\n" + std::string(1000, 'x'));
    EXPECT_FALSE(fits.too_long());
}

} // namespace
} // namespace posthouse::gate
