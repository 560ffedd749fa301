// SPDX-License-Identifier: Apache-2.0
// Logging in before the first letter, and asking about recipients without sending one.
#include "mail/base64.hpp"
#include "tests/smtp/client_fake_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Why = client_step::Close::Why;

/// Says "first", then "answer to CHALLENGE"; the challenge "bad" makes no sense to it.
class Parrot final : public SaslDialogue {
public:
    Parrot(std::string mechanism, std::size_t needed)
        : mechanism_(std::move(mechanism)),
          needed_(needed)
    {
    }
    std::optional<std::string> answer(std::string_view challenge) override
    {
        if (challenge == "bad")
            return std::nullopt;
        ++answers_;
        return challenge.empty() ? "first" : "answer to " + std::string(challenge);
    }
    bool is_complete() const override { return answers_ >= needed_; }

private:
    std::string mechanism_;
    std::size_t needed_;
    std::size_t answers_ = 0;
};

class Parrots final : public SaslClient {
public:
    explicit Parrots(std::size_t needed) : needed_(needed) {}
    std::unique_ptr<SaslDialogue> begin(std::string_view mechanism) const override
    {
        return std::make_unique<Parrot>(std::string(mechanism), needed_);
    }

private:
    std::size_t needed_;
};

struct Login {
    ClientTrust trust = ClientTrust::verified;
    ClientTlsPolicy tls = ClientTlsPolicy::required;
    std::size_t answers = 1; // until it is complete
};

ClientRehearsal log_in(FakeHost& host, Login login = {})
{
    ClientScript script;
    script.config.tls = login.tls;
    script.config.trust = login.trust;
    script.config.login = std::make_shared<Parrots>(login.answers);
    script.letters = {letter_to({"r@mx.example"}, "x\r\n")};
    return rehearse(script, host);
}

FakeHost host_with(std::string mechanisms)
{
    return FakeHost({"STARTTLS", "AUTH " + std::move(mechanisms)});
}

std::string encoded(std::string_view text)
{
    return mail::base64(text);
}

TEST(ClientLogin, ComesBeforeTheFirstLetterAndBehindTls)
{
    auto host = host_with("LOGIN PLAIN");
    host.replies["AUTH"] = "235 2.7.0 Welcome";
    const auto play = log_in(host);
    EXPECT_EQ(play.results.at(0).outcomes.at(0).disposition, Disposition::delivered);
    EXPECT_THAT(host.commands,
                ElementsAre("EHLO out.example", "STARTTLS", "EHLO out.example",
                            "AUTH PLAIN " + encoded("first"), "MAIL FROM:<s@out.example>",
                            "RCPT TO:<r@mx.example>", "DATA", "QUIT"));
}

TEST(ClientLogin, PrefersTheMechanismThatShowsNoPassword)
{
    auto host = host_with("PLAIN LOGIN scram-sha-256 GSSAPI");
    host.replies["AUTH"] = "334 " + encoded("who");
    host.replies[encoded("answer to who")] = "334 " + encoded("proof");
    host.replies[encoded("answer to proof")] = "235 Welcome";
    const auto play = log_in(host, {.trust = ClientTrust::none, .answers = 3});
    EXPECT_EQ(play.results.size(), 1u);
    EXPECT_THAT(host.commands, Contains("AUTH SCRAM-SHA-256 " + encoded("first")));
}

TEST(ClientLogin, LetsTheHostBeginWithLogin)
{
    auto host = host_with("LOGIN");
    host.replies["AUTH"] = "334 " + encoded("Username:");
    host.replies[encoded("answer to Username:")] = "334 " + encoded("Password:");
    host.replies[encoded("answer to Password:")] = "235 Welcome";
    EXPECT_EQ(log_in(host, {.answers = 2}).results.size(), 1u);
    EXPECT_THAT(host.commands, Contains("AUTH LOGIN"));
}

TEST(ClientLogin, ShowsNoPasswordToAHostThatIsNotVerified)
{
    auto host = host_with("PLAIN LOGIN");
    host.replies["AUTH"] = "235 Welcome";
    const auto play = log_in(host, {.trust = ClientTrust::none});
    EXPECT_EQ(play.letters_begun, 0u);
    EXPECT_THAT(host.commands, Not(Contains(StartsWith("AUTH"))));
    EXPECT_EQ(play.close.why, Why::site_trouble);
    EXPECT_EQ(play.close.trouble.status, (EnhancedCode{4, 7, 0}));
    EXPECT_EQ(play.close.trouble.disposition, Disposition::deferred);
    EXPECT_THAT(play.close.trouble.text, HasSubstr("not verified"));
}

TEST(ClientLogin, NeedsTls)
{
    for (const auto tls : {ClientTlsPolicy::never, ClientTlsPolicy::opportunistic}) {
        FakeHost host({"AUTH PLAIN SCRAM-SHA-256"});
        const auto play = log_in(host, {.tls = tls});
        EXPECT_EQ(play.letters_begun, 0u);
        EXPECT_THAT(host.commands, Not(Contains(StartsWith("AUTH"))));
        EXPECT_EQ(play.close.trouble.stage, Stage::login);
    }
}

TEST(ClientLogin, SendsNothingToAHostThatOffersNoWay)
{
    for (const char* mechanisms : {"", "GSSAPI XOAUTH2"}) {
        auto host = host_with(mechanisms);
        const auto play = log_in(host);
        EXPECT_EQ(play.letters_begun, 0u);
        EXPECT_EQ(play.close.trouble.cause, Cause::cannot_log_in);
        EXPECT_EQ(play.close.trouble.fault, Fault::site);
    }
}

