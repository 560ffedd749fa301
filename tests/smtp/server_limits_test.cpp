// SPDX-License-Identifier: Apache-2.0
#include "tests/smtp/server_rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view start = "EHLO client.example\r\nMAIL FROM:<ann@a.example>\r\n"
                                   "RCPT TO:<bob@b.example>\r\n";

std::string letter(std::string_view text)
{
    return std::string(start) + "DATA\r\n" + std::string(text) + ".\r\n";
}

std::string times(std::size_t count, std::string_view text)
{
    std::string all;
    for (; count != 0; --count)
        all += text;
    return all;
}

std::size_t occurrences(std::string_view text, std::string_view of)
{
    std::size_t count = 0;
    for (auto at = text.find(of); at != text.npos; at = text.find(of, at + 1))
        ++count;
    return count;
}

// ---- Sizes ------------------------------------------------------------------------------------

TEST(SmtpServerLimits, ReadsACommandThatIsTooLongToItsEndAndGoesOn)
{
    ServerScript script;
    script.config.limits.command_line_bytes = 20;
    EXPECT_THAT(rehearse("NOOP 34567890123456\r\n", script).said, HasSubstr("500 5.5.2 "));
    EXPECT_THAT(rehearse("NOOP 345678901234567\r\n", script).said, HasSubstr("500 5.5.2 "));
    EXPECT_THAT(rehearse("NOOP 3456789012345\r\n", script).said, Not(HasSubstr("500 ")));
    for (const std::size_t piece : {1u, 7u, 1000u}) {
        script.piece = piece;
        const auto said = rehearse(times(500, "NOOP") + "\r\rQUIT\r\nQUIT\r\n", script).said;
        EXPECT_THAT(said, EndsWith("500 5.5.2 Line too long\r\n221 2.0.0 Bye\r\n"));
    }
}

TEST(SmtpServerLimits, KeepsNothingOfACommandThatIsTooLong)
{
    ServerConfig config{.hostname = "mx.example"};
    ServerSession session(std::make_shared<const ServerConfig>(config));
    const Instant now{};
    ASSERT_TRUE(std::holds_alternative<server_step::Send>(session.next(now)));
    const std::string part(1024, 'x');
    for (int i = 0; i < 100; ++i) { // Else the search for its end would go over all of it again.
        ASSERT_TRUE(std::holds_alternative<server_step::Read>(session.next(now)));
        session.receive(part);
    }
    session.receive("\r\n");
    ASSERT_TRUE(std::holds_alternative<server_step::Send>(session.next(now)));
}

TEST(SmtpServerLimits, TakesTheLongestCommandOfTheStandards)
{
    // RFC 5321 §4.5.3.1.3 with the parameters of RFC 1870, RFC 6152 and RFC 6531.
    const auto domain = times(3, std::string(59, 'd') + ".") + "example";
    const auto path = "<" + std::string(64, 'l') + "@" + domain + ">";
    const auto said = rehearse("EHLO x\r\nMAIL FROM:" + path +
                               " SIZE=00000000000000000001 BODY=8BITMIME SMTPUTF8\r\n")
                          .said;
    EXPECT_THAT(said, EndsWith("250 2.1.0 Ok\r\n"));
}

