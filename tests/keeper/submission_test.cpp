// SPDX-License-Identifier: Apache-2.0
#include "keeper/submission.hpp"

#include "wire/parse.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sys/socket.h>

namespace posthouse::keeper {
namespace {

namespace asio = boost::asio;
using directory::AccountId;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using wire::Method;
using namespace std::chrono_literals;

/// The rest of the keeper: ann (account 1, session 11) and ben (2, 22), both at the gate `gate`.
struct Rig {
    Rig()
    {
        Submission::House house;
        house.config = [this]() -> const config::Submit& { return config; };
        house.sender = [this](const wire::Link* from,
                              std::uint64_t session) -> std::optional<Submission::Sender> {
            if (from != known || (session != 11 && session != 22))
                return std::nullopt;
            return session == 11 ? Submission::Sender{AccountId{1}, "ann@example.org"}
                                 : Submission::Sender{AccountId{2}, "ben@example.org"};
        };
        house.may_send_as = [this](AccountId account, mail::Mailbox address) {
            return may_send_as(account, std::move(address));
        };
        house.sessions = [this](auto, wire::Frame frame) {
            return other("sessions", std::move(frame));
        };
        house.intake = [this](auto, wire::Frame frame) {
            return other("intake", std::move(frame));
        };
        submission = std::make_unique<Submission>(std::move(house));
    }

    Task<wire::Result<bool>> may_send_as(AccountId account, mail::Mailbox address)
    {
        if (trouble)
            co_return std::unexpected(*trouble);
        co_return owned.contains({account, address.text()});
    }
    Task<Submission::Reply> other(std::string who, wire::Frame frame)
    {
        passed_on.emplace_back(who, frame);
        if (trouble)
            co_return std::unexpected(*trouble);
        if (frame.head.method == Method::accept) {
            wire::Accepted accepted;
            accepted.set_letter("letter");
            co_return wire::answer_with(accepted);
        }
        wire::Verdicts verdicts;
        if (const auto request = wire::parse<wire::CheckRecipients>(frame.message);
            request && frame.head.method == Method::check_recipients)
            for (int i = 0; i < request->recipients_size(); ++i)
                verdicts.add_verdicts()->set_code(250);
        co_return wire::answer_with(verdicts);
    }

    Submission::Reply ask(Method method, const google::protobuf::MessageLite& message)
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = message.SerializeAsString();
        std::optional<Submission::Reply> reply;
        asio::co_spawn(
            context, submission->answer(gate, std::move(frame)),
            [&](std::exception_ptr, Submission::Reply came) { reply = std::move(came); });
        context.restart();
        context.run();
        return std::move(reply.value());
    }
    /// The first verdict's words, and the last letter's.
    std::string check(std::uint64_t session, const std::string& sender, int recipients = 1)
    {
        wire::CheckRecipients request;
        request.set_session(session);
        request.set_sender(sender);
        for (int i = 0; i < recipients; ++i)
            request.add_recipients("x@example.net");
        const auto reply = ask(Method::check_recipients, request);
        if (!reply)
            return std::string(wire::describe(reply.error()));
        const auto verdicts = wire::parse<wire::Verdicts>(reply->message);
        EXPECT_EQ(verdicts->verdicts_size(), recipients);
        return std::to_string(verdicts->verdicts(0).code()) + " " + verdicts->verdicts(0).text();
    }
    std::string accept(wire::Accept letter)
    {
        const auto reply = ask(Method::accept, letter);
        if (!reply)
            return std::string(wire::describe(reply.error()));
        const auto accepted = wire::parse<wire::Accepted>(reply->message);
        return accepted->has_refusal()
                   ? std::to_string(accepted->refusal().code()) + " " + accepted->refusal().text()
                   : accepted->letter();
    }

