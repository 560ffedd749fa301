// SPDX-License-Identifier: Apache-2.0
// What a session says to a host, and what it makes of the replies.
#include "tests/smtp/client_fake_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Why = client_step::Close::Why;
using Connection = LetterResult::Connection;

const std::vector<std::string> no_extensions;

const RehearsedLetter small_letter = letter_to({"r@mx.example"}, "Subject: x\r\n\r\n.hi\r\n");

ClientRehearsal send(FakeHost& host, std::vector<RehearsedLetter> letters)
{
    ClientScript script;
    script.letters = std::move(letters);
    return rehearse(script, host);
}

/// The one outcome of a single letter.
Outcome outcome_with(FakeHost& host, RehearsedLetter letter = small_letter)
{
    const auto play = send(host, {std::move(letter)});
    EXPECT_EQ(play.results.size(), 1u);
    EXPECT_EQ(play.results.at(0).outcomes.size(), 1u);
    return play.results.at(0).outcomes.at(0);
}

// ---- Extensions ------------------------------------------------------------------------------

TEST(ClientSession, SendsOneCommandAtATimeToAPlainHost)
{
    FakeHost host(no_extensions);
    const auto play = send(host, {small_letter});
    EXPECT_EQ(play.said,
              "EHLO out.example\r\nMAIL FROM:<s@out.example>\r\nRCPT TO:<r@mx.example>\r\n"
              "DATA\r\nSubject: x\r\n\r\n..hi\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(play.sends, 6u);
    EXPECT_THAT(host.letters, ElementsAre(small_letter.bytes));
    const auto& outcome = play.results.at(0).outcomes.at(0);
    EXPECT_EQ(outcome.disposition, Disposition::delivered);
    EXPECT_EQ(outcome.fault, Fault::none);
    EXPECT_EQ(outcome.stage, Stage::end_of_data);
    EXPECT_EQ(outcome.summary(), "250 2.0.0 Queued as 7");
    EXPECT_EQ(play.close.why, Why::finished);
}

TEST(ClientSession, PipelinesTheWholeEnvelope)
{
    FakeHost host;
    const auto play = send(host, {letter_to({"a@mx.example", "b@mx.example"}, "x\r\n")});
    EXPECT_EQ(play.sends, 4u) << "EHLO, envelope, letter, QUIT";
    EXPECT_THAT(host.commands,
                ElementsAre("EHLO out.example", "MAIL FROM:<s@out.example> SIZE=3",
                            "RCPT TO:<a@mx.example>", "RCPT TO:<b@mx.example>", "DATA", "QUIT"));
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 2u);
}

TEST(ClientSession, SendsASmallLetterInOneFlightWithItsEnvelope)
{
    FakeHost host({"PIPELINING", "CHUNKING"});
    const auto play = send(host, {small_letter});
    EXPECT_EQ(play.sends, 3u) << "EHLO, everything, QUIT";
    EXPECT_THAT(host.letters, ElementsAre(small_letter.bytes));
    EXPECT_THAT(host.commands, testing::Contains("BDAT 19 LAST"));
}