TEST(ClientLogin, DefersWhereThePasswordIsWrong)
{
    for (const char* refusal :
         {"535 5.7.8 Bad credentials", "454 4.7.0 Try later", "521 no", "432 x"}) {
        auto host = host_with("PLAIN");
        host.replies["AUTH"] = refusal;
        const auto play = log_in(host);
        EXPECT_EQ(play.letters_begun, 0u);
        EXPECT_EQ(play.close.trouble.disposition, Disposition::deferred) << refusal;
        EXPECT_EQ(play.close.trouble.fault, Fault::site);
        EXPECT_EQ(play.close.trouble.stage, Stage::login);
        EXPECT_EQ(play.close.trouble.status.status, 4);
        EXPECT_EQ(host.commands.back(), "QUIT");
    }
}

TEST(ClientLogin, DoesNotBelieveAHostThatProvedNothing)
{
    auto host = host_with("SCRAM-SHA-256");
    host.replies["AUTH"] = "235 Welcome, whoever you are";
    const auto play = log_in(host, {.answers = 3});
    EXPECT_EQ(play.letters_begun, 0u);
    EXPECT_THAT(play.close.trouble.text, HasSubstr("did not prove"));
}

TEST(ClientLogin, EndsADialogueThatMakesNoSense)
{
    for (const auto& challenge : {encoded("bad"), std::string("!!!"), std::string("YQ")}) {
        auto host = host_with("PLAIN");
        host.replies["AUTH"] = "334 " + challenge;
        const auto play = log_in(host);
        EXPECT_EQ(play.letters_begun, 0u) << challenge;
        EXPECT_THAT(play.said, HasSubstr("\r\n*\r\nQUIT\r\n"));
        EXPECT_EQ(play.close.trouble.cause, Cause::cannot_log_in);
    }
}

TEST(ClientLogin, EndsADialogueWithoutEnd)
{
    auto host = host_with("PLAIN");
    host.replies["AUTH"] = host.replies[encoded("answer to more")] = "334 " + encoded("more");
    const auto play = log_in(host);
    EXPECT_EQ(play.letters_begun, 0u);
    EXPECT_EQ(
        static_cast<std::size_t>(std::ranges::count(host.commands, encoded("answer to more"))),
        ClientLimits{}.challenges);
}

TEST(ClientLogin, IsNotAskedForByWhoHasNone)
{
    auto host = host_with("PLAIN");
    ClientScript script;
    script.letters = {letter_to({"r@mx.example"}, "x\r\n")};
    EXPECT_EQ(rehearse(script, host).results.size(), 1u);
    EXPECT_THAT(host.commands, Not(Contains(StartsWith("AUTH"))));
}

TEST(ClientLogin, SurvivesALossAtEveryStep)
{
    for (std::size_t at = 0; at < 20; ++at) {
        auto host = host_with("SCRAM-SHA-256");
        host.replies["AUTH"] = "334 " + encoded("who");
        host.replies[encoded("answer to who")] = "235 Welcome";
        ClientScript script;
        script.config.login = std::make_shared<Parrots>(2);
        script.letters = {letter_to({"r@mx.example"}, "x\r\n")};
        script.lost_at = at;
        const auto play = rehearse(script, host);
        EXPECT_EQ(play.results.size(), play.letters_begun);
        if (play.letters_begun == 0 && play.close.why == Why::site_trouble) {
            EXPECT_EQ(play.close.trouble.fault, Fault::site);
        }
    }
}

// ---- Only the envelope -----------------------------------------------------------------------

RehearsedLetter question(const std::vector<std::string>& recipients)
{
    auto letter = letter_to(recipients, "");
    letter.outgoing.sender = {};
    letter.outgoing.extent = Outgoing::Extent::envelope;
    return letter;
}

TEST(ClientEnvelope, IsAnsweredWithoutALetter)
{
    for (const bool pipelining : {false, true}) {
        FakeHost host(pipelining ? std::vector<std::string>{"PIPELINING", "CHUNKING"}
                                 : std::vector<std::string>{});
        host.replies["RCPT TO:<no@"] = "550 5.1.1 Nobody";
        host.replies["RCPT TO:<later@"] = "450 4.2.1 Later";
        ClientScript script;
        script.letters = {question({"yes@mx.example", "no@mx.example", "later@mx.example"})};
        const auto play = rehearse(script, host);
        const auto& outcomes = play.results.at(0).outcomes;
        EXPECT_EQ(outcomes[0].disposition, Disposition::delivered);
        EXPECT_EQ(outcomes[0].stage, Stage::rcpt);
        EXPECT_EQ(outcomes[1].disposition, Disposition::failed);
        EXPECT_EQ(outcomes[2].disposition, Disposition::deferred);
        EXPECT_TRUE(host.letters.empty());
        EXPECT_THAT(host.commands, Not(Contains("DATA")));
        EXPECT_THAT(host.commands, Not(Contains(StartsWith("BDAT"))));
        EXPECT_EQ(host.commands.back(), "QUIT");
    }
}

TEST(ClientEnvelope, LeavesTheConnectionFitForALetter)
{
    FakeHost host;
    ClientScript script;
    script.letters = {question({"r@mx.example"}), letter_to({"r@mx.example"}, "x\r\n")};
    const auto play = rehearse(script, host);
    EXPECT_EQ(play.results.at(0).connection, LetterResult::Connection::reusable);
    EXPECT_EQ(play.results.at(1).outcomes.at(0).disposition, Disposition::delivered);
    EXPECT_THAT(host.commands, Contains("RSET"));
    EXPECT_EQ(host.letters.size(), 1u);
}

} // namespace
} // namespace posthouse::smtp
