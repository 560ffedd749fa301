// SPDX-License-Identifier: Apache-2.0
#include "tests/smtp/server_rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view hello = "EHLO client.example\r\n";
constexpr std::string_view envelope = "MAIL FROM:<ann@a.example>\r\nRCPT TO:<bob@b.example>\r\n";

std::string letter(std::string_view text = "Subject: x\r\n\r\nHi\r\n")
{
    return std::string(envelope) + "DATA\r\n" + std::string(text) + ".\r\n";
}

/// The codes of the replies, one each.
std::vector<int> codes(std::string_view said)
{
    std::vector<int> codes;
    while (!said.empty()) {
        if (said[3] == ' ')
            codes.push_back(std::stoi(std::string(said.substr(0, 3))));
        said.remove_prefix(said.find("\r\n") + 2);
    }
    return codes;
}

TEST(SmtpServerSession, TakesALetterWithItsEnvelope)
{
    ServerScript script;
    script.commit = [] { return CommitVerdict{Queued{"4f2"}}; };
    const auto result = rehearse(std::string(hello) + letter() + "QUIT\r\n", script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 354, 250, 221));
    EXPECT_THAT(result.said, HasSubstr("250 2.0.0 Ok: queued as 4f2\r\n"));
    ASSERT_THAT(result.letters, SizeIs(1));
    const auto& [peer, env, text] = result.letters[0];
    EXPECT_EQ(peer.helo, "client.example");
    EXPECT_TRUE(peer.extended);
    EXPECT_FALSE(peer.tls);
    EXPECT_EQ(env.sender.text(), "ann@a.example");
    ASSERT_THAT(env.recipients, SizeIs(1));
    EXPECT_EQ(env.recipients[0].text(), "bob@b.example");
    EXPECT_EQ(text, "Subject: x\r\n\r\nHi\r\n");
    EXPECT_TRUE(result.hung_up);
}

TEST(SmtpServerSession, AnswersAPipelinedGroupInOneSend)
{
    const auto result = rehearse(std::string(hello) + letter() + letter() + "QUIT\r\n");
    EXPECT_EQ(result.sends, 2); // The greeting, and all of the rest.
    EXPECT_THAT(result.letters, SizeIs(2));
}

TEST(SmtpServerSession, AsksAboutPipelinedRecipientsTogether)
{
    const std::string group = "MAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\n"
                              "rcpt to:<2@b.example>\r\nRCPT TO:<3@b.example>\r\nDATA\r\n";
    ServerScript script;
    script.check = [](const auto& question, const mail::ForwardPath& to) -> Verdict {
        EXPECT_EQ(question.sender.text(), "a@a.example");
        if (to.text() == "2@b.example")
            return std::unexpected(Reply(550, "5.1.1 No such user"));
        return {};
    };
    const auto result = rehearse(std::string(hello) + group + "Hi\r\n.\r\n", script);
    EXPECT_THAT(result.questions, ElementsAre(3));
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 550, 250, 354, 250));
    ASSERT_THAT(result.letters, SizeIs(1));
    ASSERT_THAT(result.letters[0].envelope.recipients, SizeIs(2));
    EXPECT_EQ(result.letters[0].envelope.recipients[1].text(), "3@b.example");
}

TEST(SmtpServerSession, AnswersWhatIsWrongInAGroupOfRecipientsInItsTurn)
{
    const auto result =
        rehearse(std::string(hello) + "MAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\n"
                                      "RCPT TO:<2>\r\nRCPT TO:<3@b.example>\r\n");
    EXPECT_THAT(result.questions, ElementsAre(1, 1));
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 501, 250));
}