TEST(ClientSession, WaitsForTheRecipientsBeforeALargeChunk)
{
    FakeHost host({"PIPELINING", "CHUNKING"});
    host.replies["RCPT"] = "550 5.1.1 No such user";
    const auto large = letter_to({"r@mx.example"}, std::string(100'000, 'x'));
    const auto outcome = outcome_with(host, large);
    EXPECT_EQ(outcome.disposition, Disposition::failed);
    EXPECT_THAT(host.commands, testing::Not(testing::Contains(testing::StartsWith("BDAT"))));

    FakeHost willing({"PIPELINING", "CHUNKING"});
    EXPECT_EQ(outcome_with(willing, large).disposition, Disposition::delivered);
    EXPECT_THAT(willing.letters, ElementsAre(large.bytes));
}

TEST(ClientSession, SpeaksHeloToAHostWithoutEhlo)
{
    for (const char* reply : {"500 What?", "502 5.5.1 Not here", "504 no", "550 no"}) {
        FakeHost host;
        host.replies["EHLO"] = reply;
        EXPECT_EQ(outcome_with(host).disposition, Disposition::delivered);
        EXPECT_THAT(host.commands,
                    ElementsAre("EHLO out.example", "HELO out.example", "MAIL FROM:<s@out.example>",
                                "RCPT TO:<r@mx.example>", "DATA", "QUIT"));
    }
}

TEST(ClientSession, SendsNoLetterThatTheHostIsKnownToFindTooLarge)
{
    FakeHost host({"SIZE 18"});
    const auto outcome = outcome_with(host);
    EXPECT_EQ(outcome.disposition, Disposition::failed);
    EXPECT_EQ(outcome.fault, Fault::letter);
    EXPECT_EQ(outcome.status, (EnhancedCode{5, 3, 4}));
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(host.commands, ElementsAre("EHLO out.example", "QUIT"));
    FakeHost larger({"SIZE 19"});
    EXPECT_EQ(outcome_with(larger).disposition, Disposition::delivered);
}

TEST(ClientSession, DeclaresAnEightBitLetterWhereThatIsOffered)
{
    auto letter = small_letter;
    letter.outgoing.body = BodyType::eight_bit_mime;
    FakeHost offers({"8BITMIME"});
    EXPECT_EQ(outcome_with(offers, letter).disposition, Disposition::delivered);
    EXPECT_EQ(offers.commands.at(1), "MAIL FROM:<s@out.example> BODY=8BITMIME");
    FakeHost plain(no_extensions);
    EXPECT_EQ(outcome_with(plain, letter).disposition, Disposition::delivered);
    EXPECT_EQ(plain.commands.at(1), "MAIL FROM:<s@out.example>");
    letter.outgoing.eight_bit_to_7bit_host = EightBitTo7BitHost::fail;
    FakeHost again(no_extensions);
    EXPECT_EQ(outcome_with(again, letter).status, (EnhancedCode{5, 6, 3}));
}

TEST(ClientSession, SendsABinaryLetterInChunksOrNotAtAll)
{
    auto letter = letter_to({"r@mx.example"}, std::string("a\n.\n\0\r.", 7));
    letter.outgoing.body = BodyType::binary_mime;
    FakeHost able({"CHUNKING", "BINARYMIME"});
    EXPECT_EQ(outcome_with(able, letter).disposition, Disposition::delivered);
    EXPECT_EQ(able.commands.at(1), "MAIL FROM:<s@out.example> BODY=BINARYMIME");
    EXPECT_THAT(able.letters, ElementsAre(letter.bytes));
    FakeHost unable({"CHUNKING"});
    EXPECT_EQ(outcome_with(unable, letter).status, (EnhancedCode{5, 6, 3}));
}

TEST(ClientSession, SendsAnInternationalizedLetterOnlyWithSmtpUtf8)
{
    auto letter = small_letter;
    letter.outgoing.header = mail::Charset::utf8;
    FakeHost able({"SMTPUTF8", "8BITMIME"});
    EXPECT_EQ(outcome_with(able, letter).disposition, Disposition::delivered);
    EXPECT_EQ(able.commands.at(1), "MAIL FROM:<s@out.example> SMTPUTF8");
    FakeHost unable;
    const auto outcome = outcome_with(unable, letter);
    EXPECT_EQ(outcome.disposition, Disposition::failed);
    EXPECT_EQ(outcome.status, (EnhancedCode{5, 6, 7}));
}

TEST(ClientSession, FailsOnlyTheInternationalizedRecipients)
{
    FakeHost host;
    const auto play = send(host, {letter_to({"\xc3\xa9@mx.example", "b@mx.example"}, "x\r\n")});
    EXPECT_EQ(play.results.at(0).outcomes.at(0).status, (EnhancedCode{5, 6, 7}));
    EXPECT_EQ(play.results.at(0).outcomes.at(1).disposition, Disposition::delivered);
}

TEST(ClientSession, PassesOnNotificationWishesWhereTheyAreUnderstood)
{
    auto letter = small_letter;
    letter.outgoing.dsn_parameters = "RET=HDRS ENVID=7";
    letter.outgoing.recipients[0].dsn_parameters = "NOTIFY=NEVER";
    FakeHost able({"DSN"});
    outcome_with(able, letter);
    EXPECT_EQ(able.commands.at(1), "MAIL FROM:<s@out.example> RET=HDRS ENVID=7");
    EXPECT_EQ(able.commands.at(2), "RCPT TO:<r@mx.example> NOTIFY=NEVER");
    FakeHost unable;
    outcome_with(unable, letter);
    EXPECT_EQ(unable.commands.at(2), "RCPT TO:<r@mx.example>");
    letter.outgoing.recipients[0].dsn_parameters = "NOTIFY=NEVER\r\nRCPT TO:<x@mx.example>";
    FakeHost injected({"DSN"});
    outcome_with(injected, letter);
    EXPECT_EQ(injected.commands.at(2), "RCPT TO:<r@mx.example>");
}

// ---- TLS -------------------------------------------------------------------------------------

ClientRehearsal send_with_tls(FakeHost& host, ClientTlsPolicy policy)
{
    ClientScript script;
    script.config.tls = policy;
    script.letters = {small_letter};
    return rehearse(script, host);
}

TEST(ClientSession, StartsTlsWhenOfferedAndForgetsWhatWasSaidBefore)
{
    FakeHost host({"STARTTLS", "PIPELINING"});
    const auto play = send_with_tls(host, ClientTlsPolicy::opportunistic);
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 1u);
    EXPECT_EQ(host.commands.at(1), "STARTTLS");
    EXPECT_EQ(host.commands.at(2), "EHLO out.example");

    FakeHost forgetful({"STARTTLS", "PIPELINING"});
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    session.receive("220 x\r\n");
    (void)session.next({});
    (void)session.next({});
    session.receive("250-x\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
    (void)session.next({});
    (void)session.next({});
    session.receive("220 x\r\n");
    ASSERT_TRUE(std::holds_alternative<client_step::StartTls>(session.next({})));
    session.tls_established();
    (void)session.next({});
    (void)session.next({});
    session.receive("250 x\r\n");
    ASSERT_TRUE(std::holds_alternative<client_step::Ready>(session.next({})));
    EXPECT_EQ(session.capabilities(), ClientCapabilities{});
    EXPECT_TRUE(session.has_tls());
}

TEST(ClientSession, LeavesTlsAloneWhenToldTo)
{
    FakeHost host({"STARTTLS"});
    send_with_tls(host, ClientTlsPolicy::never);
    EXPECT_THAT(host.commands, testing::Not(testing::Contains("STARTTLS")));
}

TEST(ClientSession, ReconnectsInTheClearOnlyWhereTlsIsDispensable)
{
    for (const bool handshake : {false, true}) {
        for (const auto policy : {ClientTlsPolicy::opportunistic, ClientTlsPolicy::required}) {
            FakeHost host({"STARTTLS"});
            if (handshake)
                host.tls_works = false;
            else
                host.replies["STARTTLS"] = "454 4.7.0 TLS is out of order";
            const auto play = send_with_tls(host, policy);
            EXPECT_EQ(play.close.why, policy == ClientTlsPolicy::required
                                          ? Why::site_trouble
                                          : Why::reconnect_in_clear);
            EXPECT_EQ(play.close.trouble.disposition, Disposition::deferred);
            EXPECT_EQ(play.close.trouble.stage, Stage::tls);
            EXPECT_TRUE(play.close.trouble.try_next_host());
            EXPECT_THAT(play.close.trouble.text,
                        HasSubstr(handshake ? "no shared cipher" : "out of order"));
            EXPECT_TRUE(host.letters.empty());
        }
    }
}

TEST(ClientSession, SendsNothingInTheClearWhereTlsIsRequired)
{
    for (const char* ehlo : {"250 mx.example", "502 no"}) {
        FakeHost host;
        host.replies["EHLO"] = ehlo;
        const auto play = send_with_tls(host, ClientTlsPolicy::required);
        EXPECT_EQ(play.close.why, Why::site_trouble);
        EXPECT_EQ(play.close.trouble.cause, Cause::tls_not_offered);
        EXPECT_EQ(play.close.trouble.disposition, Disposition::deferred);
        EXPECT_THAT(play.said, testing::Not(HasSubstr("MAIL")));
    }
}

TEST(ClientSession, BelievesNothingThatCameInTheClearBehindStartTls)
{
    FakeHost host({"STARTTLS"});
    host.replies["STARTTLS"] = "220 go\r\n250-mx.example\r\n250 SIZE 1";
    const auto play = send_with_tls(host, ClientTlsPolicy::required);
    EXPECT_EQ(play.close.why, Why::site_trouble);
    EXPECT_EQ(play.close.trouble.cause, Cause::protocol_error);
}

TEST(ClientSession, NeedsNoStartTlsOnATlsChannel)
{
    FakeHost host({"STARTTLS"});
    ClientScript script;
    script.config.tls = ClientTlsPolicy::required;
    script.config.channel = ClientChannel::tls;
    script.letters = {small_letter};
    EXPECT_EQ(rehearse(script, host).results.at(0).count(Disposition::delivered), 1u);
    EXPECT_THAT(host.commands, testing::Not(testing::Contains("STARTTLS")));
}

// ---- Recipients ------------------------------------------------------------------------------

TEST(ClientSession, TellsEachRecipientsFate)
{
    FakeHost host;
    host.replies["RCPT TO:<b"] = "550-5.1.1 No such\r\n550 5.1.1 user";
    host.replies["RCPT TO:<c"] = "450 4.2.1 Later";
    const auto play =
        send(host, {letter_to({"a@mx.example", "b@mx.example", "c@mx.example"}, "x\r\n")});
    const auto& outcomes = play.results.at(0).outcomes;
    EXPECT_EQ(outcomes.at(0).disposition, Disposition::delivered);
    EXPECT_EQ(outcomes.at(1).disposition, Disposition::failed);
    EXPECT_EQ(outcomes.at(1).summary(), "550 5.1.1 No such user");
    EXPECT_EQ(outcomes.at(2).disposition, Disposition::deferred);
    for (const auto& outcome : {outcomes.at(1), outcomes.at(2)}) {
        EXPECT_EQ(outcome.fault, Fault::recipient);
        EXPECT_EQ(outcome.stage, Stage::rcpt);
        EXPECT_FALSE(outcome.try_next_host());
    }
    EXPECT_EQ(play.results.at(0).connection, Connection::reusable);
}

TEST(ClientSession, SendsNoLetterWhenNoRecipientIsTaken)
{
    for (const char* pipelining : {"PIPELINING", "X"}) {
        FakeHost host({pipelining});
        host.replies["RCPT"] = "550 5.1.1 No";
        const auto play = send(host, {small_letter, small_letter});
        ASSERT_EQ(play.results.size(), 2u);
        for (const auto& result : play.results)
            EXPECT_EQ(result.count(Disposition::failed), 1u);
        EXPECT_TRUE(host.letters.empty());
        EXPECT_EQ(std::ranges::count(host.commands, "RSET"), 1) << "only before the second letter";
    }
}

TEST(ClientSession, EndsAtOnceTheDataOfALetterWithoutRecipients)
{
    FakeHost host; // RFC 2920 §3.1
    host.replies["RCPT"] = "550 5.1.1 No";
    host.replies["DATA"] = "354 Go on";
    const auto play = send(host, {small_letter, small_letter});
    ASSERT_EQ(play.results.size(), 2u);
    EXPECT_EQ(play.results.at(1).count(Disposition::failed), 1u);
    EXPECT_THAT(play.said, HasSubstr("DATA\r\n.\r\nRSET\r\n"));
    EXPECT_THAT(play.said, testing::Not(HasSubstr("Subject")));
}

TEST(ClientSession, LeavesTooManyRecipientsForTheNextTransaction)
{
    for (const char* reply :
         {"452 4.5.3 Too many recipients", "452 Too many", "552 5.5.3 Too many"}) {
        FakeHost host;
        host.replies["RCPT TO:<c"] = reply;
        const auto play =
            send(host, {letter_to({"a@mx.example", "b@mx.example", "c@mx.example"}, "x\r\n")});
        const auto& outcomes = play.results.at(0).outcomes;
        EXPECT_EQ(outcomes.at(1).disposition, Disposition::delivered);
        EXPECT_EQ(outcomes.at(2).disposition, Disposition::retry_now) << reply;
        EXPECT_EQ(outcomes.at(2).fault, Fault::none);
        EXPECT_EQ(play.results.at(0).connection, Connection::reusable);
    }
}

TEST(ClientSession, DoesNotRetryAtOnceWhatIsRefusedAlone)
{
    FakeHost host;
    host.replies["RCPT"] = "452 4.5.3 Too many recipients";
    EXPECT_EQ(outcome_with(host).disposition, Disposition::deferred);
    FakeHost full;
    full.replies["RCPT TO:<b"] = "452 4.2.2 Mailbox full";
    const auto play = send(full, {letter_to({"a@mx.example", "b@mx.example"}, "x\r\n")});
    EXPECT_EQ(play.results.at(0).outcomes.at(1).disposition, Disposition::deferred);
}

TEST(ClientSession, SendsNoMoreRecipientsThanTheHostOrItsOwnLimitAllows)
{
    const auto letter = letter_to({"a@mx.example", "b@mx.example", "c@x.example"}, "x\r\n");
    FakeHost announces({"LIMITS RCPTMAX=2"});
    auto play = send(announces, {letter});
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 2u);
    EXPECT_EQ(play.results.at(0).outcomes.at(2).disposition, Disposition::retry_now);
    EXPECT_EQ(play.results.at(0).outcomes.at(2).cause, Cause::not_sent);

    FakeHost one_domain({"LIMITS RCPTDOMAINMAX=1"});
    play = send(one_domain, {letter});
    EXPECT_EQ(play.results.at(0).outcomes.at(1).disposition, Disposition::delivered);
    EXPECT_EQ(play.results.at(0).outcomes.at(2).disposition, Disposition::retry_now);

    FakeHost host;
    ClientScript script;
    script.config.limits.recipients = 1;
    script.letters = {letter};
    play = rehearse(script, host);
    EXPECT_EQ(play.results.at(0).count(Disposition::retry_now), 2u);
}

TEST(ClientSession, KeepsNoMoreCommandsInFlightThanItsLimit)
{
    FakeHost host;
    ClientScript script;
    script.config.limits.commands_in_flight = 4;
    std::vector<std::string> recipients;
    for (int i = 0; i < 20; ++i)
        recipients.push_back("r" + std::to_string(i) + "@mx.example");
    script.letters = {letter_to(recipients, "x\r\n")};
    const auto play = rehearse(script, host);
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 20u);
    EXPECT_EQ(play.sends, 3u + 6u) << "22 commands of the envelope, four at a time";
}