TEST(SmtpServerLimits, RefusesALetterWithALineTooLong)
{
    ServerScript script;
    script.config.limits.text_line_bytes = 1000;
    EXPECT_THAT(rehearse(letter(std::string(998, 'x') + "\r\n"), script).letters, SizeIs(1));
    const auto refused = rehearse(letter(std::string(999, 'x') + "\r\n") + "QUIT\r\n", script);
    EXPECT_THAT(refused.said, EndsWith("550 5.6.0 Line too long\r\n221 2.0.0 Bye\r\n"));
    EXPECT_THAT(refused.letters, SizeIs(0));
    EXPECT_EQ(refused.discarded, 1);
    EXPECT_THAT(
        rehearse(std::string(start) + "BDAT 1001 LAST\r\n" + std::string(1001, 'x'), script).said,
        HasSubstr("550 5.6.0 Line too long"));
    script.config.limits.text_line_bytes = 0;
    EXPECT_THAT(rehearse(letter(std::string(999'999, 'x') + "\r\n"), script).letters, SizeIs(1));
}

TEST(SmtpServerLimits, RefusesALetterThatIsTooBig)
{
    ServerScript script;
    script.config.limits.message_bytes = 10;
    EXPECT_THAT(rehearse(letter("..345678\r\n"), script).letters,
                SizeIs(1)); // Stuffing is not counted.
    for (const auto& peer :
         {letter("123456789\r\n"), std::string(start) + "BDAT 11 LAST\r\n12345678901",
          std::string(start) + "BDAT 10\r\n12345678\r\nBDAT 1 LAST\r\nx"}) {
        const auto result = rehearse(peer + "QUIT\r\n", script);
        EXPECT_THAT(result.said, EndsWith("552 5.3.4 Letter too big\r\n221 2.0.0 Bye\r\n"));
        EXPECT_THAT(result.letters, SizeIs(0));
    }
    script.config.limits.message_bytes = 0;
    EXPECT_THAT(rehearse(letter("123456789\r\n"), script).letters, SizeIs(1));
}

TEST(SmtpServerLimits, RefusesALetterThatSaysItIsTooBig)
{
    ServerScript script;
    script.config.limits.message_bytes = 10;
    EXPECT_THAT(rehearse("EHLO x\r\nMAIL FROM:<> SIZE=10\r\n", script).said,
                EndsWith("250 2.1.0 Ok\r\n"));
    EXPECT_THAT(rehearse("EHLO x\r\nMAIL FROM:<> SIZE=11\r\n", script).said,
                HasSubstr("552 5.3.4 "));
    script.config.limits.message_bytes = 0;
    EXPECT_THAT(rehearse("EHLO x\r\nMAIL FROM:<> SIZE=99999999999999999999\r\n", script).said,
                EndsWith("250 2.1.0 Ok\r\n"));
}

TEST(SmtpServerLimits, StoresNothingOfAChunkThatIsTooBig)
{
    ServerScript script;
    script.config.limits.message_bytes = 1000;
    const auto result = rehearse(std::string(start) + "BDAT 18446744073709551615 LAST\r\n" +
                                     std::string(100'000, 'x'),
                                 script);
    EXPECT_EQ(result.opened, 0);
}

TEST(SmtpServerLimits, RefusesMoreRecipientsThanALetterMayHave)
{
    ServerScript script;
    script.config.limits.recipients = 3;
    for (const std::size_t piece : {10u, 1000u}) {
        script.piece = piece;
        const auto result = rehearse(
            std::string(start) + times(4, "RCPT TO:<c@b.example>\r\n") + "DATA\r\n.\r\n", script);
        EXPECT_EQ(occurrences(result.said, "452 4.5.3 "), 2);
        ASSERT_THAT(result.letters, SizeIs(1));
        EXPECT_THAT(result.letters[0].envelope.recipients, SizeIs(3));
    }
}

TEST(SmtpServerLimits, HoldsNoMoreThanSomeRepliesBack)
{
    ServerScript script;
    script.config.limits.errors = 100'000;
    const auto result = rehearse(times(10'000, "X\r\n"), script);
    EXPECT_EQ(occurrences(result.said, "500 5.5.1 "), 10'000);
    EXPECT_GT(result.sends, result.said.size() / 20'000);
}

// ---- Counts -----------------------------------------------------------------------------------

TEST(SmtpServerLimits, HangsUpAfterTooManyErrors)
{
    ServerScript script;
    script.config.limits.errors = 3;
    auto result = rehearse("X\r\nX\r\nNOOP\r\nX\r\nX\r\n", script);
    EXPECT_EQ(occurrences(result.said, "500 "), 3);
    EXPECT_THAT(result.said, EndsWith("421 4.7.0 Too many errors\r\n"));
    EXPECT_TRUE(result.hung_up);
    EXPECT_THAT(rehearse("X\r\nX\r\nQUIT\r\n", script).said, EndsWith("221 2.0.0 Bye\r\n"));
}

TEST(SmtpServerLimits, ForgivesErrorsAfterALetter)
{
    ServerScript script;
    script.config.limits.errors = 3;
    EXPECT_THAT(rehearse(times(4, "X\r\nX\r\n" + letter("")), script).letters, SizeIs(4));
}

TEST(SmtpServerLimits, HangsUpOnAPeerThatGuessesRecipients)
{
    ServerScript script;
    script.config.limits.refused_recipients = 3;
    script.check = [](const auto&, const auto& to) -> Verdict {
        if (to.text().starts_with("later"))
            return std::unexpected(Reply(450, "4.2.0 Later"));
        return std::unexpected(Reply(550, "5.1.1 No"));
    };
    const auto result =
        rehearse("EHLO x\r\nMAIL FROM:<>\r\n" + times(5, "RCPT TO:<later@b.example>\r\n") +
                     times(5, "RCPT TO:<a@b.example>\r\n"),
                 script);
    EXPECT_EQ(occurrences(result.said, "450 "), 5);
    EXPECT_EQ(occurrences(result.said, "550 "), 3);
    EXPECT_THAT(result.said, EndsWith("421 4.7.0 Too many unknown recipients\r\n"));
}

TEST(SmtpServerLimits, CountsCommandsThatLeadNowhereAsErrors)
{
    ServerScript script;
    script.config.limits.junk_commands = 5;
    script.config.extensions.etrn = true;
    script.config.limits.errors = 2;
    for (const auto* junk :
         {"NOOP\r\n", "RSET\r\n", "VRFY a\r\n", "HELP\r\n", "HELO x\r\n", "ETRN b.example\r\n"}) {
        EXPECT_THAT(rehearse("HELO x\r\n" + times(6, junk), script).said, Not(HasSubstr("421 ")));
        EXPECT_THAT(rehearse("HELO x\r\n" + times(7, junk), script).said, HasSubstr("421 4.7.0 "));
    }
    // A letter makes up for them.
    EXPECT_THAT(
        rehearse("HELO x\r\n" + times(4, times(2, "NOOP\r\n") + letter("")), script).letters,
        SizeIs(4));
}

TEST(SmtpServerLimits, HangsUpAfterTooManyCommands)
{
    ServerScript script;
    script.config.limits.commands = 5;
    for (const std::size_t piece : {10u, 1000u}) {
        script.piece = piece;
        const auto result =
            rehearse(std::string(start) + times(9, "RCPT TO:<c@b.example>\r\n"), script);
        EXPECT_EQ(occurrences(result.said, "250 2.1.5"), 3);
        EXPECT_THAT(result.said, EndsWith("421 4.7.0 Too many commands\r\n"));
    }
}

TEST(SmtpServerLimits, HangsUpAfterTooManyLetters)
{
    ServerScript script;
    script.config.limits.letters = 2;
    const auto result = rehearse(times(3, letter("")), script);
    EXPECT_THAT(result.letters, SizeIs(2));
    EXPECT_THAT(result.said, HasSubstr("421 4.7.0 Too many letters"));
}

// ---- Time -------------------------------------------------------------------------------------

TEST(SmtpServerLimits, GivesUpOnASilentPeer)
{
    ServerScript script;
    script.stays = true;
    script.config.limits.patience = 5min;
    for (const auto& peer : {std::string(), std::string("NOO"), std::string(start),
                             std::string(start) + "DATA\r\nHi", std::string(start) + "BDAT 9\r\nHi",
                             std::string(start) + "BDAT 2\r\nHi", std::string(4000, 'x')}) {
        const auto result = rehearse(peer, script);
        EXPECT_THAT(result.said, EndsWith("421 4.4.2 Waited too long\r\n"));
        EXPECT_EQ(result.lasted, 5min);
        EXPECT_TRUE(result.hung_up);
        EXPECT_EQ(result.opened, result.discarded);
    }
}

TEST(SmtpServerLimits, GivesNoTimeForBytesDrippedIntoACommand)
{
    ServerScript script;
    script.stays = true;
    script.piece = 1;
    script.pause = 1min;
    auto result = rehearse("NOOP a long, slow line\r\n", script);
    EXPECT_THAT(result.said, EndsWith("421 4.4.2 Waited too long\r\n"));
    EXPECT_EQ(result.lasted, script.config.limits.patience);
    // While slow commands may come for ever, as far as this limit goes.
    script.piece = 6;
    EXPECT_THAT(rehearse(times(20, "NOOP\r\n") + "QUIT\r\n", script).said,
                EndsWith("221 2.0.0 Bye\r\n"));
}

TEST(SmtpServerLimits, HasPatienceWithALetterThatComesFastEnough)
{
    ServerScript script;
    script.config.limits.bytes_per_second = 100;
    script.stays = true;
    script.piece = 1000;
    script.pause = 10s; // Just so.
    const auto text = times(100'000, "12345678\r\n");
    for (const auto& peer : {letter(text), std::string(start) + "BDAT 1000000 LAST\r\n" + text}) {
        script.pause = 10s;
        auto result = rehearse(peer + "QUIT\r\n", script);
        EXPECT_THAT(result.letters, SizeIs(1));
        EXPECT_GT(result.lasted, 20 * script.config.limits.patience);
        script.pause = 15s;
        result = rehearse(peer, script);
        EXPECT_THAT(result.letters, SizeIs(0));
        EXPECT_THAT(result.said, EndsWith("421 4.4.2 Waited too long\r\n"));
        EXPECT_EQ(result.discarded, 1);
        EXPECT_LT(result.lasted, 4 * script.config.limits.patience);
    }
}

TEST(SmtpServerLimits, LetsNoPeerSaveUpPatience)
{
    // After a fast start, silence is no better.
    ServerScript script;
    script.config.limits.bytes_per_second = 100;
    script.stays = true;
    const auto result =
        rehearse(std::string(start) + "DATA\r\n" + times(1'000'000, "12345678\r\n"), script);
    EXPECT_EQ(result.lasted, script.config.limits.patience);
}

TEST(SmtpServerLimits, GivesNoTimeForSmallChunks)
{
    ServerScript script;
    script.stays = true;
    script.piece = 10; // A chunk.
    script.pause = 1min;
    script.cuts = {start.size()};
    std::string chunks = times(100, "BDAT 2\r\nHi");
    for (const auto* filler : {"", "NOOP 678\r\n"}) {
        chunks = times(100, std::string("BDAT 2\r\nHi") + filler);
        const auto result = rehearse(std::string(start) + chunks, script);
        EXPECT_THAT(result.said, EndsWith("421 4.4.2 Waited too long\r\n"));
        EXPECT_LT(result.lasted, 4 * script.config.limits.patience);
    }
}

TEST(SmtpServerLimits, AsksForNoRateWhereThatIsOff)
{
    ServerScript script;
    script.config.limits.bytes_per_second = 0;
    script.stays = true;
    script.piece = 10;
    script.pause = 90s;
    EXPECT_THAT(rehearse(letter(times(20, "12345678\r\n")), script).letters, SizeIs(1));
}

TEST(SmtpServerLimits, DoesNotChargeThePeerForTheBackendsTime)
{
    ServerScript script;
    script.backend_takes = 1h;
    script.stays = true;
    script.piece = 40'000;
    script.pause = 1s;
    const auto result = rehearse(letter(times(20'000, "12345678\r\n")) + "QUIT\r\n", script);
    EXPECT_THAT(result.letters, SizeIs(1));
}

TEST(SmtpServerLimits, EndsASessionThatLastsTooLong)
{
    ServerScript script;
    script.config.limits.session = 1h;
    script.config.limits.junk_commands = 1000;
    script.stays = true;
    script.piece = 6;
    script.pause = 1min;
    const auto result = rehearse(times(100, "NOOP\r\n"), script);
    EXPECT_EQ(result.lasted, 1h);
    EXPECT_THAT(result.said, EndsWith("421 4.4.2 Waited too long\r\n"));
}

} // namespace
} // namespace posthouse::smtp
