// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_envelope.hpp"
#include "cli/sendmail_letter.hpp"
#include "mail/header_block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace posthouse::cli {
namespace {

using namespace std::literals;
using Dot = SendmailCall::Dot;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string taken(std::string_view text, Dot dot = Dot::ends_letter)
{
    LetterIntake intake(dot);
    intake.add(text);
    return intake.finish();
}

mail::Domain domain(std::string_view text)
{
    return *mail::Domain::parse(text);
}

LetterWriter ann()
{
    return {*mail::Mailbox::parse("ann@mx.example.org"), "Ann Other", domain("mx.example.org"),
            std::chrono::minutes(60)};
}

PreparedLetter prepared(std::string_view text, const LetterWriter& writer = ann())
{
    SeededRandom random(7);
    auto letter = prepare_letter(text, writer, random, from_microseconds(1'795'000'000'000'000));
    EXPECT_TRUE(letter);
    return letter.value_or(PreparedLetter());
}

// ---- taking it in ---------------------------------------------------------------------------

TEST(LetterIntake, EndsEveryLineWithCrLf)
{
    EXPECT_EQ(taken("A: 1\nB: 2\r\n\nbody\r\r\nlast"), "A: 1\r\nB: 2\r\n\r\nbody\r\nlast\r\n");
    EXPECT_EQ(taken(""), "");
    EXPECT_EQ(taken("\n"), "\r\n");
}

TEST(LetterIntake, EndsAtALoneDotUnlessDotsAreText)
{
    EXPECT_EQ(taken("A: 1\n\nx\n.\nmore\n"), "A: 1\r\n\r\nx\r\n");
    EXPECT_EQ(taken("A: 1\n\nx\n."), "A: 1\r\n\r\nx\r\n");
    EXPECT_EQ(taken("A: 1\n\nx\n.\nmore\n", Dot::is_text), "A: 1\r\n\r\nx\r\n.\r\nmore\r\n");
    EXPECT_EQ(taken("\n..\n.x\n"), "\r\n..\r\n.x\r\n");
    LetterIntake intake(Dot::ends_letter);
    EXPECT_TRUE(intake.add("\nx\n"));
    EXPECT_FALSE(intake.add(".\n")); // Nobody waits for more.
}

TEST(LetterIntake, LetsABareCrBeginNoFieldAndKeepsProgressBarsReadable)
{
    EXPECT_EQ(taken("Subject: x\rBcc: y@z\n\n10%\r20%\n"),
              "Subject: x Bcc: y@z\r\n\r\n10%\r\n20%\r\n");
    EXPECT_EQ(taken("A: \0b\n\n\0"sv), "A:  b\r\n\r\n\0\r\n"sv);
}

TEST(LetterIntake, StopsAtItsLimit)
{
    LetterIntake intake(Dot::is_text, 10);
    EXPECT_TRUE(intake.add("0123456789"));
    EXPECT_FALSE(intake.is_too_long());
    EXPECT_FALSE(intake.add("x"));
    EXPECT_TRUE(intake.is_too_long());
}

RC_GTEST_PROP(LetterIntake, DoesNotDependOnHowItIsCut, ())
{
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf("\r\n.. \0ab:\n"s));
    const auto dot = *rc::gen::element(Dot::ends_letter, Dot::is_text);
    LetterIntake intake(dot);
    for (const char c : text)
        if (!intake.add({&c, 1}))
            break;
    const auto whole = taken(text, dot);
    RC_ASSERT(intake.finish() == whole);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        RC_ASSERT(whole[i] != '\n' || (i > 0 && whole[i - 1] == '\r'));
        RC_ASSERT(whole[i] != '\r' || (i + 1 < whole.size() && whole[i + 1] == '\n'));
    }
}

// ---- the header -----------------------------------------------------------------------------

TEST(SendmailLetter, AddsWhatIsMissing)
{
    const auto letter = prepared("To: ben@example.net\r\n\r\nhello\r\n");
    EXPECT_THAT(letter.header, HasSubstr("To: ben@example.net\r\nDate: "));
    EXPECT_THAT(letter.header, HasSubstr(" +0100\r\n"));
    EXPECT_THAT(letter.header, HasSubstr("\r\nFrom: Ann Other <ann@mx.example.org>\r\n"));
    EXPECT_THAT(letter.header, HasSubstr("\r\nMessage-ID: <"));
    EXPECT_THAT(letter.header, HasSubstr("@mx.example.org>\r\n"));
    EXPECT_TRUE(letter.header.ends_with("\r\n\r\n"));
    EXPECT_EQ(letter.body_offset, "To: ben@example.net\r\n\r\n"sv.size());
}

TEST(SendmailLetter, LeavesWhatIsThere)
{
    const auto text = "date: Sun, 22 Nov 2026 03:20:05 +0000\r\nFROM: x@example.org\r\n"
                      "Message-Id: <1@example.org>\r\nX-A:\tfolded\r\n  value\r\n\r\n"s;
    EXPECT_EQ(prepared(text).header, text);
}

TEST(SendmailLetter, TakesALetterWithoutHeaderForABody)
{
    const auto text = "Disk full\r\nreally: yes\r\n"sv;
    const auto letter = prepared(text);
    EXPECT_THAT(letter.header, HasSubstr("From: "));
    EXPECT_THAT(letter.header, Not(HasSubstr("Disk")));
    EXPECT_EQ(text.substr(letter.body_offset), text);

    const auto blank = prepared("\r\nbody: 1\r\n");
    EXPECT_THAT(blank.header, Not(HasSubstr("body")));
    EXPECT_EQ(blank.body_offset, 2u);
}

TEST(SendmailLetter, MakesALetterOfNothing)
{
    const auto letter = prepared("");
    EXPECT_THAT(letter.header, HasSubstr("Date: "));
    EXPECT_TRUE(letter.header.ends_with("\r\n\r\n"));
    EXPECT_EQ(letter.body_offset, 0u);
    EXPECT_FALSE(letter.eight_bit);
}

TEST(SendmailLetter, KeepsBlindCopiesAndTheMailFilesLineToItself)
{
    const auto letter = prepared("From ann Sun Nov 22 03:20:05 2026\r\nTo: a@example.org\r\n"
                                 "Bcc: secret@example.org,\r\n other@example.org\r\n"
                                 "Return-Path: <x@y>\r\nSubject: s\r\n\r\n");
    EXPECT_THAT(letter.header, Not(HasSubstr("secret")));
    EXPECT_THAT(letter.header, Not(HasSubstr("other@")));
    EXPECT_THAT(letter.header, Not(HasSubstr("From ann")));
    EXPECT_THAT(letter.header, Not(HasSubstr("Return-Path")));
    EXPECT_THAT(letter.header, HasSubstr("Subject: s\r\n"));
    EXPECT_THAT(letter.recipients,
                ElementsAre("a@example.org", "secret@example.org", "other@example.org"));
}

TEST(SendmailLetter, FindsRecipientsInGroupsAndFoldedLists)
{
    const auto letter = prepared("To: friends: \"A, B\" <a@example.org>,\r\n\tb@example.org;,"
                                 " root\r\nCC: (a comment, too) c@example.org\r\n"
                                 "X-To: no@example.org\r\n\r\nTo: body@example.org\r\n");
    EXPECT_THAT(letter.recipients,
                ElementsAre("a@example.org", "b@example.org", "root", "c@example.org"));
}

TEST(SendmailLetter, SendsAResentLetterToThoseItIsResentTo)
{
    const auto letter =
        prepared("From: x@example.org\r\nResent-To: new@example.org\r\n"
                 "Resent-Bcc: blind@example.org\r\nDate: Sun, 22 Nov 2026 03:20:05 +0000\r\n"
                 "To: old@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n");
    EXPECT_THAT(letter.recipients, ElementsAre("new@example.org", "blind@example.org"));
    EXPECT_THAT(letter.header, Not(HasSubstr("blind")));
    const auto date = letter.header.find("Resent-Date: "),
               from = letter.header.find("Resent-From: "),
               id = letter.header.find("Resent-Message-ID: "),
               to = letter.header.find("Resent-To: ");
    ASSERT_NE(date, std::string::npos);
    ASSERT_NE(from, std::string::npos);
    ASSERT_NE(id, std::string::npos);
    EXPECT_LT(id, to); // RFC 5322 §3.6.6: together
}

TEST(SendmailLetter, SaysWhetherItIsEightBitAndWhatItsHeaderNeeds)
{
    EXPECT_FALSE(prepared("A: b\r\n\r\nc\r\n").eight_bit);
    const auto body = prepared("A: b\r\n\r\n\xe4\r\n");
    EXPECT_TRUE(body.eight_bit);
    EXPECT_FALSE(body.utf8_header);
    const auto header = prepared("X-A: \xc3\xa4\r\n\r\n");
    EXPECT_TRUE(header.eight_bit);
    EXPECT_TRUE(header.utf8_header);
    const auto latin = prepared("X-A: \xe4\r\n\r\n");
    EXPECT_TRUE(latin.eight_bit);
    EXPECT_FALSE(latin.utf8_header);
    const auto subject = prepared("Subject: \xc3\xa4\r\n\r\n");
    EXPECT_THAT(subject.header, HasSubstr("Subject: =?"));
    EXPECT_FALSE(subject.utf8_header);
}

TEST(SendmailLetter, LetsNobodysNameWriteFields)
{
    auto writer = ann();
    writer.full_name = "Eve\r\nBcc: x@example.org\0y"s;
    const auto letter = prepared("\r\n", writer);
    for (const auto& field : mail::HeaderBlock::parse(letter.header).fields())
        EXPECT_FALSE(field.is("Bcc"));
    EXPECT_EQ(letter.header.find('\0'), std::string::npos);
    writer.full_name = "O'Neil \"the\" <boss>, \xc3\xa4";
    EXPECT_THAT(prepared("\r\n", writer).header, HasSubstr("<ann@mx.example.org>\r\n"));
}

TEST(SendmailLetter, RefusesAHeaderBeyondItsLimit)
{
    SeededRandom random(1);
    const auto header = "A: " + std::string(SendmailLimits::header_bytes, 'x') + "\r\n\r\n";
    EXPECT_EQ(prepare_letter(header, ann(), random, {}).error(), LetterFault::header_too_long);
    std::string many;
    for (int i = 0; i < 10'001; ++i)
        many += "A: b\r\n";
    EXPECT_EQ(prepare_letter(many + "\r\n", ann(), random, {}).error(),
              LetterFault::header_too_long);
}

TEST(SendmailLetter, RefusesMoreRecipientsThanItsLimitRatherThanForgetSome)
{
    SeededRandom random(1);
    const auto letter_to = [&](std::size_t count) {
        std::string to = "To: a";
        for (std::size_t i = 1; i < count; ++i)
            to += ",a";
        return prepare_letter(to + "\r\n\r\n", ann(), random, {});
    };
    EXPECT_EQ(letter_to(SendmailLimits::recipients)->recipients.size(), SendmailLimits::recipients);
    EXPECT_EQ(letter_to(SendmailLimits::recipients + 1).error(), LetterFault::too_many_recipients);
}

TEST(SendmailLetter, ReadsANameOutOfALogin)
{
    EXPECT_EQ(full_name_of("Ann Other,Room 1,555", "ann"), "Ann Other");
    EXPECT_EQ(full_name_of("& Other", "ann"), "Ann Other");
    EXPECT_EQ(full_name_of("", "ann"), "");
    EXPECT_EQ(full_name_of("a\nb", ""), "a b");
}

// ---- the envelope ---------------------------------------------------------------------------

std::vector<std::string> texts(const std::vector<mail::ForwardPath>& paths)
{
    std::vector<std::string> all;
    for (const auto& path : paths)
        all.push_back(path.text());
    return all;
}

TEST(SendmailEnvelope, ReadsRecipientsAsSendmailDoes)
{
    const auto list = parse_recipients(
        {"root", "a@example.org,b@example.org", "Ann <ann@example.org>", "a@EXAMPLE.org"},
        domain("mx.example.org"));
    EXPECT_THAT(texts(list.accepted), ElementsAre("root@mx.example.org", "a@example.org",
                                                  "b@example.org", "ann@example.org"));
    EXPECT_TRUE(list.refused.empty());
}

TEST(SendmailEnvelope, LetsNoHostileAddressThrough)
{
    for (const auto& hostile :
         {"a@example.org\r\nDATA"s, "a\0b@example.org"s, "\"a\rb\"@example.org"s, ""s, "<>"s, "@"s,
          "a@b@c@"s, "a@"s + std::string(300, 'x')}) {
        const auto list = parse_recipients({hostile}, domain("mx.example.org"));
        for (const auto& path : list.accepted)
            for (const char c : path.text())
                EXPECT_GE(static_cast<unsigned char>(c), 0x20) << hostile;
        EXPECT_TRUE(!list.refused.empty() || !list.accepted.empty());
        for (const auto& one : list.refused)
            EXPECT_EQ(one.address.find('\n'), std::string::npos);
    }
}

TEST(SendmailEnvelope, ReadsTheSender)
{
    const auto here = domain("mx.example.org");
    EXPECT_EQ(parse_sender("ann", here)->text(), "ann@mx.example.org");
    EXPECT_EQ(parse_sender("Ann <ann@example.org>", here)->text(), "ann@example.org");
    EXPECT_TRUE(parse_sender("<>", here)->is_null());
    EXPECT_TRUE(parse_sender("", here)->is_null());
    EXPECT_FALSE(parse_sender("a@example.org, b@example.org", here));
    EXPECT_FALSE(parse_sender("a@example.org\n", here));
    EXPECT_FALSE(parse_sender("a@exa mple..org", here));
}

TEST(SendmailEnvelope, SplitsLongListsIntoLetters)
{
    std::vector<mail::ForwardPath> many(2500, *mail::ForwardPath::parse("a@example.org"));
    const auto batches = in_batches(std::move(many));
    ASSERT_EQ(batches.size(), 3u);
    EXPECT_EQ(batches[0].size(), mail::DropLimits::recipients);
    EXPECT_EQ(batches[2].size(), 500u);
}

} // namespace
} // namespace posthouse::cli