// ---- Whose fault -----------------------------------------------------------------------------

TEST(ClientSession, BlamesTheSiteForItsGreeting)
{
    for (const char* greeting : {"421 4.3.2 Busy", "450 no", "554 5.7.1 Go away", "hello"}) {
        FakeHost host;
        host.replies["(greeting)"] = greeting;
        const auto play = send(host, {small_letter});
        EXPECT_TRUE(play.results.empty());
        EXPECT_EQ(play.close.why, Why::site_trouble);
        EXPECT_EQ(play.close.trouble.disposition, Disposition::deferred) << greeting;
        EXPECT_EQ(play.close.trouble.status.status, 4) << greeting;
        EXPECT_EQ(play.close.trouble.stage, Stage::greeting);
        EXPECT_TRUE(play.close.trouble.try_next_host());
    }
    FakeHost never;
    never.replies["(greeting)"] = "521 5.3.2 No mail here, ever";
    EXPECT_EQ(send(never, {small_letter}).close.trouble.disposition, Disposition::failed);
}

TEST(ClientSession, QuotesWhatMakesNoSense)
{
    FakeHost host;
    host.replies["(greeting)"] = "SSH-2.0-\x01OpenSSH";
    EXPECT_THAT(send(host, {small_letter}).close.trouble.text,
                testing::EndsWith("saying: SSH-2.0-?OpenSSH"));
}

