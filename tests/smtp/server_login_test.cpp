// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"
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

const std::string letter =
    "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nHi\r\n.\r\n";
const std::string plain = "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=\r\n";

ServerScript submission()
{
    ServerScript script;
    script.config.tls = TlsPolicy::implicit;
    script.config.login = LoginPolicy::required;
    script.tls_mechanisms = {"SCRAM-SHA-256", "PLAIN"};
    script.login = [](const auto&, const auto& said) -> LoginAnswer {
        if (said.empty())
            return LoginChallenge{};
        if (said.back() == std::string_view("test\0test\0001234", 14))
            return LoginAccepted{"test@b.example"};
        return Reply(535, "5.7.8 Wrong name or password");
    };
    return script;
}

TEST(SmtpLogin, TakesNoLetterBeforeIt)
{
    auto result = rehearse("EHLO x\r\n" + letter, submission());
    EXPECT_THAT(result.said, HasSubstr("530 5.7.0 Log in first\r\n"));
    EXPECT_THAT(result.letters, SizeIs(0));
    EXPECT_THAT(result.questions, SizeIs(0));

    result = rehearse("EHLO x\r\n" + plain + letter, submission());
    EXPECT_THAT(result.said, HasSubstr("235 2.7.0 "));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].peer.login, "test@b.example");
}

TEST(SmtpLogin, OffersWhatTheDriverSays)
{
    EXPECT_THAT(rehearse("EHLO x\r\n", submission()).said,
                HasSubstr("250-AUTH SCRAM-SHA-256 PLAIN\r\n"));
    // And nothing where nothing can be had, or no longer.
    EXPECT_THAT(rehearse("EHLO x\r\n").said, Not(HasSubstr("AUTH")));
    const auto after = rehearse("EHLO x\r\n" + plain + "EHLO x\r\n", submission()).said;
    EXPECT_THAT(after.substr(after.find("235 ")), Not(HasSubstr("AUTH")));
}

TEST(SmtpLogin, AsksForTlsFirstWhereOnlyThatMakesItSafe)
{
    auto script = submission();
    script.config.tls = TlsPolicy::offered;
    script.flights = {"EHLO x\r\n" + plain + "STARTTLS\r\n", "EHLO x\r\n" + plain + letter};
    const auto result = rehearse(script);
    const auto clear = result.said.substr(0, result.said.find("220 2.0.0"));
    EXPECT_THAT(clear, Not(HasSubstr("250-AUTH")));
    EXPECT_THAT(clear, HasSubstr("538 5.7.11 "));
    EXPECT_EQ(result.logins, 1);
    EXPECT_THAT(result.letters, SizeIs(1));
}

TEST(SmtpLogin, AsksForTheResponseThatDidNotComeWithTheCommand)
{
    const auto result = rehearse("EHLO x\r\nAUTH plain\r\ndGVzdAB0ZXN0ADEyMzQ=\r\n", submission());
    EXPECT_THAT(result.said, EndsWith("\r\n334 \r\n235 2.7.0 Welcome\r\n"));
}

TEST(SmtpLogin, TellsAnEmptyResponseFromNone)
{
    std::vector<ServerScript::Said> heard;
    auto script = submission();
    script.login = [&](const auto&, const auto& said) -> LoginAnswer {
        heard.push_back(said);
        if (said.empty())
            return LoginChallenge{"?"};
        return LoginAccepted{"test@b.example"};
    };
    script.tls_mechanisms = {"EXTERNAL"};
    EXPECT_THAT(rehearse("EHLO x\r\nAUTH EXTERNAL =\r\n", script).said, HasSubstr("235 "));
    EXPECT_THAT(rehearse("EHLO x\r\nAUTH EXTERNAL\r\n\r\n", script).said,
                EndsWith("\r\n334 Pw==\r\n235 2.7.0 Welcome\r\n"));
    using testing::IsEmpty;
    EXPECT_THAT(heard, ElementsAre(ElementsAre(""), IsEmpty(), ElementsAre("")));
}

