// SPDX-License-Identifier: Apache-2.0
#include "tests/smtp/server_rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string letter =
    "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nHi\r\n.\r\n";

ServerScript with_tls(TlsPolicy policy, std::vector<std::string> flights)
{
    ServerScript script;
    script.config.tls = policy;
    script.flights = std::move(flights);
    return script;
}

TEST(SmtpServerTls, TakesALetterAfterTheHandshake)
{
    const auto result = rehearse(with_tls(
        TlsPolicy::offered, {"EHLO x\r\nSTARTTLS\r\n", "EHLO y\r\n" + letter + "QUIT\r\n"}));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_TRUE(result.letters[0].peer.tls);
    EXPECT_EQ(result.letters[0].peer.helo, "y");
    EXPECT_THAT(result.said, EndsWith("221 2.0.0 Bye\r\n"));
}

TEST(SmtpServerTls, ForgetsEverythingSaidBeforeTheHandshake)
{
    auto result = rehearse(with_tls(
        TlsPolicy::offered, {"EHLO x\r\nMAIL FROM:<>\r\nSTARTTLS\r\n", "MAIL FROM:<>\r\n"}));
    EXPECT_THAT(result.said, EndsWith("503 5.5.1 Say EHLO first\r\n"));
    result = rehearse(
        with_tls(TlsPolicy::offered,
                 {"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@a.example>\r\nBDAT 2\r\nHiSTARTTLS\r\n",
                  "EHLO x\r\nBDAT 0 LAST\r\n"}));
    EXPECT_THAT(result.said, EndsWith("503 5.5.1 Say MAIL first\r\n"));
    EXPECT_EQ(result.discarded, 1);
}

TEST(SmtpServerTls, OffersNoSecondHandshake)
{
    const auto result = rehearse(
        with_tls(TlsPolicy::offered, {"EHLO x\r\nSTARTTLS\r\n", "EHLO x\r\nSTARTTLS\r\n"}));
    const auto after = result.said.substr(result.said.find("220 2.0.0"));
    EXPECT_THAT(after, Not(HasSubstr("STARTTLS")));
    EXPECT_THAT(after, EndsWith("503 5.5.1 TLS is not on offer\r\n"));
}

TEST(SmtpServerTls, NeverRunsPlaintextSentBehindStarttls)
{
    // CVE-2011-0411. At each cut: what comes in time is seen here, what comes later meets the
    // handshake.
    const std::string first = "EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@x.example>\r\n";
    for (std::size_t cut = 1; cut < first.size(); ++cut) {
        auto script = with_tls(TlsPolicy::offered, {first, "EHLO y\r\n" + letter});
        script.cuts = {cut};
        const auto result = rehearse(script);
        EXPECT_THAT(result.letters, SizeIs(0));
        EXPECT_THAT(result.said, Not(HasSubstr("250 2.1.0")));
        EXPECT_TRUE(result.said.ends_with("421 4.7.0 STARTTLS must come last in its group\r\n") ||
                    result.said.ends_with("220 2.0.0 Go ahead\r\n"));
    }
}

TEST(SmtpServerTls, SaysGoAheadBeforeTheHandshake)
{
    auto script = with_tls(TlsPolicy::offered, {"STARTTLS\r\n", ""});
    script.fail_at = 3; // Greeting, command, 220, handshake.
    EXPECT_THAT(rehearse(script).said, EndsWith("220 2.0.0 Go ahead\r\n"));
}

TEST(SmtpServerTls, TakesNoLetterWithoutTlsWhereThatIsRequired)
{
    auto result = rehearse(with_tls(TlsPolicy::required, {"EHLO x\r\n" + letter}));
    EXPECT_THAT(result.said, HasSubstr("530 5.7.0 Say STARTTLS first\r\n"));
    EXPECT_THAT(result.letters, SizeIs(0));
    result =
        rehearse(with_tls(TlsPolicy::required, {"EHLO x\r\nSTARTTLS\r\n", "EHLO x\r\n" + letter}));
    EXPECT_THAT(result.letters, SizeIs(1));
}

TEST(SmtpServerTls, KnowsThatImplicitTlsIsUp)
{
    const auto result =
        rehearse(with_tls(TlsPolicy::implicit, {"EHLO x\r\n" + letter + "STARTTLS\r\n"}));
    ASSERT_THAT(result.letters, SizeIs(1));
    EXPECT_TRUE(result.letters[0].peer.tls);
    EXPECT_THAT(result.said, Not(HasSubstr("STARTTLS\r\n")));
    EXPECT_THAT(result.said, EndsWith("503 5.5.1 TLS is not on offer\r\n"));
}

TEST(SmtpServerTls, TurnsAPeerAwayThatDrainsAfterItsHandshake)
{
    auto script = with_tls(TlsPolicy::offered, {"STARTTLS\r\n", "EHLO x\r\n"});
    script.meanwhile = [](ServerSession& session, std::size_t received) {
        if (received > 10)
            session.drain();
    };
    EXPECT_THAT(rehearse(script).said, EndsWith("421 4.3.2 The server is going down\r\n"));
}

} // namespace
} // namespace posthouse::smtp