TEST(ClientSession, SaysGoodbyeToAHostThatTurnsItAway)
{
    FakeHost host;
    host.replies["(greeting)"] = "554 5.7.1 Go away";
    EXPECT_EQ(send(host, {small_letter}).said, "QUIT\r\n"); // RFC 5321 §3.1
}

TEST(ClientSession, BlamesTheLetterOrTheSiteForARefusedTransaction)
{
    struct Case {
        const char* at;
        const char* reply;
        Disposition disposition;
        Fault fault;
        Stage stage;
    };
    for (const auto& [at, reply, disposition, fault, stage] :
         {Case{"MAIL", "550 5.7.1 No", Disposition::failed, Fault::letter, Stage::mail},
          Case{"MAIL", "451 4.7.1 Later", Disposition::deferred, Fault::letter, Stage::mail},
          Case{"MAIL", "452 4.3.1 Disk full", Disposition::deferred, Fault::site, Stage::mail},
          Case{"MAIL", "421 4.3.2 Down", Disposition::deferred, Fault::site, Stage::mail},
          Case{"RCPT", "421 4.3.2 Down", Disposition::deferred, Fault::site, Stage::rcpt},
          Case{"DATA", "550 No", Disposition::failed, Fault::letter, Stage::data},
          Case{"DATA", "451 No", Disposition::deferred, Fault::letter, Stage::data},
          Case{"(end)", "554 5.7.1 Spam", Disposition::failed, Fault::letter, Stage::end_of_data},
          Case{"(end)", "451 4.3.0 Oops", Disposition::deferred, Fault::site, Stage::end_of_data},
          Case{"(end)", "552 5.3.4 Big", Disposition::failed, Fault::letter, Stage::end_of_data},
          Case{"(end)", "421 Down", Disposition::deferred, Fault::site, Stage::end_of_data},
          Case{"MAIL", "354 What", Disposition::deferred, Fault::site, Stage::mail},
          Case{"DATA", "250 What", Disposition::deferred, Fault::site, Stage::mail},
          Case{"RCPT", "(close)", Disposition::deferred, Fault::site, Stage::rcpt},
          Case{"RCPT", "", Disposition::deferred, Fault::site, Stage::rcpt}}) {
        FakeHost host(no_extensions);
        host.replies[at] = reply;
        const auto outcome = outcome_with(host);
        EXPECT_EQ(outcome.disposition, disposition) << at << ' ' << reply;
        EXPECT_EQ(outcome.fault, fault) << at << ' ' << reply;
        if (outcome.cause != Cause::protocol_error)
            EXPECT_EQ(outcome.stage, stage) << at << ' ' << reply;
        EXPECT_FALSE(outcome.may_be_duplicated) << at << ' ' << reply;
    }
}

