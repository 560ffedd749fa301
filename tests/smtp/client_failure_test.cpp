// SPDX-License-Identifier: Apache-2.0
// Every dialogue at every cut of the host's bytes, with the connection lost at every step, and
// with a host that falls silent anywhere.
#include "tests/smtp/client_fake_host.hpp"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;

struct Dialogue {
    std::vector<std::string> extensions;
    std::map<std::string, std::string> replies = {};
    ClientProtocol protocol = ClientProtocol::smtp;
    Outgoing::Afterwards afterwards = Outgoing::Afterwards::stay;
};

const std::vector<Dialogue> dialogues{
    {.extensions = {}},
    {.extensions = {"PIPELINING", "SIZE", "8BITMIME"}},
    {.extensions = {"PIPELINING"}, .afterwards = Outgoing::Afterwards::quit},
    {.extensions = {"PIPELINING", "CHUNKING"}},
    {.extensions = {"CHUNKING"}},
    {.extensions = {"STARTTLS", "PIPELINING"}},
    {.extensions = {"PIPELINING"}, .replies = {{"RCPT TO:<b", "550-5.1.1 No\r\n550 5.1.1 no"}}},
    {.extensions = {"PIPELINING"}, .replies = {{"RCPT", "550 5.1.1 No"}, {"DATA", "354 Go on"}}},
    {.extensions = {"CHUNKING", "PIPELINING"}, .replies = {{"RCPT", "450 4.2.0 No"}}},
    {.extensions = {}, .replies = {{"EHLO", "502 no"}, {"(end)", "451 4.3.0 Later"}}},
    {.extensions = {"PIPELINING"}, .protocol = ClientProtocol::lmtp},
};

const std::vector<std::string> recipients{"a@mx.example", "b@mx.example"};