TEST(SmtpServerSession, RefusesCommandsOutOfOrder)
{
    const std::pair<std::string, int> cases[] = {
        {"MAIL FROM:<a@a.example>\r\n", 503},
        {"RCPT TO:<a@a.example>\r\n", 503},
        {"DATA\r\n", 503},
        {"BDAT 2\r\nhi", 503},
        {std::string(hello) + "RCPT TO:<a@a.example>\r\n", 503},
        {std::string(hello) + "DATA\r\n", 503},
        {std::string(hello) + "MAIL FROM:<>\r\nMAIL FROM:<>\r\n", 503},
        {std::string(hello) + "MAIL FROM:<>\r\nDATA\r\n", 554},
        {std::string(hello) + "MAIL FROM:<>\r\nBDAT 2 LAST\r\nhi", 554},
        {std::string(hello) + "STARTTLS\r\n", 502},
        {std::string(hello) + std::string(envelope) + "BDAT 4\r\nhi\r\nDATA\r\n", 503},
        {std::string(hello) + std::string(envelope) + "BDAT 2\r\nhiRCPT TO:<a@a.example>\r\n", 503},
        {std::string(hello) + std::string(envelope) + "BDAT 2\r\nhiMAIL FROM:<>\r\n", 503},
        {std::string(hello) + std::string(envelope) + "RSET\r\nDATA\r\n", 503},
        {std::string(hello) + std::string(envelope) + "EHLO x\r\nDATA\r\n", 503},
        {std::string(hello) + letter() + "DATA\r\n", 503}};
    for (const auto& [peer, code] : cases)
        EXPECT_EQ(codes(rehearse(peer).said).back(), code) << peer;
}

TEST(SmtpServerSession, AnswersTheCommandsThatChangeNothing)
{
    EXPECT_THAT(codes(rehearse("NOOP\r\nNOOP word\r\nVRFY ann\r\nHELP\r\nHELP MAIL\r\nRSET\r\n"
                               "EXPN list\r\nXYZZY\r\n\r\nHELO x\r\nQUIT\r\n")
                          .said),
                ElementsAre(220, 250, 250, 252, 214, 214, 250, 502, 500, 500, 250, 221));
}

TEST(SmtpServerSession, OffersWhatItsConfigurationSays)
{
    ServerScript script;
    script.config.tls = TlsPolicy::offered;
    script.config.extensions.binary_mime = true;
    script.config.limits.message_bytes = 1000;
    script.config.limits.recipients = 7;
    script.config.limits.letters = 8;
    EXPECT_THAT(
        rehearse(hello, script).said,
        EndsWith(
            "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-STARTTLS\r\n"
            "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
            "250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250 LIMITS RCPTMAX=7 MAILMAX=8\r\n"));
    script.config.tls = TlsPolicy::none;
    script.config.extensions = {.pipelining = false,
                                .size = false,
                                .eight_bit_mime = false,
                                .smtputf8 = false,
                                .chunking = false,
                                .enhanced_status_codes = false,
                                .limits = false,
                                .dsn = false,
                                .binary_mime = true};
    EXPECT_THAT(rehearse(hello, script).said, EndsWith("\r\n250 mx.example\r\n"));
    for (const auto* parameter :
         {"SIZE=1", "BODY=7BIT", "BODY=8BITMIME", "BODY=BINARYMIME", "SMTPUTF8", "RET=HDRS"}) {
        const auto said =
            rehearse(std::string(hello) + "MAIL FROM:<> " + parameter + "\r\n", script).said;
        EXPECT_EQ(codes(said).back(), 555) << parameter;
    }
    // What would have been its chunk is not taken for commands.
    EXPECT_THAT(codes(rehearse("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", script).said),
                ElementsAre(220, 502, 250));
}

TEST(SmtpServerSession, NeedsSmtputf8ForAddressesInUtf8)
{
    const std::string h(hello);
    EXPECT_EQ(codes(rehearse(h + "MAIL FROM:<\u00fc@a.example>\r\n").said).back(), 553);
    EXPECT_THAT(rehearse(h + "MAIL FROM:<\u00fc@a.example>\r\n").said, HasSubstr("553 5.6.7 "));
    EXPECT_EQ(codes(rehearse(h + "MAIL FROM:<>\r\nRCPT TO:<\u00fc@a.example>\r\n").said).back(),
              553);
    EXPECT_EQ(codes(rehearse(h + "MAIL FROM:<>\r\nRCPT TO:<a@a.example>\r\n"
                                 "RCPT TO:<\u00fc@a.example>\r\n")
                        .said)
                  .back(),
              553);
    const auto result = rehearse(h + "MAIL FROM:<\u00fc@a.example> SMTPUTF8\r\n"
                                     "RCPT TO:<\u00e4@\u00f6.example>\r\nDATA\r\n.\r\n");
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_TRUE(result.letters[0].envelope.parameters.smtputf8);
}