TEST(ClientSession, WarnsOfADuplicateWhenTheLastReplyIsLost)
{
    for (const char* how : {"(close)", "", "354 What", "garbage"}) {
        for (const char* extension : {"X", "CHUNKING"}) {
            FakeHost host({"PIPELINING", extension});
            host.replies["(end)"] = how;
            const auto outcome = outcome_with(host);
            EXPECT_EQ(outcome.disposition, Disposition::deferred);
            EXPECT_EQ(outcome.stage, Stage::end_of_data);
            EXPECT_TRUE(outcome.may_be_duplicated) << how;
            EXPECT_EQ(host.letters.size(), 1u);
        }
    }
}

TEST(ClientSession, KeepsTheHostsWordsWithinBounds)
{
    FakeHost host;
    host.replies["RCPT"] = "550 5.1.1 \x1b[1m" + std::string(2000, 'x');
    const auto outcome = outcome_with(host);
    EXPECT_EQ(outcome.text.size(), ClientLimits{}.outcome_text_bytes);
    EXPECT_EQ(outcome.text.substr(0, 5), "?[1mx");
}

TEST(ClientSession, StopsListeningToAHostThatTalksTooMuch)
{
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    for (int i = 0; i < 100; ++i)
        session.receive(std::string(16 * 1024, '\n'));
    const auto step = session.next({});
    ASSERT_TRUE(std::holds_alternative<client_step::Close>(step));
    EXPECT_EQ(std::get<client_step::Close>(step).trouble.cause, Cause::protocol_error);
}