ClientScript script_of(const Dialogue& dialogue, FakeHost& host)
{
    host.extensions = dialogue.extensions;
    host.replies = dialogue.replies;
    host.lmtp = dialogue.protocol == ClientProtocol::lmtp;
    ClientScript script;
    script.config.protocol = dialogue.protocol;
    script.letters = {letter_to(recipients, "one\r\n"),
                      letter_to(recipients, std::string(100'000, 'y') + "\r\n")};
    script.letters[1].outgoing.afterwards = dialogue.afterwards;
    return script;
}

/// What became of it all, in words.
std::string story(const ClientRehearsal& play)
{
    std::string told = play.said + std::to_string(static_cast<int>(play.close.why));
    for (const auto& result : play.results)
        for (const auto& outcome : result.outcomes)
            told +=
                std::to_string(static_cast<int>(outcome.disposition)) + outcome.summary() + '\n';
    return told;
}

TEST(ClientSession, DoesTheSameHoweverTheHostsBytesAreCut)
{
    for (const auto& dialogue : dialogues) {
        FakeHost whole_host;
        const auto whole = rehearse(script_of(dialogue, whole_host), whole_host);
        EXPECT_EQ(whole.results.size(), 2u);
        for (std::size_t piece = 1; piece < 60; ++piece) {
            FakeHost host;
            auto script = script_of(dialogue, host);
            script.host_piece = piece;
            script.body_piece = piece * 1000;
            EXPECT_EQ(story(rehearse(script, host)), story(whole)) << piece;
        }
    }
}

/// Holds whatever befell the play: all letters have their outcomes, and a recipient counts as
/// delivered only if the host has the letter.
void expect_sound(const ClientRehearsal& play, const FakeHost& host)
{
    ASSERT_EQ(play.results.size(), play.letters_begun);
    std::size_t delivered = 0;
    for (const auto& result : play.results) {
        ASSERT_EQ(result.outcomes.size(), recipients.size());
        delivered += result.count(Disposition::delivered) > 0 ? 1 : 0;
        for (const auto& outcome : result.outcomes)
            if (outcome.may_be_duplicated)
                EXPECT_NE(outcome.disposition, Disposition::delivered);
    }
    EXPECT_LE(delivered, host.letters.size());
    // What the host has and we do not know of, we say may be duplicated.
    std::size_t doubtful = 0;
    for (const auto& result : play.results)
        doubtful += std::ranges::any_of(result.outcomes, &Outcome::may_be_duplicated) ? 1 : 0;
    if (!host.replies.contains("(end)") && !host.replies.contains("RCPT"))
        EXPECT_LE(host.letters.size(), delivered + doubtful);
}

TEST(ClientSession, HasAnOutcomeForEveryRecipientWhereverTheConnectionIsLost)
{
    for (const auto& dialogue : dialogues) {
        FakeHost undisturbed;
        const auto steps = rehearse(script_of(dialogue, undisturbed), undisturbed).fallible_steps;
        ASSERT_GT(steps, 5u);
        for (std::size_t lost_at = 0; lost_at < steps; ++lost_at) {
            FakeHost host;
            auto script = script_of(dialogue, host);
            script.lost_at = lost_at;
            const auto play = rehearse(script, host);
            SCOPED_TRACE("lost at " + std::to_string(lost_at) + "\n" + play.said.substr(0, 300));
            if (play.letters_begun == 0)
                EXPECT_NE(play.close.why, client_step::Close::Why::finished);
            expect_sound(play, host);
        }
    }
}

TEST(ClientSession, WaitsAsLongAsRfc5321AsksAndNoLonger)
{
    struct Case {
        const char* at;
        Duration patience;
        Stage stage;
    };
    for (const auto& [at, patience, stage] :
         {Case{"(greeting)", 5min, Stage::greeting}, Case{"EHLO", 5min, Stage::helo},
          Case{"STARTTLS", 2min, Stage::tls}, Case{"MAIL", 5min, Stage::mail},
          Case{"RCPT", 5min, Stage::rcpt}, Case{"DATA", 2min, Stage::data},
          Case{"(end)", 10min, Stage::end_of_data}}) {
        for (const std::size_t piece : {std::size_t{1}, std::string_view::npos}) {
            FakeHost host({"STARTTLS"});
            host.replies[at] = "";
            ClientScript script;
            script.letters = {letter_to({"r@mx.example"}, "x\r\n")};
            script.host_piece = piece;
            const auto play = rehearse(script, host);
            const auto outcome =
                play.results.empty() ? play.close.trouble : play.results[0].outcomes[0];
            EXPECT_EQ(play.took, patience) << at;
            EXPECT_EQ(outcome.cause, Cause::timed_out);
            EXPECT_EQ(outcome.disposition, Disposition::deferred);
            EXPECT_EQ(outcome.fault, Fault::site);
            EXPECT_EQ(outcome.stage, stage) << at;
        }
    }
}

/// One that says a byte whenever the session is about to lose patience.
TEST(ClientSession, GainsNoPatienceFromAByteNowAndThen)
{
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    const Instant begin{};
    const auto first = std::get<client_step::Read>(session.next(begin));
    EXPECT_EQ(first.until, begin + 5min);
    session.receive("2");
    const auto second = std::get<client_step::Read>(session.next(begin + 4min));
    EXPECT_EQ(second.until, begin + 5min);
    EXPECT_TRUE(std::holds_alternative<client_step::Close>(session.next(begin + 5min)));
}

TEST(ClientSession, BoundsTheTimeOfAWholeLetter)
{
    // Each reply just in time: a hundred recipients would be more than eight hours.
    std::vector<std::string> many;
    for (int i = 0; i < 100; ++i)
        many.push_back("r" + std::to_string(i) + "@mx.example");
    const auto letter = letter_to(many, "x\r\n");
    ClientConfig config{.hostname = "o"};
    ClientSession session(std::make_shared<const ClientConfig>(config));
    Instant now{};
    session.receive("220 x\r\n");
    (void)session.next(now);
    (void)session.next(now);
    session.receive("250-x\r\n250 PIPELINING\r\n");
    ASSERT_TRUE(std::holds_alternative<client_step::Ready>(session.next(now)));
    session.send_letter(letter.outgoing);
    ASSERT_TRUE(std::holds_alternative<client_step::Send>(session.next(now)));
    for (int replies = 0; replies < 100; ++replies) {
        const auto step = session.next(now);
        if (const auto* done = std::get_if<client_step::LetterDone>(&step)) {
            EXPECT_EQ(done->result.count(Disposition::deferred), 100u);
            EXPECT_EQ(now, Instant{} + config.timeouts.letter);
            return;
        }
        now = std::min(std::get<client_step::Read>(step).until,
                       now + 5min - std::chrono::nanoseconds(1));
        session.receive("250 ok\r\n");
    }
    FAIL() << "took " << std::chrono::duration_cast<std::chrono::minutes>(now.time_since_epoch());
}

TEST(ClientSession, GivesTheLastReplyItsTenMinutesWhateverTheLetterTook)
{
    FakeHost host;
    host.replies["(end)"] = "";
    ClientScript script;
    script.config.timeouts.letter = 1min;
    script.letters = {letter_to({"r@mx.example"}, "x\r\n")};
    EXPECT_EQ(rehearse(script, host).took, 10min);
}

TEST(ClientSession, TakesTheLastWordsOfAHostThatHungUp)
{
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    session.receive("554 5.7.1 We do not like you\r\n");
    session.disconnected();
    const auto step = session.next({});
    ASSERT_TRUE(std::holds_alternative<client_step::Close>(step));
    EXPECT_EQ(std::get<client_step::Close>(step).trouble.code, 554);
}

TEST(ClientSession, TreatsASendThatTakesTooLongAsATimeOut)
{
    ClientSession session(std::make_shared<const ClientConfig>(ClientConfig{.hostname = "o"}));
    session.receive("220 x\r\n");
    ASSERT_TRUE(std::holds_alternative<client_step::Send>(session.next({})));
    session.timed_out();
    const auto step = session.next({});
    ASSERT_TRUE(std::holds_alternative<client_step::Close>(step));
    EXPECT_EQ(std::get<client_step::Close>(step).trouble.cause, Cause::timed_out);
}

} // namespace
} // namespace posthouse::smtp