TEST(SmtpServerSession, PassesTheParametersOfMailOn)
{
    ServerScript script;
    script.config.extensions.binary_mime = true;
    script.check = [](const auto& question, const auto&) {
        EXPECT_EQ(question.parameters.body, BodyType::binary_mime);
        EXPECT_EQ(question.peer.helo, "client.example");
        return Verdict{};
    };
    const auto result =
        rehearse(std::string(hello) + "MAIL FROM:<> SIZE=5 BODY=BINARYMIME\r\n"
                                      "RCPT TO:<b@b.example>\r\nBDAT 3 LAST\r\na\nb",
                 script);
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].envelope.parameters.declared_bytes, 5);
    EXPECT_EQ(result.letters[0].text, "a\nb");
}

TEST(SmtpServerSession, RefusesDataForABinaryLetter)
{
    ServerScript script;
    script.config.extensions.binary_mime = true;
    const auto result = rehearse(std::string(hello) + "MAIL FROM:<> BODY=BINARYMIME\r\n"
                                                      "RCPT TO:<b@b.example>\r\nDATA\r\n",
                                 script);
    EXPECT_EQ(codes(result.said).back(), 503);
}

// ---- BDAT -------------------------------------------------------------------------------------

TEST(SmtpServerSession, PutsChunksTogether)
{
    const auto result =
        rehearse(std::string(hello) + std::string(envelope) +
                 "BDAT 5\r\nHi!\r\nBDAT 0\r\nBDAT 4\r\n.\r\n\rBDAT 1 LAST\r\n\nNOOP\r\n");
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 250, 250, 250, 250, 250));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].text, "Hi!\r\n.\r\n\r\n");
}

TEST(SmtpServerSession, EndsALetterWithAnEmptyLastChunk)
{
    const auto result =
        rehearse(std::string(hello) + std::string(envelope) + "BDAT 4\r\nHi\r\nBDAT 0 LAST\r\n");
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].text, "Hi\r\n");
}

TEST(SmtpServerSession, ReadsTheChunksOfAFailedTransactionToTheirEnd)
{
    ServerScript script;
    script.open = [](const auto&) -> Verdict {
        return std::unexpected(Reply(451, "4.3.0 Not now"));
    };
    const auto result =
        rehearse(std::string(hello) + std::string(envelope) +
                     "BDAT 6\r\nQUIT\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
                 script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 451, 503, 503, 250));
    EXPECT_THAT(result.letters, SizeIs(0));
}

TEST(SmtpServerSession, HangsUpWhenItCannotTellHowLongAChunkIs)
{
    for (const auto* bdat : {"BDAT", "BDAT x", "BDAT -1", "BDAT 5 FIRST", "BDAT 5 LAST x",
                             "BDAT 18446744073709551616", "BDAT 5\tLAST"}) {
        const auto result = rehearse(std::string(bdat) + "\r\nQUIT\r\n");
        EXPECT_EQ(codes(result.said).back(), 421) << bdat;
        EXPECT_TRUE(result.hung_up);
    }
}

TEST(SmtpServerSession, HangsUpOnABdatLineThatIsTooLong)
{
    const auto result = rehearse("BDAT 6" + std::string(3000, ' ') + "LAST\r\nQUIT\r\n");
    EXPECT_THAT(codes(result.said), ElementsAre(220, 421));
    EXPECT_TRUE(result.hung_up);
}

TEST(SmtpServerSession, RefusesBareLineEndsInChunksOfText)
{
    for (const auto* chunks :
         {"BDAT 3 LAST\r\na\nb", "BDAT 3 LAST\r\na\rb", "BDAT 2 LAST\r\na\r",
          "BDAT 2\r\na\rBDAT 1 LAST\r\nb", "BDAT 2\r\na\rBDAT 0 LAST\r\n", "BDAT 1 LAST\r\n\n"}) {
        const auto result =
            rehearse(std::string(hello) + std::string(envelope) + chunks + "NOOP\r\n");
        EXPECT_THAT(result.said, HasSubstr("550 5.6.0 ")) << chunks;
        EXPECT_EQ(codes(result.said).back(), 250);
        EXPECT_THAT(result.letters, SizeIs(0));
    }
}