TEST(ClientSession, DoesNotTakeRepliesToWhatItHasNotSaid)
{
    FakeHost host;
    host.replies["EHLO"] = "250 mx.example\r\n550 no mail\r\n550 no recipient\r\n503 no data";
    const auto play = send(host, {small_letter});
    EXPECT_TRUE(play.results.empty());
    EXPECT_EQ(play.close.why, Why::site_trouble);
    EXPECT_EQ(play.close.trouble.cause, Cause::protocol_error);
}

// ---- Many letters ----------------------------------------------------------------------------

TEST(ClientSession, SendsManyLettersOverOneConnectionWithoutReset)
{
    FakeHost host;
    const auto play = send(host, {small_letter, small_letter, small_letter});
    EXPECT_EQ(play.results.size(), 3u);
    EXPECT_EQ(host.letters.size(), 3u);
    EXPECT_THAT(host.commands, testing::Not(testing::Contains("RSET")));
}

TEST(ClientSession, ResetsOnlyAnOpenTransaction)
{
    for (const auto& [at, reset] : {std::pair("MAIL", 0), std::pair("RCPT", 1),
                                    std::pair("DATA", 1), std::pair("(end)", 0)}) {
        FakeHost host;
        host.replies[at] = "550 5.7.1 No";
        const auto play = send(host, {small_letter, small_letter});
        ASSERT_EQ(play.results.size(), 2u);
        EXPECT_EQ(play.results.at(0).connection, Connection::reusable);
        EXPECT_EQ(std::ranges::count(host.commands, "RSET"), reset) << at;
    }
    FakeHost chunks({"CHUNKING"});
    chunks.replies["(end)"] = "550 5.7.1 No";
    send(chunks, {small_letter, small_letter});
    EXPECT_EQ(std::ranges::count(chunks.commands, "RSET"), 1);
}