TEST(SmtpLogin, ShowsTheServersLastWordsBeforeItSaysWelcome)
{
    auto script = submission();
    script.login = [](const auto&, const auto&) -> LoginAnswer {
        return LoginAccepted{"test@b.example", "v=proof"};
    };
    const auto start = "EHLO x\r\n" + plain;
    EXPECT_THAT(rehearse(start + "\r\nMAIL FROM:<>\r\n", script).said,
                EndsWith("334 dj1wcm9vZg==\r\n235 2.7.0 Welcome\r\n250 2.1.0 Ok\r\n"));
    // A client whose check of the proof fails gives up, and is not logged in.
    const auto refused = rehearse(start + "*\r\nMAIL FROM:<>\r\n", script);
    EXPECT_THAT(refused.said, EndsWith("501 5.7.0 The login was given up\r\n"
                                       "530 5.7.0 Log in first\r\n"));
    EXPECT_EQ(refused.given_up, 1);
    EXPECT_THAT(rehearse(start + "dGVzdA==\r\nMAIL FROM:<>\r\n", script).said,
                EndsWith("501 5.5.2 There was nothing to answer\r\n530 5.7.0 Log in first\r\n"));
}

TEST(SmtpLogin, EndsWhenTheClientSaysAStar)
{
    const auto result = rehearse("EHLO x\r\nAUTH PLAIN\r\n*\r\nNOOP\r\n", submission());
    EXPECT_THAT(result.said, EndsWith("334 \r\n501 5.7.0 The login was given up\r\n"
                                      "250 2.0.0 Ok\r\n"));
    EXPECT_EQ(result.given_up, 1);
}

TEST(SmtpLogin, EndsAtAResponseThatIsNotBase64)
{
    for (const auto* response : {"no base64", "dGVzdA", "dGVzdA==x", "="}) {
        const auto result = rehearse(
            "EHLO x\r\nAUTH PLAIN\r\n" + std::string(response) + "\r\nNOOP\r\n", submission());
        EXPECT_THAT(result.said, EndsWith("501 5.5.2 The response is not base64\r\n"
                                          "250 2.0.0 Ok\r\n"));
        EXPECT_EQ(result.given_up, 1);
    }
}

TEST(SmtpLogin, TakesALineAsLongAsKerberosNeedsAndNoLonger)
{
    // RFC 4954 §4: 12288 octets with its end.
    std::string heard;
    auto script = submission();
    script.login = [&](const auto&, const auto& said) -> LoginAnswer {
        if (said.empty())
            return LoginChallenge{std::string(9000, 'c')};
        heard = said.back();
        return Reply(535, "5.7.8 Wrong");
    };
    const std::string longest = mail::base64(std::string(9213, 'r')); // 12284
    auto result = rehearse("EHLO x\r\nAUTH PLAIN\r\n" + longest + "\r\n", script);
    EXPECT_THAT(result.said, EndsWith("\r\n334 " + mail::base64(std::string(9000, 'c')) +
                                      "\r\n535 5.7.8 Wrong\r\n"));
    EXPECT_EQ(heard, std::string(9213, 'r'));
    EXPECT_EQ(result.given_up, 0);

    const auto initial = "AUTH PLAIN " + mail::base64(std::string(9204, 'r')); // 12283
    EXPECT_THAT(rehearse("EHLO x\r\n" + initial + "\r\n", script).said,
                EndsWith("535 5.7.8 Wrong\r\n"));

    for (const auto& line : {"AUTH PLAIN\r\n" + longest + "QUJD\r\n", initial + "QUJD\r\n"}) {
        result = rehearse("EHLO x\r\n" + line + "NOOP\r\n", script);
        EXPECT_THAT(result.said, EndsWith("500 5.5.6 The line is too long for a login\r\n"
                                          "250 2.0.0 Ok\r\n"));
        EXPECT_EQ(result.given_up, result.logins);
    }
}

TEST(SmtpLogin, IsRefusedWhereItHasNoPlace)
{
    const auto last = [](const std::string& peer) {
        auto said = rehearse(peer, submission()).said;
        said.erase(0, said.rfind('\n', said.size() - 2) + 1);
        return said.substr(0, 9);
    };
    EXPECT_EQ(last(plain), "503 5.5.1");
    EXPECT_EQ(last("EHLO x\r\n" + plain + plain), "503 5.5.1");
    EXPECT_EQ(last("EHLO x\r\n" + plain + "MAIL FROM:<>\r\n" + plain), "503 5.5.1");
    EXPECT_EQ(last("EHLO x\r\nAUTH GSSAPI\r\n"), "504 5.5.4");
    EXPECT_THAT(rehearse("EHLO x\r\n" + plain).said,
                EndsWith("502 5.5.1 AUTH is not on offer\r\n"));
    EXPECT_THAT(rehearse("EHLO x\r\nMAIL FROM:<> AUTH=<>\r\n").said,
                EndsWith("555 5.5.4 Parameter not on offer\r\n"));
}