TEST(SmtpServerSession, GivesUpAHalfSentLetterWhateverEndsIt)
{
    for (const auto* end : {"RSET\r\n", "EHLO x\r\n", "HELO x\r\n", "QUIT\r\n", "", "BDAT x\r\n",
                            "BDAT 99 LAST\r\nonly this"}) {
        const auto result =
            rehearse(std::string(hello) + std::string(envelope) + "BDAT 4\r\nHi\r\n" + end);
        EXPECT_EQ(result.opened, 1);
        EXPECT_EQ(result.discarded, 1) << end;
        EXPECT_THAT(result.letters, SizeIs(0));
    }
}

// ---- DATA -------------------------------------------------------------------------------------

TEST(SmtpServerSession, NeverTakesSmuggledDataForCommands)
{
    for (const auto* trick :
         {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n\n.\r\n", "\r\r.\r\n"}) {
        const auto smuggled = "a" + std::string(trick) + "MAIL FROM:<x@x.example>\r\n";
        const auto result = rehearse(std::string(hello) + letter(smuggled) + "NOOP\r\n");
        EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 354, 550, 250));
        EXPECT_THAT(result.letters, SizeIs(0));
        EXPECT_EQ(result.discarded, 1);

        ServerScript script;
        script.config.bare_line_ends = BareLineEnds::repair;
        const auto repaired = rehearse(std::string(hello) + letter(smuggled) + "NOOP\r\n", script);
        EXPECT_THAT(codes(repaired.said), ElementsAre(220, 250, 250, 250, 354, 250, 250));
        ASSERT_THAT(repaired.letters, SizeIs(1));
        EXPECT_THAT(repaired.letters[0].text, EndsWith("MAIL FROM:<x@x.example>\r\n"));
    }
}

TEST(SmtpServerSession, HandsALetterOutInLargePieces)
{
    std::string text;
    while (text.size() < 300'000)
        text += "A line of a letter like so many others, with nothing in it.\r\n";
    const auto result = rehearse(std::string(hello) + letter(text));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].text, text);
    EXPECT_GT(result.largest_piece, ServerSession::piece_bytes / 2);

    ServerScript script;
    script.piece = 1448;
    const auto small = rehearse(std::string(hello) + letter(text), script);
    EXPECT_EQ(small.letters, result.letters);
    EXPECT_GE(small.largest_piece, ServerSession::piece_bytes / 2);
}

TEST(SmtpServerSession, KeepsPiecesToTheirSizeWhileItRepairs)
{
    ServerScript script;
    script.config.bare_line_ends = BareLineEnds::repair;
    const auto result =
        rehearse(std::string(hello) + letter(std::string(300'000, '\n') + "\r\n"), script);
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].text.size(), 600'002);
}

// ---- The backend ------------------------------------------------------------------------------

TEST(SmtpServerSession, PassesTheBackendsRefusalsOn)
{
    ServerScript script;
    script.open = [](const auto&) -> Verdict { return std::unexpected(Reply(452, "4.3.1 Full")); };
    EXPECT_EQ(codes(rehearse(std::string(hello) + std::string(envelope) + "DATA\r\n", script).said)
                  .back(),
              452);
    script = {};
    script.commit = []() -> CommitVerdict { return std::unexpected(Reply(451, "4.3.0 Disk")); };
    const auto result = rehearse(std::string(hello) + letter() + "NOOP\r\n", script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 354, 451, 250));
    EXPECT_EQ(result.discarded, 0);
}

TEST(SmtpServerSession, EndsWhenTheBackendSays421)
{
    const auto gone = [] { return std::unexpected(Reply(421, "4.3.2 Going")); };
    ServerScript script;
    script.check = [&](const auto&, const auto& to) -> Verdict {
        if (to.text().starts_with("2"))
            return gone();
        return {};
    };
    auto result =
        rehearse(std::string(hello) + "MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\n"
                                      "RCPT TO:<2@b.example>\r\nRCPT TO:<3@b.example>\r\nNOOP\r\n",
                 script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 421));
    EXPECT_TRUE(result.hung_up);

    script = {};
    script.open = [&](const auto&) -> Verdict { return gone(); };
    EXPECT_EQ(codes(rehearse(std::string(hello) + letter(), script).said).back(), 421);
    result = rehearse(std::string(hello) + std::string(envelope) + "BDAT 99\r\nabc", script);
    EXPECT_EQ(codes(result.said).back(), 421);
    EXPECT_TRUE(result.hung_up);

    script = {};
    script.commit = [&]() -> CommitVerdict { return gone(); };
    result = rehearse(std::string(hello) + letter() + "NOOP\r\n", script);
    EXPECT_EQ(codes(result.said).back(), 421);
    EXPECT_TRUE(result.hung_up);
}