TEST(ClientSession, RetriesAtOnceWhatMetAStaleConnection)
{
    for (const char* how : {"(close)", "421 4.4.2 Idle too long"}) {
        FakeHost host(no_extensions);
        ClientScript script;
        script.letters = {small_letter, letter_to({"z@mx.example"}, "x\r\n")};
        script.letters[1].outgoing.sender = mail::ReversePath();
        host.replies["MAIL FROM:<>"] = how;
        const auto play = rehearse(script, host);
        ASSERT_EQ(play.results.size(), 2u);
        EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 1u);
        const auto& outcome = play.results.at(1).outcomes.at(0);
        EXPECT_EQ(outcome.disposition, Disposition::retry_now) << how;
        EXPECT_EQ(outcome.fault, Fault::none);
        EXPECT_EQ(play.results.at(1).connection, Connection::spent);
        EXPECT_EQ(play.close.why, Why::finished);
    }
}

TEST(ClientSession, SendsNoMoreLettersThanTheHostAllows)
{
    FakeHost host({"LIMITS MAILMAX=2"});
    const auto play = send(host, {small_letter, small_letter, small_letter});
    ASSERT_EQ(play.results.size(), 2u);
    EXPECT_EQ(play.results.at(0).connection, Connection::reusable);
    EXPECT_EQ(play.results.at(1).connection, Connection::spent);
    EXPECT_EQ(host.commands.back(), "QUIT");
}