TEST(SmtpLogin, PassesTheBackendsRefusalOn)
{
    for (const auto& reply : {Reply(454, "4.7.0 Try again later"), Reply(535, "5.7.8 Wrong"),
                              Reply(534, "5.7.9 Weak")}) {
        auto script = submission();
        script.login = [&](const auto&, const auto&) -> LoginAnswer { return reply; };
        EXPECT_THAT(rehearse("EHLO x\r\n" + plain, script).said,
                    EndsWith(std::to_string(reply.code) + " " + reply.lines[0] + "\r\n"));
    }
}

TEST(SmtpLogin, SendsAPeerAwayThatFailsTooOften)
{
    auto script = submission();
    script.config.limits.failed_logins = 3;
    std::string wrong;
    for (int i = 0; i < 4; ++i)
        wrong += "AUTH PLAIN d3Jvbmc=\r\n";
    const auto result = rehearse("EHLO x\r\n" + wrong, script);
    EXPECT_EQ(result.logins, 3);
    EXPECT_THAT(result.said, EndsWith("421 4.7.0 Too many failed logins\r\n"));
    EXPECT_TRUE(result.hung_up);
    // Our own trouble is not the peer's failure.
    script.login = [](const auto&, const auto&) -> LoginAnswer {
        return Reply(454, "4.7.0 Later");
    };
    EXPECT_EQ(rehearse("EHLO x\r\n" + wrong, script).logins, 4);
}

TEST(SmtpLogin, IsForgottenWhereTlsBeginsAndTlsIsNotOfferedAfterIt)
{
    auto script = submission();
    script.config.tls = TlsPolicy::offered;
    script.mechanisms = {"PLAIN"};
    const auto result = rehearse("EHLO x\r\n" + plain + "STARTTLS\r\nEHLO x\r\n", script);
    EXPECT_THAT(result.said, HasSubstr("502 5.5.1 TLS is not on offer\r\n"));
    const auto after = result.said.substr(result.said.find("235 "));
    EXPECT_THAT(after, Not(HasSubstr("STARTTLS")));
}

TEST(SmtpLogin, LastsThroughEhloAndRset)
{
    const auto result =
        rehearse("EHLO x\r\n" + plain + "RSET\r\nEHLO y\r\nHELO z\r\n" + letter, submission());
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_EQ(result.letters[0].peer.login, "test@b.example");
}

TEST(SmtpLogin, CompletesAddressesWithItsDomain)
{
    const auto result = rehearse("EHLO x\r\n" + plain + "MAIL FROM:<ann>\r\nRCPT TO:<bob>\r\n" +
                                     "RCPT TO:<cem>\r\nDATA\r\n.\r\n",
                                 submission());
    ASSERT_THAT(result.letters, SizeIs(1));
    const auto& envelope = result.letters[0].envelope;
    EXPECT_EQ(envelope.sender.text(), "ann@b.example");
    ASSERT_THAT(envelope.recipients, SizeIs(2));
    EXPECT_EQ(envelope.recipients[0].text(), "bob@b.example");
    EXPECT_EQ(envelope.recipients[1].text(), "cem@b.example");
    // Without a login nobody knows whose domain that would be.
    EXPECT_THAT(rehearse("EHLO x\r\nMAIL FROM:<ann>\r\n").said, HasSubstr("501 5.1.7"));
}

TEST(SmtpLogin, TakesTheAuthParameterAndTrustsNobodyWithIt)
{
    const auto result =
        rehearse("EHLO x\r\n" + plain + "MAIL FROM:<e=mc2@b.example> AUTH=e+3Dmc2@b.example\r\n",
                 submission());
    EXPECT_THAT(result.said, EndsWith("250 2.1.0 Ok\r\n"));
}

TEST(SmtpLogin, WaitsForAResponseAsLongAsForACommand)
{
    auto script = submission();
    script.stays = true;
    const auto result = rehearse("EHLO x\r\nAUTH PLAIN\r\n", script);
    EXPECT_THAT(result.said, EndsWith("334 \r\n421 4.4.2 Waited too long\r\n"));
    EXPECT_EQ(result.lasted, script.config.limits.patience);
}

} // namespace
} // namespace posthouse::smtp
