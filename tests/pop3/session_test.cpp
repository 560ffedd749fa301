// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.hpp"

#include "tests/pop3/rehearsal.hpp"

#include <gtest/gtest.h>

namespace posthouse::pop3 {
namespace {

using namespace std::chrono_literals;

const std::string login = "USER fritz\r\nPASS secret\r\n";

Script with(std::vector<std::string> messages)
{
    Script script;
    script.messages = std::move(messages);
    return script;
}

/// The first message has this many octets.
Maildrop one_message(std::uint64_t octets)
{
    return {.validity = 7, .messages = {{.octets = octets, .uid = 1}}};
}

std::shared_ptr<const Config> plain_config()
{
    return std::make_shared<const Config>(Config{.hostname = "mx.example"});
}

/// What the session said after the login's reply.
std::string after_login(std::string_view commands, const Script& script = {})
{
    const auto heard = rehearse(login + std::string(commands), script);
    const auto first = rehearse(login, script).said;
    EXPECT_TRUE(heard.said.starts_with(first));
    return heard.said.substr(first.size());
}

TEST(Pop3Session, ServesAMaildrop)
{
    const auto heard =
        rehearse("CAPA\r\n" + login + "STAT\r\nLIST\r\nUIDL\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n",
                 with({"Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\n.two\r\n"}));
    EXPECT_EQ(heard.said, "+OK mx.example POP3 ready\r\n"
                          "+OK Capabilities follow\r\n"
                          "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUSER\r\n"
                          "SASL PLAIN\r\nEXPIRE NEVER\r\nUTF8 USER\r\nLANG\r\n"
                          "IMPLEMENTATION Posthouse\r\n.\r\n"
                          "+OK The password, please\r\n"
                          "+OK 2 messages (39 octets)\r\n"
                          "+OK 2 39\r\n"
                          "+OK 2 messages (39 octets)\r\n1 19\r\n2 20\r\n.\r\n"
                          "+OK 2 messages (39 octets)\r\n1 7.1\r\n2 7.2\r\n.\r\n"
                          "+OK 20 octets\r\nSubject: b\r\n\r\n..two\r\n.\r\n"
                          "+OK Message 1 is deleted\r\n"
                          "+OK Bye\r\n");
    EXPECT_EQ(heard.deleted, std::vector<std::uint32_t>{0});
    EXPECT_EQ(heard.closed, CloseReason::quit);
}

TEST(Pop3Session, BehavesTheSameHoweverItsInputIsCut)
{
    const std::string peer = "CAPA\r\nuser fritz\r\nPASS wrong\r\nNOOP\r\n" + login +
                             "LIST\r\nLIST 2\r\nUIDL 3\r\nTOP 1 1\r\nRETR 1\r\nRETR 2\r\nDELE 2\r\n"
                             "STAT\r\nRETR 2\r\nRSET\r\nDELE 3\r\nBOGUS\r\nLIST\r\nQUIT\r\n";
    auto script = with({"a: b\r\n\r\n.x\r\n..\r\n.\r\nend", "\r\n", ""});
    const auto whole = rehearse(peer, script);
    EXPECT_EQ(whole.deleted, std::vector<std::uint32_t>{2});
    for (std::size_t piece = 1; piece < peer.size(); ++piece) {
        script.piece = piece;
        script.message_piece = 1 + piece % 7;
        const auto cut = rehearse(peer, script);
        EXPECT_EQ(cut.said, whole.said) << "in pieces of " << piece;
        EXPECT_EQ(cut.deleted, whole.deleted);
        EXPECT_EQ(cut.closed, CloseReason::quit);
    }
}

TEST(Pop3Session, PlaysALoginTheSameHoweverItsInputIsCut)
{
    const std::string peer =
        "AUTH\r\nAUTH B\r\n*\r\nAUTH B eHg=\r\nno base64\r\nAUTH B eA==\r\nAUTH B eHg=\r\neHg=\r\n"
        "eHg=\r\nAUTH B eHg=\r\neHg=\r\n\r\nSTAT\r\nQUIT\r\n";
    auto script = with({"x\r\n"});
    script.mechanisms = {"B"};
    script.login = [](const std::string&, const auto& said) -> LoginAnswer {
        if (!said.empty() && said.back() == "x")
            return LoginRefused::wrong;
        return said.size() < 2 ? LoginAnswer(LoginChallenge{"?"}) : LoginAccepted{"proof"};
    };
    const auto whole = rehearse(peer, script);
    EXPECT_EQ(whole.said, "+OK mx.example POP3 ready\r\n"
                          "+OK Mechanisms follow\r\nB\r\n.\r\n"
                          "+ Pw==\r\n-ERR The login was given up\r\n"
                          "+ Pw==\r\n-ERR The response is not base64\r\n"
                          "-ERR [AUTH] Wrong name or password\r\n"
                          "+ Pw==\r\n+ cHJvb2Y=\r\n-ERR There was nothing to answer\r\n"
                          "+ Pw==\r\n+ cHJvb2Y=\r\n+OK 1 messages (3 octets)\r\n"
                          "+OK 1 3\r\n+OK Bye\r\n");
    EXPECT_EQ(whole.given_up, 3);
    for (std::size_t piece = 1; piece < peer.size(); ++piece) {
        script.piece = piece;
        const auto cut = rehearse(peer, script);
        ASSERT_EQ(cut.said, whole.said) << "in pieces of " << piece;
        ASSERT_EQ(cut.given_up, whole.given_up);
    }
}

TEST(Pop3Session, TakesAResponseUpToTheLimitAndNotOneByteMore)
{
    auto script = with({});
    script.login = [](const auto&, const auto& said) -> LoginAnswer {
        return said.empty() ? LoginAnswer(LoginChallenge{}) : LoginRefused::malformed;
    };
    const std::string longest(12'284, 'A'); // With its end 12286; a whole number of quartets
    for (const std::string start : {"AUTH PLAIN\r\n", "AUTH PLAIN "}) {
        const auto fits = start + longest.substr(start.ends_with(' ') ? 12 : 0) + "\r\n";
        EXPECT_TRUE(rehearse(fits, script)
                        .said.ends_with("-ERR [AUTH] The login's message makes no sense\r\n"));
        const auto heard = rehearse(start + longest + "AAAA\r\n", script);
        EXPECT_TRUE(heard.said.ends_with("-ERR The line is too long\r\n"));
        EXPECT_TRUE(rehearse(start + longest + "AAAA\r\nQUIT\r\n", script)
                        .said.ends_with("-ERR The line is too long\r\n+OK Bye\r\n"));
    }
}

TEST(Pop3Session, SaysHowMuchMoreOfAMessageItWillAskFor)
{
    auto config = *plain_config();
    config.limits.piece_bytes = 10;
    Session session(std::make_shared<const Config>(config));
    session.offer_mechanisms({"PLAIN"});
    session.next({});
    session.receive(login + "RETR 1\r\nTOP 1 0\r\n");
    session.next({});
    session.answer(LoginAccepted{});
    session.next({});
    session.answer(one_message(25));
    std::vector<std::uint64_t> more;
    while (more.size() < 4) {
        const auto step = session.next({});
        if (const auto* read = std::get_if<step::ReadMessage>(&step)) {
            more.push_back(read->more);
            session.message_piece(std::string(read->length, 'x'));
        }
    }
    EXPECT_EQ(more, (std::vector<std::uint64_t>{15, 5, 0, 0})); // TOP never knows.
}

TEST(Pop3Session, AnswersPipelinedCommandsInOneSend)
{
    EXPECT_EQ(rehearse(login + "STAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n", with({"x\r\n"})).sends, 2);
}

TEST(Pop3Session, TakesCommandsInAnyCaseAndWithBareNewlines)
{
    EXPECT_EQ(after_login("sTaT\nNoop \r\n"), "+OK 0 0\r\n+OK Nothing done\r\n");
}

TEST(Pop3Session, RefusesCommandsInTheWrongState)
{
    for (const std::string command :
         {"STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "RSET", "NOOP"})
        EXPECT_TRUE(rehearse(command + "\r\n").said.ends_with("-ERR Log in first\r\n")) << command;
    for (const std::string command : {"USER x", "PASS x", "STLS"})
        EXPECT_EQ(after_login(command + "\r\n"), "-ERR Not after the login\r\n") << command;
    EXPECT_TRUE(rehearse("PASS x\r\n").said.ends_with("-ERR Say USER first\r\n"));
}

// ---- Passwords and TLS ----------------------------------------------------------------------

TEST(Pop3Session, AsksForNoPasswordInTheClear)
{
    Script script;
    script.mechanisms = {};
    script.config.offer_tls = true;
    const auto heard = rehearse("CAPA\r\n" + login, script);
    EXPECT_FALSE(heard.said.contains("\r\nUSER\r\n"));
    EXPECT_TRUE(heard.said.contains("\r\nSTLS\r\n"));
    EXPECT_TRUE(
        heard.said.ends_with(".\r\n-ERR Say STLS first: passwords are not taken in the clear\r\n"
                             "-ERR Say STLS first: passwords are not taken in the clear\r\n"));
    EXPECT_EQ(heard.logins, 0);

    script.piece = 6; // STLS by itself.
    const auto safe = rehearse("STLS\r\nCAPA\r\n" + login, script);
    EXPECT_TRUE(safe.said.contains("\r\nUSER\r\n"));
    EXPECT_FALSE(safe.said.contains("\r\nSTLS\r\n"));
    EXPECT_EQ(safe.openings, 1);
}

TEST(Pop3Session, TakesPasswordsWhereTlsCameFirst)
{
    Script script;
    script.mechanisms = {};
    script.config.implicit_tls = true;
    script.config.offer_tls = true;
    EXPECT_EQ(rehearse(login, script).openings, 1);
    EXPECT_TRUE(rehearse("STLS\r\n", script).said.ends_with("-ERR TLS is there already\r\n"));
    EXPECT_TRUE(rehearse("STLS\r\n").said.ends_with("-ERR TLS is not on offer\r\n"));
}

TEST(Pop3Session, RunsNothingThatCameInTheClearBehindStls)
{
    Script script;
    script.config.offer_tls = true;
    const auto injected = rehearse("STLS\r\n" + login, script);
    EXPECT_TRUE(injected.said.ends_with("-ERR STLS must come last\r\n"));
    EXPECT_EQ(injected.closed, CloseReason::injection);
    EXPECT_EQ(injected.logins, 0);
    EXPECT_EQ(rehearse("STLS\r\n ", script).closed, CloseReason::injection);
}

TEST(Pop3Session, ForgetsTheNameAtStls)
{
    Script script;
    script.config.offer_tls = true;
    script.piece = 18; // USER and STLS, then the rest.
    EXPECT_TRUE(rehearse("USER fritz\r\nSTLS\r\nPASS secret\r\n", script)
                    .said.ends_with("-ERR Say USER first\r\n"));
}

TEST(Pop3Session, KeepsSpacesInNamesAndPasswords)
{
    Script script;
    script.user = "fritz the cat";
    script.password = " a  b ";
    EXPECT_EQ(rehearse("USER fritz the cat\r\nPASS  a  b \r\n", script).openings, 1);
}

TEST(Pop3Session, SendsAPeerAwayThatGuessesPasswords)
{
    const std::string wrong = "USER fritz\r\nPASS wrong\r\n";
    const auto heard = rehearse(wrong + wrong + wrong + login);
    EXPECT_EQ(heard.logins, 3);
    EXPECT_TRUE(heard.said.ends_with("-ERR [AUTH] Wrong name or password\r\n"));
    EXPECT_EQ(heard.closed, CloseReason::failed_logins);
    EXPECT_EQ(rehearse(wrong + wrong + login).openings, 1);
    // A name is good for one password.
    EXPECT_TRUE(rehearse(wrong + "PASS secret\r\n").said.ends_with("-ERR Say USER first\r\n"));
}

TEST(Pop3Session, SaysWhatItCannotDoNow)
{
    Script script;
    script.login = [](const auto&, const auto&) { return LoginRefused::unavailable; };
    EXPECT_TRUE(
        rehearse(login, script).said.ends_with("-ERR [SYS/TEMP] Logins cannot be checked now\r\n"));
    script.login = [](const auto&, const auto&) { return LoginRefused::too_soon; };
    EXPECT_TRUE(rehearse(login, script)
                    .said.ends_with("-ERR [LOGIN-DELAY] It is too soon to log in again\r\n"));
    script.login = [](const auto&, const auto&) { return LoginRefused::braked; };
    EXPECT_EQ(rehearse(login, script).closed, CloseReason::failed_logins);
    Script busy;
    busy.open_failure = OpenFailure::in_use;
    EXPECT_TRUE(rehearse(login, busy)
                    .said.ends_with("-ERR [IN-USE] Another session has this maildrop\r\n"));
    EXPECT_TRUE(rehearse(login + "STAT\r\n", busy).said.ends_with("-ERR Log in first\r\n"));
    busy.open_failure = OpenFailure::unavailable;
    EXPECT_TRUE(rehearse(login, busy)
                    .said.ends_with("-ERR [SYS/TEMP] The maildrop cannot be opened now\r\n"));
}

// ---- The maildrop ---------------------------------------------------------------------------

TEST(Pop3Session, HidesDeletedMessagesUntilReset)
{
    const auto script = with({"a\r\n", "bb\r\n", "ccc\r\n"});
    EXPECT_EQ(
        after_login("DELE 2\r\nSTAT\r\nLIST\r\nLIST 2\r\nUIDL 2\r\nDELE 2\r\nTOP 2 0\r\nUIDL\r\n",
                    script),
        "+OK Message 2 is deleted\r\n"
        "+OK 2 8\r\n"
        "+OK 2 messages (8 octets)\r\n1 3\r\n3 5\r\n.\r\n"
        "-ERR No such message\r\n-ERR No such message\r\n-ERR No such message\r\n-ERR No such "
        "message\r\n"
        "+OK 2 messages (8 octets)\r\n1 7.1\r\n3 7.3\r\n.\r\n");
    EXPECT_EQ(after_login("DELE 2\r\nRSET\r\nLIST 2\r\n", script),
              "+OK Message 2 is deleted\r\n+OK 3 messages (12 octets)\r\n+OK 2 4\r\n");
}

TEST(Pop3Session, DeletesNothingWithoutQuit)
{
    EXPECT_EQ(rehearse(login + "DELE 1\r\n", with({"a\r\n"})).deletions, 0);
    EXPECT_EQ(rehearse(login + "DELE 1\r\nRSET\r\nQUIT\r\n", with({"a\r\n"})).deletions, 0);
    EXPECT_EQ(rehearse(login + "DELE 1\r\nQUIT\r\n", with({"a\r\n"})).deletions, 1);
}

TEST(Pop3Session, AdmitsThatADeletionFailed)
{
    auto script = with({"a\r\n"});
    script.deletion = Deletion::failed;
    const auto heard = rehearse(login + "DELE 1\r\nQUIT\r\n", script);
    EXPECT_TRUE(heard.said.ends_with("-ERR [SYS/TEMP] Some deleted messages were not removed\r\n"));
    EXPECT_EQ(heard.closed, CloseReason::quit);
}

TEST(Pop3Session, KnowsNoMessageOutsideTheMaildrop)
{
    const auto script = with({"a\r\n"});
    for (const std::string number : {"0", "2", "4294967297", "18446744073709551615"}) {
        EXPECT_EQ(after_login("RETR " + number + "\r\n", script), "-ERR No such message\r\n");
        EXPECT_EQ(after_login("LIST " + number + "\r\n", script), "-ERR No such message\r\n");
    }
    for (const std::string number : {"", "-1", "x", "1 1", "99999999999999999999"})
        EXPECT_EQ(after_login("RETR " + number + "\r\n", script),
                  "-ERR This command takes a message number\r\n");
}

TEST(Pop3Session, EndsALastLineThatHasNoEnd)
{
    EXPECT_EQ(after_login("RETR 1\r\n", with({"a: b\r\n\r\nx"})),
              "+OK 9 octets\r\na: b\r\n\r\nx\r\n.\r\n");
    EXPECT_EQ(after_login("RETR 1\r\n", with({""})), "+OK 0 octets\r\n.\r\n");
}

TEST(Pop3Session, TopCountsLinesAcrossPieces)
{
    auto script = with({"a: b\r\nc: d\r\n\r\none\r\n.two\r\n\r\nfour"});
    const std::string header = "+OK Top of message follows\r\na: b\r\nc: d\r\n\r\n";
    for (std::size_t piece = 1; piece < 32; ++piece) {
        script.message_piece = piece;
        EXPECT_EQ(after_login("TOP 1 0\r\n", script), header + ".\r\n") << piece;
        EXPECT_EQ(after_login("TOP 1 1\r\n", script), header + "one\r\n.\r\n") << piece;
        EXPECT_EQ(after_login("TOP 1 3\r\n", script), header + "one\r\n..two\r\n\r\n.\r\n")
            << piece;
        EXPECT_EQ(after_login("TOP 1 99\r\n", script), header + "one\r\n..two\r\n\r\nfour\r\n.\r\n")
            << piece;
    }
}

TEST(Pop3Session, NeverPassesHalfAMessageForAWholeOne)
{
    auto script = with({std::string(100, 'x') + "\r\n"});
    script.message_piece = 50;
    script.config.limits.piece_bytes = 50;
    script.fails_from = 0;
    EXPECT_EQ(after_login("RETR 1\r\nNOOP\r\n", script),
              "-ERR [SYS/TEMP] The message cannot be read now\r\n+OK Nothing done\r\n");
    script.fails_from = 60;
    const auto heard = rehearse(login + "RETR 1\r\nNOOP\r\n", script);
    EXPECT_TRUE(heard.said.ends_with(std::string(50, 'x')));
    EXPECT_EQ(heard.closed, CloseReason::message_lost);
}

// ---- Limits ---------------------------------------------------------------------------------

TEST(Pop3Session, HoldsNoMoreThanAPieceOfAMessage)
{
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += ".\r\n"; // The worst case of stuffing.
    auto script = with({text});
    const auto heard = rehearse(login + "RETR 1\r\n", script);
    EXPECT_LE(heard.longest_send, 256u * 1024 * 3 / 2 + 16 * 1024);
    std::string_view said = heard.said;
    said.remove_prefix(said.find("+OK 300000 octets"));
    EXPECT_EQ(read_multiline(said), text);
}

TEST(Pop3Session, SendsALongListingInPieces)
{
    auto script = with(std::vector<std::string>(20'000, "x\r\n"));
    const auto heard = rehearse(login + "UIDL\r\n", script);
    EXPECT_LE(heard.longest_send, 16u * 1024 + 100);
    EXPECT_TRUE(heard.said.ends_with("\r\n20000 7.20000\r\n.\r\n"));
}

TEST(Pop3Session, TakesALineUpToTheLimitAndNotOneByteMore)
{
    EXPECT_EQ(after_login("NOOP" + std::string(249, ' ') + "\r\n"), "+OK Nothing done\r\n");
    const auto heard = rehearse("NOOP" + std::string(250, ' ') + "\r\n");
    EXPECT_TRUE(heard.said.ends_with("-ERR The line is too long\r\n"));
}

TEST(Pop3Session, ReadsALineThatIsTooLongToItsEndAndTakesNothingInItForACommand)
{
    std::string noise(254, ' ');
    for (int i = 0; i < 1000; ++i)
        noise += "\rQUIT\r";
    EXPECT_EQ(after_login(noise + "\r\nNOOP\r\n"),
              "-ERR The line is too long\r\n+OK Nothing done\r\n");
}

TEST(Pop3Session, ForgivesErrorsBetweenRightCommandsToWhoIsKnown)
{
    std::string errors;
    for (int i = 0; i < 15; ++i)
        errors += "XSENDER 1\r\n";
    EXPECT_TRUE(
        rehearse(login + errors + "NOOP\r\n" + errors + "QUIT\r\n").said.ends_with("+OK Bye\r\n"));
    EXPECT_EQ(rehearse(login + errors + errors).closed, CloseReason::errors);
}

TEST(Pop3Session, SendsAwayAPeerThatOnlyMakesErrors)
{
    std::string noise;
    for (int i = 0; i < 30; ++i)
        noise += "GET / HTTP/1.1\r\n";
    const auto heard = rehearse(noise);
    EXPECT_EQ(heard.closed, CloseReason::errors);
    std::size_t errors = 0;
    for (std::size_t at = 0; (at = heard.said.find("-ERR", at)) != std::string::npos; ++at)
        ++errors;
    EXPECT_EQ(errors, 20u);
}

TEST(Pop3Session, LeavesAnIdlePeerWithoutAWordAndDeletesNothing)
{
    Session session(plain_config());
    session.offer_mechanisms({"PLAIN"});
    Instant now{};
    session.next(now); // The greeting
    session.receive(login + "DELE 1\r\n");
    session.next(now);
    session.answer(LoginAccepted{});
    session.next(now);
    session.answer(one_message(3));
    session.next(now); // What was said
    const auto until = std::get<step::Read>(session.next(now)).until;
    EXPECT_EQ(until, now + 10min); // RFC 1939 §3

    session.receive("QUI");
    now += 9min;
    EXPECT_EQ(std::get<step::Read>(session.next(now)).until, until); // Bytes buy no time.
    now += 1min;
    const auto step = session.next(now);
    EXPECT_EQ(std::get<step::Close>(step).why, CloseReason::timed_out);
}

TEST(Pop3Session, ExpectsAMinimumSpeedOfThePeer)
{
    auto config = *plain_config();
    config.limits.piece_bytes = config.limits.output_bytes = 10'240;
    Session session(std::make_shared<const Config>(config));
    session.offer_mechanisms({"PLAIN"});
    EXPECT_EQ(std::get<step::Send>(session.next({})).until, Instant{} + 60s);
    session.receive(login + "RETR 1\r\n");
    session.next({});
    session.answer(LoginAccepted{});
    session.next({});
    session.answer(one_message(20'480));
    EXPECT_EQ(std::get<step::ReadMessage>(session.next({})).length, 10'240u);
    session.message_piece(std::string(10'240, 'x'));
    EXPECT_EQ(std::get<step::Send>(session.next({})).until, Instant{} + 70s);
}

TEST(Pop3Session, EndsAtADisconnectionWhateverIsOpen)
{
    const std::string peer = login + "RETR 1\r\nDELE 1\r\nQUIT\r\n";
    for (int after = 0; after < 20; ++after) {
        Session session(plain_config());
        session.offer_mechanisms({"PLAIN"});
        std::string_view rest = peer;
        for (int i = 0; i < after && !rest.empty(); ++i) {
            const auto step = session.next({});
            if (i + 1 == after)
                break;
            if (std::holds_alternative<step::Read>(step)) {
                session.receive(rest.substr(0, 12));
                rest.remove_prefix(std::min<std::size_t>(12, rest.size()));
            } else if (std::holds_alternative<step::StartLogin>(step)) {
                session.answer(LoginAccepted{});
            } else if (std::holds_alternative<step::OpenMaildrop>(step)) {
                session.answer(one_message(3));
            } else if (std::holds_alternative<step::ReadMessage>(step)) {
                session.message_piece("x\r\n");
            }
        }
        session.disconnected();
        const auto step = session.next({});
        ASSERT_TRUE(std::holds_alternative<step::Close>(step)) << after;
        EXPECT_EQ(std::get<step::Close>(step).why, CloseReason::disconnected);
    }
}

TEST(Pop3Session, IsSmallWhileItWaits)
{
    EXPECT_LE(sizeof(Session), 256u);
}

TEST(Pop3SessionDeathTest, AbortsWhenAnsweredUnasked)
{
    Session session(plain_config());
    session.offer_mechanisms({"PLAIN"});
    EXPECT_DEATH(session.answer(LoginAccepted{}), "");
    EXPECT_DEATH(session.message_piece("x"), "");
}

} // namespace
} // namespace posthouse::pop3