    asio::io_context context;
    asio::io_context links; // Never run.
    UniqueFd other_end;
    std::shared_ptr<wire::Link> gate = [this] {
        int ends[2];
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
        other_end = UniqueFd(ends[1]);
        return wire::Link::open(links.get_executor(), UniqueFd(ends[0]), {});
    }();
    const wire::Link* const known = gate.get();
    config::Submit config;
    std::set<std::pair<AccountId, std::string>> owned{{AccountId{1}, "ann@example.org"},
                                                      {AccountId{2}, "ben@example.org"},
                                                      {AccountId{2}, "sales@example.org"}};
    std::optional<wire::Failure> trouble;
    std::vector<std::pair<std::string, wire::Frame>> passed_on;
    std::unique_ptr<Submission> submission;
};

wire::Accept letter(std::uint64_t session, const std::string& from, int recipients = 1)
{
    wire::Accept accept;
    accept.set_session(session);
    accept.set_sender(from);
    accept.add_authors(from);
    accept.mutable_origin()->set_login("root@example.org"); // A claim of the gate's
    accept.mutable_origin()->set_local(true);
    for (int i = 0; i < recipients; ++i)
        accept.add_recipients("x@example.net");
    return accept;
}

TEST(KeeperSubmission, LetsNobodySendAsSomebodyElse)
{
    Rig rig;
    EXPECT_THAT(rig.check(11, "ann@example.org"), StartsWith("250"));
    EXPECT_THAT(rig.check(22, "sales@example.org"), StartsWith("250"));
    for (const auto* foreign : {"ben@example.org", "sales@example.org", "ann@example.net"}) {
        EXPECT_THAT(rig.check(11, foreign), AllOf(StartsWith("550 5.7.1"), HasSubstr(foreign)));
        EXPECT_THAT(rig.accept(letter(11, foreign)),
                    AllOf(StartsWith("550 5.7.1"), HasSubstr(foreign)));
        auto forged = letter(11, "ann@example.org"); // In the header only
        forged.add_authors(foreign);
        EXPECT_THAT(rig.accept(forged), AllOf(StartsWith("550 5.7.1"), HasSubstr(foreign)));
    }
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")), "letter");
}

TEST(KeeperSubmission, TakesTheLoginFromTheSessionAndNotFromTheGate)
{
    Rig rig;
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")), "letter");
    ASSERT_THAT(rig.passed_on, SizeIs(1));
    const auto request = wire::parse<wire::Accept>(rig.passed_on[0].second.message);
    EXPECT_EQ(request->origin().login(), "ann@example.org");
    EXPECT_FALSE(request->origin().local());
    rig.check(22, "ben@example.org");
    const auto question = wire::parse<wire::CheckRecipients>(rig.passed_on[1].second.message);
    EXPECT_EQ(question->origin().login(), "ben@example.org");
}

TEST(KeeperSubmission, TakesNothingWithoutASessionOfThisGate)
{
    Rig rig;
    for (const std::uint64_t handle : {0U, 1U, 33U})
        for (const auto* sender : {"ann@example.org", ""}) {
            EXPECT_EQ(rig.check(handle, sender), wire::describe(wire::Failure::refused));
            EXPECT_EQ(rig.accept(letter(handle, sender)), wire::describe(wire::Failure::refused));
        }
    // Of another gate
    const auto gate = rig.gate;
    rig.gate = nullptr;
    EXPECT_EQ(rig.check(11, "ann@example.org"), wire::describe(wire::Failure::refused));
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")), wire::describe(wire::Failure::refused));
    EXPECT_THAT(rig.passed_on, SizeIs(0));
}

TEST(KeeperSubmission, WantsToKnowWhomALetterIsFrom)
{
    Rig rig;
    auto nameless = letter(11, "ann@example.org");
    nameless.clear_authors();
    EXPECT_THAT(rig.accept(nameless), StartsWith("550 5.6.0"));
    nameless.add_authors("");
    EXPECT_THAT(rig.accept(nameless), StartsWith("550 5.6.0"));
    auto receipt = letter(11, "ann@example.org"); // RFC 8098 §2.1
    receipt.set_sender("");
    EXPECT_EQ(rig.accept(receipt), "letter");
    auto crowd = letter(11, "ann@example.org");
    for (int i = 0; i < Submission::Limits::authors; ++i)
        crowd.add_authors("ann@example.org");
    EXPECT_EQ(rig.accept(crowd), wire::describe(wire::Failure::invalid));
}

TEST(KeeperSubmission, AsksNothingWhereAnySenderWillDo)
{
    Rig rig;
    rig.config.senders = config::Submit::Senders::any;
    EXPECT_THAT(rig.check(11, "eve@example.net"), StartsWith("250"));
    EXPECT_EQ(rig.accept(letter(11, "eve@example.net")), "letter");
    EXPECT_EQ(rig.check(33, "eve@example.net"), wire::describe(wire::Failure::refused));
}

TEST(KeeperSubmission, BouncesNothingOverItsOwnTrouble)
{
    Rig rig;
    rig.trouble = wire::Failure::unavailable;
    EXPECT_EQ(rig.check(11, "ann@example.org"), wire::describe(wire::Failure::unavailable));
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")),
              wire::describe(wire::Failure::unavailable));
}