TEST(SmtpServerSession, DefusesWhatTheBackendQuotes)
{
    ServerScript script;
    script.check = [](const auto&, const auto&) -> Verdict {
        return std::unexpected(Reply(550, "5.1.1 a\r\n250 b\xff"));
    };
    EXPECT_THAT(rehearse(std::string(hello) + std::string(envelope), script).said,
                EndsWith("550 5.1.1 a??250 b?\r\n"));
}

// ---- Draining ---------------------------------------------------------------------------------

TEST(SmtpServerSession, TurnsTheNextCommandAwayWhenDraining)
{
    ServerScript script;
    script.meanwhile = [](ServerSession& session, std::size_t received) {
        if (received > hello.size())
            session.drain();
    };
    script.cuts = {hello.size()};
    auto result = rehearse(std::string(hello) + letter(), script);
    EXPECT_THAT(result.said, EndsWith("421 4.3.2 The server is going down\r\n"));
    EXPECT_THAT(result.letters, SizeIs(0));
    EXPECT_TRUE(result.hung_up);
    EXPECT_EQ(codes(rehearse(std::string(hello) + "QUIT\r\n", script).said).back(), 221);
}

TEST(SmtpServerSession, LetsATransactionFinishWhenDraining)
{
    ServerScript script;
    const auto start = hello.size() + std::string_view("MAIL FROM:<ann@a.example>\r\n").size();
    script.cuts = {start};
    script.meanwhile = [&](ServerSession& session, std::size_t received) {
        if (received > start)
            session.drain();
    };
    const auto result = rehearse(std::string(hello) + letter() + letter(), script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 250, 250, 250, 354, 250, 421));
    EXPECT_THAT(result.letters, SizeIs(1));
}

TEST(SmtpServerSession, DrainsAnIdlePeerSoon)
{
    ServerScript script;
    script.stays = true;
    script.meanwhile = [](ServerSession& session, std::size_t) { session.drain(); };
    const auto result = rehearse("", script);
    EXPECT_THAT(codes(result.said), ElementsAre(220, 421));
    EXPECT_EQ(result.lasted, script.config.limits.drain_patience);
}

TEST(SmtpServerSession, IsSmall)
{
    EXPECT_LE(sizeof(ServerSession), 1024);
}

// ---- What is asked for delivery, RFC 3461 -----------------------------------------------------

TEST(SmtpServerSession, HandsOnWhatIsAskedForEachRecipientThatIsAccepted)
{
    ServerScript script;
    script.check = [](const auto&, const auto& to) -> Verdict {
        if (to.text().starts_with("no"))
            return std::unexpected(Reply(550, "5.1.1 No"));
        return {};
    };
    const auto result =
        rehearse(std::string(hello) + "MAIL FROM:<a@b.example> RET=FULL ENVID=x+20y\r\n"
                                      "RCPT TO:<1@b.example> NOTIFY=DELAY\r\n"
                                      "RCPT TO:<no@b.example> NOTIFY=NEVER\r\n"
                                      "RCPT TO:<3@b.example> ORCPT=rfc822;z@b.example\r\n"
                                      "RCPT TO:<4@b.example>\r\nDATA\r\n.\r\n",
                 script);
    ASSERT_THAT(result.letters, SizeIs(1));
    const auto& env = result.letters[0].envelope;
    EXPECT_EQ(env.parameters.ret, mail::Return::full);
    EXPECT_EQ(env.parameters.envelope_id, "x y");
    EXPECT_THAT(env.terms,
                ElementsAre(mail::RecipientTerms{mail::notify::delay, ""},
                            mail::RecipientTerms{0, "rfc822;z@b.example"}, mail::RecipientTerms{}));
}