TEST(ClientSession, SendsQuitAlongWithTheLastLetter)
{
    auto last = small_letter;
    last.outgoing.afterwards = Outgoing::Afterwards::quit;
    FakeHost host;
    const auto play = send(host, {last});
    EXPECT_EQ(play.sends, 3u) << "EHLO, envelope, letter and QUIT";
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 1u);
    EXPECT_EQ(play.results.at(0).connection, Connection::spent);
    EXPECT_EQ(play.close.why, Why::finished);

    FakeHost plain(no_extensions);
    EXPECT_EQ(send(plain, {last}).results.at(0).connection, Connection::spent);
    EXPECT_EQ(plain.commands.back(), "QUIT");
}

TEST(ClientSession, WaitsForTheReplyToQuitButNotLong)
{
    FakeHost host;
    host.replies["QUIT"] = "";
    const auto play = send(host, {small_letter});
    EXPECT_EQ(play.close.why, Why::finished);
    EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 1u);
    EXPECT_EQ(play.took, 5s);
}

TEST(ClientSession, NoticesThatAnIdleConnectionCloses)
{
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    FakeHost host(no_extensions);
    session.receive("220 x\r\n");
    (void)session.next({});
    (void)session.next({});
    session.receive("250 x\r\n");
    ASSERT_TRUE(std::holds_alternative<client_step::Ready>(session.next({})));
    session.receive("421 4.4.2 Idle\r\n");
    EXPECT_TRUE(std::holds_alternative<client_step::Close>(session.next({})));
}

// ---- The letter's bytes ----------------------------------------------------------------------

TEST(ClientSession, BreaksOffWhenTheLetterCannotBeRead)
{
    for (const char* extension : {"X", "CHUNKING"}) {
        auto letter = small_letter;
        letter.outgoing.size_bytes += 1; // The rehearsal then has nothing more to give.
        FakeHost host({"PIPELINING", extension});
        const auto play = send(host, {letter});
        const auto& outcome = play.results.at(0).outcomes.at(0);
        EXPECT_EQ(outcome.disposition, Disposition::deferred);
        EXPECT_EQ(outcome.fault, Fault::letter);
        EXPECT_EQ(outcome.cause, Cause::not_read);
        EXPECT_EQ(play.results.at(0).connection, Connection::spent);
        EXPECT_THAT(play.said, testing::Not(HasSubstr("\r\n.\r\n")));
    }
}

TEST(ClientSession, TakesARefusalHalfWayThroughTheLetter)
{
    FakeHost host;
    host.replies["DATA"] = "354 Go on\r\n552 5.3.4 Too big, enough";
    const auto outcome = outcome_with(host, letter_to({"r@mx.example"}, std::string(500'000, 'x')));
    EXPECT_EQ(outcome.disposition, Disposition::failed);
    EXPECT_EQ(outcome.text, "Too big, enough");
    EXPECT_FALSE(outcome.may_be_duplicated);
}

TEST(ClientSession, ReachesEveryRecipientOfAnLmtpHost)
{
    for (const char* extension : {"PIPELINING", "CHUNKING", "X"}) {
        FakeHost host({"PIPELINING", extension});
        host.lmtp = true;
        host.replies["RCPT TO:<b"] = "550 5.1.1 No";
        ClientScript script;
        script.config.protocol = ClientProtocol::lmtp;
        script.letters = {letter_to({"a@mx.example", "b@mx.example", "c@mx.example"}, "x\r\n")};
        const auto play = rehearse(script, host);
        EXPECT_EQ(host.commands.at(0), "LHLO out.example");
        EXPECT_EQ(play.results.at(0).count(Disposition::delivered), 2u);
        EXPECT_EQ(play.results.at(0).outcomes.at(1).disposition, Disposition::failed);
        EXPECT_EQ(play.results.at(0).connection, Connection::reusable);
    }
}

} // namespace
} // namespace posthouse::smtp
