// SPDX-License-Identifier: Apache-2.0
// Dialogues at every cut of their input, and with the connection broken at every step.
#include "tests/smtp/server_rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::smtp {
namespace {

using testing::SizeIs;

ServerScript with_backend()
{
    ServerScript script;
    script.config.extensions.binary_mime = true;
    script.config.limits.message_bytes = 60;
    script.config.limits.command_line_bytes = 80;
    script.config.limits.text_line_bytes = 30;
    script.config.limits.recipients = 3;
    script.config.limits.errors = 4;
    script.check = [](const auto&, const mail::ForwardPath& to) -> Verdict {
        if (to.text().starts_with("no"))
            return std::unexpected(Reply(550, "5.1.1 No such user"));
        if (to.text().starts_with("bye"))
            return std::unexpected(Reply(421, "4.3.2 Bye"));
        return {};
    };
    script.open = [](const server_step::OpenMessage& question) -> Verdict {
        if (question.envelope.sender.is_null())
            return std::unexpected(Reply(451, "4.3.0 Not now"));
        return {};
    };
    script.commit = [] { return CommitVerdict{Queued{"1"}}; };
    script.config.login = LoginPolicy::offered;
    script.config.limits.login_line_bytes = 40;
    script.mechanisms = {"PLAIN", "SCRAM"};
    script.login = [](const std::string& mechanism, const auto& said) -> LoginAnswer {
        if (said.empty())
            return LoginChallenge{"?"};
        if (said.back() == "no")
            return Reply(535, "5.7.8 Wrong");
        if (mechanism == "PLAIN")
            return LoginAccepted{"user@mx.example"};
        return said.size() < 2 ? LoginAnswer(LoginChallenge{said.back()})
                               : LoginAccepted{"user@mx.example", "proof"};
    };
    return script;
}

const std::vector<std::string> parts = {
    "EHLO client.example\r\n",
    "HELO x\r\n",
    "MAIL FROM:<a@a.example>\r\n",
    "MAIL FROM:<a@a.example> BODY=BINARYMIME SIZE=20\r\n",
    "MAIL FROM:<> SIZE=61\r\n",
    "MAIL FROM:<>\r\n",
    "RCPT TO:<b@b.example>\r\n",
    "RCPT TO:<b@b.example>\r\nRCPT TO:<no@b.example>\r\nRCPT TO:<c@b.example>\r\n",
    "RCPT TO:<no@b.example>\r\n",
    "RCPT TO:<bye@b.example>\r\n",
    "RCPT TO:<\u00fc@b.example>\r\n",
    "RCPT TO:<broken>\r\n",
    "DATA\r\nSubject: x\r\n\r\n..\r\nHi\r\n.\r\n",
    "DATA\r\n.\r\n",
    "DATA\r\na\nb\r\n.\r\n",
    "DATA\r\n12345678901234567890\r\n12345678901234567890\r\n12345678901234567890\r\n.\r\n",
    "DATA\r\n1234567890123456789012345678901\r\n\n.\r\n",
    "BDAT 6\r\na\r\nb\r\n",
    "BDAT 4 LAST\r\nab\r\n",
    "BDAT 3 LAST\r\na\nb",
    "BDAT 0 LAST\r\n",
    "BDAT 1\r\n\r",
    "BDAT 1 LAST\r\n\n",
    "BDAT 61 LAST\r\n1234567890123456789012345678901234567890123456789012345678901",
    "BDAT x\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "XYZZY\r\n",
    "NOOP 56789012345678901234567890123456789012345678901234567890123456789012345678\r\n",
    "NOOP a line that is far, far longer than any command of ours may be, so it is skipped"
    "; and its end is not where the limit is\r\n",
    "QUIT\r\n",
    // 31: logins
    "AUTH PLAIN eWVz\r\n",
    "AUTH PLAIN bm8=\r\n",
    "AUTH SCRAM\r\neWVz\r\neWVz\r\n\r\n",
    "AUTH SCRAM eWVz\r\n*\r\n",
    "AUTH SCRAM eWVz\r\neWVz\r\n*\r\n",
    "AUTH PLAIN\r\nno base64\r\n",
    "AUTH PLAIN\r\neWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVz\r\n",
    "AUTH PLAIN eWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVzeWVz\r\n",
    "MAIL FROM:<user> AUTH=<>\r\n",
};

std::string dialogue(const std::vector<std::size_t>& which)
{
    std::string all;
    for (const auto i : which)
        all += parts[i % parts.size()];
    return all;
}

void expect_same(const ServerRehearsal& a, const ServerRehearsal& b)
{
    EXPECT_EQ(a.said, b.said);
    EXPECT_EQ(a.letters, b.letters);
    EXPECT_EQ(a.opened, b.opened);
    EXPECT_EQ(a.discarded, b.discarded);
    EXPECT_EQ(a.hung_up, b.hung_up);
    EXPECT_EQ(a.logins, b.logins);
    EXPECT_EQ(a.given_up, b.given_up);
}

const std::vector<std::vector<std::size_t>> dialogues = {
    {0, 2, 7, 12, 2, 6, 13, 30},
    {0, 3, 6, 17, 19, 26},
    {0, 2, 6, 21, 22, 2, 6, 21, 18, 26},
    {0, 2, 6, 14, 15, 26, 2, 6, 15},
    {0, 2, 6, 16, 2, 6, 23, 26},
    {0, 5, 6, 12, 5, 6, 17, 18, 26},
    {0, 2, 7, 7, 8, 10, 11, 9, 6, 2},
    {28, 29, 27, 0, 4, 2, 26},
    {0, 2, 6, 17, 25, 2, 6, 17, 24},
    {1, 2, 6, 17, 0, 2, 6, 17, 30},
    {0, 6, 12, 17, 18},
    {0, 32, 31, 39, 6, 12, 31, 30},
    {0, 34, 35, 33, 2, 6, 12},
    {0, 36, 37, 38, 31, 30},
    {31, 0, 2, 31, 36, 33, 30},
};

TEST(SmtpServerCuts, PlaysEachDialogueTheSameAtEveryCut)
{
    for (const auto& which : dialogues) {
        const auto peer = dialogue(which);
        auto script = with_backend();
        const auto whole = rehearse(peer, script);
        for (std::size_t cut = 1; cut < peer.size(); ++cut) {
            script.cuts = {cut};
            expect_same(whole, rehearse(peer, script));
        }
        script.cuts.clear();
        script.piece = 1;
        expect_same(whole, rehearse(peer, script));
        ASSERT_FALSE(testing::Test::HasFailure()) << peer;
    }
}

TEST(SmtpServerCuts, CommitsNothingHalfWhereverTheConnectionBreaks)
{
    for (const auto& which : dialogues) {
        const auto peer = dialogue(which);
        auto script = with_backend();
        script.piece = 5;
        const auto whole = rehearse(peer, script);
        for (std::size_t step = 0; step < whole.waits; ++step) {
            script.fail_at = step;
            const auto broken =
                rehearse(peer, script); // Which checks that what is open is discarded.
            ASSERT_LE(broken.letters.size(), whole.letters.size());
            for (std::size_t i = 0; i < broken.letters.size(); ++i)
                ASSERT_EQ(broken.letters[i], whole.letters[i]);
            ASSERT_TRUE(whole.said.starts_with(broken.said));
            ASSERT_EQ(broken.waits, step + 1); // And nothing more is tried.
        }
    }
}

TEST(SmtpServerCuts, CommitsNothingIfThePeerGoesBeforeTheEnd)
{
    const auto peer = dialogue({0, 2, 6, 12});
    for (std::size_t size = 0; size < peer.size(); ++size)
        ASSERT_THAT(rehearse(peer.substr(0, size), with_backend()).letters, SizeIs(0));
    ASSERT_THAT(rehearse(peer, with_backend()).letters, SizeIs(1));
}

RC_GTEST_PROP(SmtpServerCuts, PlaysAnyDialogueTheSameInPiecesOfAnySize, ())
{
    auto which = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, parts.size()));
    which.insert(which.begin(), {0, 2, 6});
    const auto peer = dialogue(which);
    auto script = with_backend();
    script.config.limits.errors = 100;
    if (*rc::gen::arbitrary<bool>())
        script.config.bare_line_ends = BareLineEnds::repair;
    const auto whole = rehearse(peer, script);
    script.piece = *rc::gen::inRange<std::size_t>(1, 40);
    const auto cut = rehearse(peer, script);
    RC_ASSERT(whole.said == cut.said);
    RC_ASSERT(whole.letters == cut.letters);
}

} // namespace
} // namespace posthouse::smtp