TEST(SmtpServerSession, RefusesWhatItDoesNotOfferForDeliveries)
{
    ServerScript script;
    script.config.extensions.dsn = false;
    for (const auto* parameters : {" RET=FULL", " ENVID=x"})
        EXPECT_THAT(
            rehearse(std::string(hello) + "MAIL FROM:<>" + parameters + "\r\n", script).said,
            EndsWith("555 5.5.4 Parameter not on offer\r\n"));
    for (const auto* parameters : {" NOTIFY=NEVER", " ORCPT=x;y"})
        EXPECT_THAT(rehearse(std::string(hello) +
                                 "MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\n"
                                 "RCPT TO:<a@b.example>" +
                                 parameters + "\r\n",
                             script)
                        .said,
                    EndsWith("555 5.5.4 Parameter not on offer\r\n"));
}

// ---- LMTP, RFC 2033 -----------------------------------------------------------------------------

TEST(SmtpServerSession, AnswersForEachRecipientInLmtp)
{
    ServerScript script;
    script.config.protocol = ServerProtocol::lmtp;
    script.config.extensions.pipelining = false; // RFC 2033 §5 wants it all the same.
    script.commit = [] { return CommitVerdict{Queued{"7"}}; };
    const std::string group = "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\n"
                              "RCPT TO:<2@b.example>\r\nDATA\r\n.\r\nQUIT\r\n";
    auto result = rehearse(group, script);
    EXPECT_THAT(result.said, HasSubstr("250-PIPELINING\r\n"));
    EXPECT_THAT(result.said, EndsWith("354 End with <CR><LF>.<CR><LF>\r\n"
                                      "250 2.0.0 Ok: queued as 7\r\n250 2.0.0 Ok: queued as 7\r\n"
                                      "221 2.0.0 Bye\r\n"));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_TRUE(result.letters[0].peer.lmtp);

    script.commit = [] { return CommitVerdict(std::unexpected(Reply(421, "4.3.0 Gone"))); };
    EXPECT_THAT(rehearse(group, script).said, EndsWith("421 4.3.0 Gone\r\n421 4.3.0 Gone\r\n"));
}

TEST(SmtpServerSession, TellsSmtpFromLmtp)
{
    EXPECT_THAT(rehearse("LHLO x\r\n").said, EndsWith("500 5.5.1 This is SMTP: say EHLO\r\n"));
    ServerScript script;
    script.config.protocol = ServerProtocol::lmtp;
    EXPECT_THAT(rehearse("HELO x\r\n", script).said,
                EndsWith("500 5.5.1 This is LMTP: say LHLO\r\n"));
}

// ---- ETRN, RFC 1985 -----------------------------------------------------------------------------

TEST(SmtpServerSession, TakesEtrnOnlyWhereItIsOffered)
{
    EXPECT_THAT(rehearse("EHLO x\r\nETRN b.example\r\n").said,
                EndsWith("502 5.5.1 ETRN is not on offer\r\n"));
    ServerScript script;
    script.config.extensions.etrn = true;
    EXPECT_THAT(rehearse("EHLO x\r\nETRN b.example\r\n", script).said,
                EndsWith("250 2.0.0 Queuing for node b.example started\r\n"));
    script.config.tls = TlsPolicy::required;
    EXPECT_THAT(rehearse("EHLO x\r\nETRN b.example\r\n", script).said, HasSubstr("530 5.7.0 "));
}

} // namespace
} // namespace posthouse::smtp