TEST(KeeperSubmission, CountsLettersAndRecipientsOfEachAccount)
{
    Rig rig;
    rig.config.letters_per_hour = 2;
    rig.config.recipients_per_day = 10;
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org", 8)), "letter");
    EXPECT_THAT(rig.check(11, "ann@example.org", 3), StartsWith("452 4.7.1"));
    EXPECT_THAT(rig.accept(letter(11, "ann@example.org", 3)), StartsWith("452 4.7.1"));
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org", 2)), "letter");
    EXPECT_THAT(rig.check(11, "ann@example.org"), StartsWith("450 4.7.1"));
    EXPECT_THAT(rig.accept(letter(11, "ann@example.org")), StartsWith("450 4.7.1"));
    EXPECT_EQ(rig.accept(letter(22, "ben@example.org")), "letter");
}

TEST(KeeperSubmission, CountsNoLetterThatIsNotTaken)
{
    Rig rig;
    rig.config.letters_per_hour = 1;
    EXPECT_THAT(rig.accept(letter(11, "eve@example.net")), StartsWith("550"));
    rig.config.senders = config::Submit::Senders::any;
    rig.trouble = wire::Failure::no_space;
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")), wire::describe(wire::Failure::no_space));
    rig.trouble.reset();
    EXPECT_EQ(rig.accept(letter(11, "ann@example.org")), "letter");
}

TEST(KeeperSubmission, PassesSessionsAndBodiesOnAndNothingElse)
{
    Rig rig;
    const auto asked = [&](Method method) {
        rig.passed_on.clear();
        const auto reply = rig.ask(method, wire::Done());
        return rig.passed_on.empty() ? "nobody" : rig.passed_on[0].first;
    };
    for (const auto method : {Method::open_session, Method::close_session})
        EXPECT_EQ(asked(method), "sessions");
    for (const auto method : {Method::open_body, Method::append_body, Method::abandon_body})
        EXPECT_EQ(asked(method), "intake");
    for (const auto method : {Method::etrn, Method::open_maildrop, Method::read_message,
                              Method::expunge, Method::vouch, Method::read_letter, Method::admin})
        EXPECT_EQ(asked(method), "nobody");
}

// ---- Allowances -----------------------------------------------------------------------------

constexpr AccountId ann{1};

TEST(Allowances, SlideWithTime)
{
    Allowances all;
    const config::Submit submit{.letters_per_hour = 10, .recipients_per_day = 0};
    Instant now{1000h};
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(all.take(ann, 1, submit, now), Allowances::Answer::granted);
    EXPECT_EQ(all.take(ann, 1, submit, now + 59min), Allowances::Answer::letters);
    // An hour later half of those of the hour before still count, half an hour on.
    EXPECT_EQ(all.take(ann, 1, submit, now + 61min), Allowances::Answer::letters);
    now += 90min;
    int more = 0;
    while (all.take(ann, 1, submit, now) == Allowances::Answer::granted)
        ++more;
    EXPECT_EQ(more, 5);
    EXPECT_EQ(all.take(ann, 1, submit, now + 2h), Allowances::Answer::granted);
}

TEST(Allowances, AreUnboundedAtZero)
{
    Allowances all;
    const config::Submit submit{.letters_per_hour = 0, .recipients_per_day = 0};
    for (int i = 0; i < 100'000; ++i)
        ASSERT_EQ(all.take(ann, 1000, submit, Instant{1000h}), Allowances::Answer::granted);
}

TEST(Allowances, KeepToTheirBoundAndForgetTheIdleFirst)
{
    Allowances all;
    const config::Submit submit{.letters_per_hour = 1};
    Instant now{1000h};
    for (std::uint64_t i = 0; i < Allowances::Limits::accounts; ++i)
        all.take(AccountId{i}, 1, submit, now += 1us);
    all.take(AccountId{Allowances::Limits::accounts}, 1, submit, now);
    EXPECT_LE(all.accounts(), Allowances::Limits::accounts);
    EXPECT_EQ(all.take(AccountId{Allowances::Limits::accounts - 1}, 1, submit, now),
              Allowances::Answer::letters);
}

} // namespace
} // namespace posthouse::keeper
