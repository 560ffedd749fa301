// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace posthouse::cli {
namespace {

using End = Submitted::End;
using testing::ElementsAre;
using testing::HasSubstr;

/// Says its replies one by one; behind the last it is gone.
class Script final : public SubmissionLine {
public:
    explicit Script(std::deque<std::string> replies) : replies_(std::move(replies)) {}
    bool send(std::string_view bytes) override
    {
        sent += bytes;
        return !replies_.empty();
    }
    std::string receive() override
    {
        if (replies_.empty())
            return {};
        auto next = std::move(replies_.front());
        replies_.pop_front();
        return next;
    }
    std::string sent;

private:
    std::deque<std::string> replies_;
};

mail::Drop drop(std::initializer_list<const char*> recipients)
{
    mail::Drop made;
    made.sender = *mail::ReversePath::parse("ann@example.org");
    for (const auto* recipient : recipients)
        made.recipients.push_back(*mail::ForwardPath::parse(recipient));
    return made;
}

struct Run {
    Submitted result;
    std::string sent;
};

Run run(const mail::Drop& envelope, std::deque<std::string> replies,
        std::string_view body = "hello\r\n")
{
    Script script(std::move(replies));
    auto result = submit(script, {envelope, "mx.example.org", "A: b\r\n\r\n", body});
    return {std::move(result), std::move(script.sent)};
}

const std::string greeting = "220 mx\r\n";
const std::string offers = "250-mx\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n";

TEST(SendmailSession, HandsALetterIn)
{
    const auto [result, sent] =
        run(drop({"ben@example.net"}), {greeting, offers, "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
                                        "250 2.0.0 taken as 7qh\r\n", "221 bye\r\n"});
    EXPECT_EQ(result.end, End::accepted);
    EXPECT_EQ(result.reply.text, "2.0.0 taken as 7qh");
    EXPECT_EQ(sent, "EHLO mx.example.org\r\nMAIL FROM:<ann@example.org>\r\n"
                    "RCPT TO:<ben@example.net>\r\nDATA\r\nA: b\r\n\r\nhello\r\n.\r\nQUIT\r\n");
}

TEST(SendmailSession, AsksForWhatTheLetterNeedsAndTheServerOffers)
{
    auto envelope = drop({"ben@example.net"});
    envelope.body = mail::Drop::Body::eight_bit_mime;
    envelope.smtputf8 = true;
    envelope.notify = mail::notify::success;
    envelope.ret = mail::Return::headers;
    envelope.envelope_id = "a+b";
    const auto all = run(envelope, {greeting, offers, "250 ok\r\n", "250 ok\r\n"}).sent;
    EXPECT_THAT(all,
                HasSubstr("<ann@example.org> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n"));
    EXPECT_THAT(all, HasSubstr("<ben@example.net> NOTIFY=SUCCESS\r\n"));
    const auto none = run(envelope, {greeting, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n"}).sent;
    EXPECT_THAT(none, HasSubstr("MAIL FROM:<ann@example.org>\r\n"));
    EXPECT_THAT(none, HasSubstr("RCPT TO:<ben@example.net>\r\n"));
}

TEST(SendmailSession, StuffsDotsWhereverTheyBeginALine)
{
    std::string body = ".\r\n..x\r\na.b\r\n";
    body += std::string(70'000, 'y') + "\r\n.end\r\n";
    const auto sent =
        run(drop({"b@example.net"}),
            {greeting, offers, "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n", "x"}, body)
            .sent;
    EXPECT_THAT(sent, HasSubstr("\r\n\r\n..\r\n...x\r\na.b\r\n"));
    EXPECT_THAT(sent, HasSubstr("y\r\n..end\r\n.\r\nQUIT"));
}

TEST(SendmailSession, NamesTheRecipientsThatAreRefused)
{
    const auto [result, sent] =
        run(drop({"a@example.net", "b@example.net"}),
            {greeting, offers, "250 ok\r\n", "250 ok\r\n", "550-5.1.1 nobody\r\n550 5.1.1 here\r\n",
             "354 go\r\n", "250 ok\r\n", "221 bye\r\n"});
    EXPECT_EQ(result.end, End::accepted);
    EXPECT_THAT(result.refused,
                ElementsAre(RefusedRecipient{"b@example.net", 550, "5.1.1 nobody 5.1.1 here"}));
    const auto none = run(drop({"a@example.net"}),
                          {greeting, offers, "250 ok\r\n", "550 5.1.1 nobody\r\n", "221 bye\r\n"});
    EXPECT_EQ(none.result.end, End::refused);
    EXPECT_EQ(none.sent.find("DATA"), std::string::npos);
}

TEST(SendmailSession, LeavesWhoIsTooMuchForAnotherLetter)
{
    const auto [result, sent] =
        run(drop({"a@example.net", "b@example.net"}),
            {greeting, offers, "250 ok\r\n", "250 ok\r\n", "452 4.5.3 too many\r\n", "354 go\r\n",
             "250 ok\r\n", "221 bye\r\n"});
    EXPECT_EQ(result.end, End::accepted);
    ASSERT_EQ(result.left.size(), 1u);
    EXPECT_EQ(result.left.front().text(), "b@example.net");
    EXPECT_TRUE(result.refused.empty());
}

/// The server goes away at each step, or says 421: the letter is not lost, and is never there
/// twice.
TEST(SendmailSession, KnowsAtEveryStepWhetherTheLetterWasTaken)
{
    const std::deque<std::string> whole{greeting,     offers,       "250 ok\r\n",
                                        "250 ok\r\n", "354 go\r\n", "250 ok\r\n"};
    for (std::size_t steps = 0; steps < whole.size(); ++steps) {
        std::deque<std::string> replies(whole.begin(),
                                        whole.begin() + static_cast<std::ptrdiff_t>(steps));
        auto going = replies;
        going.emplace_back("421 4.3.2 closing\r\n");
        going.emplace_back("x");
        EXPECT_EQ(run(drop({"b@example.net"}), going).result.end, End::interrupted) << steps;
        going = replies;
        going.emplace_back("250 no end of line"); // It says something, and goes.
        EXPECT_EQ(run(drop({"b@example.net"}), going).result.end,
                  steps + 1 == whole.size() ? End::in_doubt : End::interrupted)
            << steps;
    }
}

TEST(SendmailSession, TakesNoReplyWithoutEnd)
{
    std::deque<std::string> endless{std::string(SubmissionLimits::line_bytes + 1, 'x'), "y"};
    EXPECT_EQ(run(drop({"b@example.net"}), endless).result.end, End::interrupted);
    std::deque<std::string> lines;
    for (std::size_t i = 0; i <= SubmissionLimits::reply_lines; ++i)
        lines.emplace_back("220-more\r\n");
    EXPECT_EQ(run(drop({"b@example.net"}), lines).result.end, End::interrupted);
    for (const auto* junk : {"hello\r\n", "1\r\n", "999 x\r\n", "-20 x\r\n"})
        EXPECT_EQ(run(drop({"b@example.net"}), {junk, "x"}).result.end, End::interrupted) << junk;
}

TEST(SendmailSession, HasTheExitCodesOfSysexits)
{
    EXPECT_EQ(exit_code_of(250, "2.0.0"), 0);
    EXPECT_EQ(exit_code_of(451, "4.1.1"), 75);
    EXPECT_EQ(exit_code_of(550, "5.1.1 unknown"), 67);
    EXPECT_EQ(exit_code_of(553, "5.1.3"), 67);
    EXPECT_EQ(exit_code_of(550, "5.1.2"), 68);
    EXPECT_EQ(exit_code_of(550, "5.7.1 no"), 77);
    EXPECT_EQ(exit_code_of(552, "5.3.4"), 69);
    EXPECT_EQ(exit_code_of(554, ""), 69);

    const RefusedRecipient later{"a@b", 450, "4.2.0"}, unknown{"b@b", 550, "5.1.1"},
        no_host{"c@b", 550, "5.1.2"};
    EXPECT_EQ(exit_code_of({}, Taken::some), 0);
    EXPECT_EQ(exit_code_of({later}, Taken::none), 75);
    EXPECT_EQ(exit_code_of({later}, Taken::some), 75);
    EXPECT_EQ(exit_code_of({later, unknown}, Taken::some), 67);
    EXPECT_EQ(exit_code_of({no_host}, Taken::some), 67);
    EXPECT_EQ(exit_code_of({later, no_host}, Taken::none), 68);
}

} // namespace
} // namespace posthouse::cli
