// SPDX-License-Identifier: Apache-2.0
#include "clerk/desk.hpp"

#include "directory/password.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/parse.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace posthouse::clerk {
namespace {

using wire::Method;

/// A keeper with one account, whose password is "correct horse", and what it was asked.
class FakeKeeper {
public:
    Task<wire::Result<wire::Answer>> answer(wire::Frame frame)
    {
        if (frame.head.method == Method::find_login) {
            const auto request = wire::parse<wire::FindLogin>(frame.message);
            asked_for.push_back(request->user());
            if (out_of_order)
                co_return std::unexpected(wire::Failure::unavailable);
            wire::Login found;
            found.set_found(request->user() == "alice@example.org");
            found.set_salt("0123456789abcdef");
            if (found.found()) {
                found.set_account(12);
                found.set_address("alice@example.org");
                found.set_verifier(verifier);
            }
            co_return wire::answer_with(found);
        }
        if (frame.head.method == Method::vouch) {
            vouched.push_back(wire::parse<wire::Vouch>(frame.message)->account());
            if (vouches_for_nobody)
                co_return std::unexpected(wire::Failure::busy);
            wire::Ticket ticket;
            ticket.set_ticket("ticket-" + std::to_string(vouched.size()));
            co_return wire::answer_with(ticket);
        }
        co_return std::unexpected(wire::Failure::refused);
    }

    std::string verifier =
        directory::hash_password(Secret("correct horse"), directory::PasswordCost::least).value();
    bool out_of_order = false, vouches_for_nobody = false;
    std::vector<std::string> asked_for;
    std::vector<std::uint64_t> vouched;
};

using Answer = wire::Result<wire::Typed<wire::Authenticated>>;

/// The answer, or why there is none in place of its reason.
wire::Authenticated outcome_of(const Answer& answer)
{
    if (answer)
        return answer->message;
    wire::Authenticated none;
    none.set_reason(answer.error() == wire::Failure::busy          ? "busy"
                    : answer.error() == wire::Failure::unavailable ? "unavailable"
                                                                   : "another failure");
    return none;
}

class ClerkDesk : public ::testing::Test {
protected:
    void open(const Checker::Limits& checks = {}, const Brake::Limits& brake = {})
    {
        config::Logins logins;
        logins.failure_delay = logins.failure_delay_maximum = {};
        logins.failures_per_client = brake.failures;
        logins.failure_window = std::chrono::duration_cast<config::Span>(brake.window);
        desk = std::make_unique<Desk>(checks, Desk::Terms{.logins = logins});
        desk->set_keeper(to_keeper.ours);
    }
    wire::Authenticate request(std::string user, std::string password,
                               std::string client = "192.0.2.1")
    {
        wire::Authenticate message;
        message.set_user(std::move(user));
        message.set_password(std::move(password));
        message.set_client_address(std::move(client));
        message.set_protocol("pop3");
        return message;
    }
    wire::Result<wire::Typed<wire::Authenticated>> ask(const wire::Authenticate& message)
    {
        return tests::run(io, gate.ours->call<wire::Authenticated>(Method::authenticate, message));
    }
    wire::Authenticated log_in(std::string user, std::string password,
                               std::string client = "192.0.2.1")
    {
        const auto answer = ask(request(std::move(user), std::move(password), std::move(client)));
        return outcome_of(answer);
    }

    boost::asio::io_context io{1};
    FakeKeeper keeper;
    tests::LinkPair to_keeper{
        io,
        {},
        {.handler = [this](std::shared_ptr<wire::Link>,
                           wire::Frame frame) { return keeper.answer(std::move(frame)); },
         .closed = {}}};
    std::unique_ptr<Desk> desk;
    tests::LinkPair gate{io,
                         {},
                         {.handler =
                              [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                                  return desk->serve(std::move(link), std::move(frame));
                              },
                          .closed = {}}};
};

TEST_F(ClerkDesk, HandsATicketToWhoHasTheRightPassword)
{
    open();
    const auto answer = log_in("alice@example.org", "correct horse");
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(answer.ticket(), "ticket-1");
    EXPECT_EQ(keeper.vouched, std::vector<std::uint64_t>{12});
}

TEST_F(ClerkDesk, VouchesForNobodyElse)
{
    open();
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"alice@example.org", "correct horses"},
        {"alice@example.org", ""},
        {"alice@example.org", std::string("correct horse\0", 14)},
        {"alice@example.org", std::string(2000, 'x')},
        {"bob@example.org", "correct horse"},
        {"", "correct horse"},
        {std::string(1000, 'a') + "@example.org", "correct horse"}};
    for (const auto& [user, password] : wrong) {
        const auto answer = log_in(user, password);
        EXPECT_FALSE(answer.ok()) << user;
        EXPECT_EQ(answer.reason(), "wrong") << user;
        EXPECT_EQ(answer.ticket(), "") << user;
    }
    EXPECT_TRUE(keeper.vouched.empty());
}

TEST_F(ClerkDesk, TakesADamagedVerifierForNone)
{
    open();
    for (const auto* damaged : {"", "correct horse", "$argon2id$v=19$m=65536,t=2,p=1$x$y"}) {
        keeper.verifier = damaged;
        EXPECT_FALSE(log_in("alice@example.org", "correct horse").ok()) << damaged;
    }
}

TEST_F(ClerkDesk, TakesAsLongForAUserWhoDoesNotExist)
{
    open();
    keeper.verifier = *directory::hash_password(Secret("correct horse"));
    const auto time_of = [&](const std::string& user) {
        const auto begin = Instant::clock::now();
        EXPECT_FALSE(log_in(user, "wrong").ok());
        return Instant::clock::now() - begin;
    };
    Duration known = Duration::max(), unknown = Duration::max();
    for (int i = 0; i < 3; ++i) { // The best of three: a busy machine only adds.
        known = std::min(known, time_of("alice@example.org"));
        unknown = std::min(unknown, time_of("bob@example.org"));
    }
    EXPECT_GT(unknown, known / 3);
    EXPECT_LT(unknown, known * 3);
}

TEST_F(ClerkDesk, BrakesAClientThatGuessesAndNoOther)
{
    open({}, {.failures = 3, .window = std::chrono::hours(1)});
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(log_in("alice@example.org", "guess").reason(), "wrong");
    keeper.asked_for.clear();
    EXPECT_EQ(log_in("alice@example.org", "correct horse").reason(), "braked");
    EXPECT_TRUE(keeper.asked_for.empty());
    EXPECT_TRUE(log_in("alice@example.org", "correct horse", "192.0.2.2").ok());
}

TEST_F(ClerkDesk, DoesNotHoldOurOwnTroublesAgainstAClient)
{
    open({}, {.failures = 1, .window = std::chrono::hours(1)});
    keeper.out_of_order = true;
    EXPECT_EQ(log_in("alice@example.org", "correct horse").reason(), "unavailable");
    keeper.out_of_order = false;
    keeper.vouches_for_nobody = true;
    EXPECT_EQ(log_in("alice@example.org", "correct horse").reason(), "unavailable");
    keeper.vouches_for_nobody = false;
    EXPECT_TRUE(log_in("alice@example.org", "correct horse").ok());
}

TEST_F(ClerkDesk, IsUnavailableWithoutAKeeperAndGoesOnWithTheNextOne)
{
    open();
    desk->set_keeper(nullptr);
    EXPECT_EQ(log_in("alice@example.org", "correct horse").reason(), "unavailable");
    tests::LinkPair next(
        io, {},
        {.handler = [this](std::shared_ptr<wire::Link>,
                           wire::Frame frame) { return keeper.answer(std::move(frame)); },
         .closed = {}});
    desk->set_keeper(next.ours);
    EXPECT_TRUE(log_in("alice@example.org", "correct horse").ok());
}

/// Starts so many log-ins at once; the reasons they end with, counted.
std::map<std::string, int> crowd(boost::asio::io_context& io, wire::Link& gate, int count,
                                 const wire::Authenticate& message)
{
    std::map<std::string, int> ends;
    int done = 0;
    for (int i = 0; i < count; ++i)
        boost::asio::co_spawn(io, gate.call<wire::Authenticated>(Method::authenticate, message),
                              [&](std::exception_ptr, Answer answer) {
                                  const auto outcome = outcome_of(answer);
                                  ++ends[outcome.ok() ? "ok" : outcome.reason()];
                                  ++done;
                              });
    io.restart();
    while (done < count && io.run_one() != 0) {
    }
    return ends;
}

TEST_F(ClerkDesk, ChecksNoMoreAtATimeForOneClientThanItsShare)
{
    open({.threads = 2, .under_way = 64, .under_way_per_client = 4});
    const auto ends = crowd(io, *gate.ours, 20, request("alice@example.org", "correct horse"));
    EXPECT_EQ(ends, (std::map<std::string, int>{{"busy", 16}, {"ok", 4}}));
    // What was given back is there again.
    const auto again = crowd(io, *gate.ours, 4, request("alice@example.org", "correct horse"));
    EXPECT_EQ(again, (std::map<std::string, int>{{"ok", 4}}));
}

TEST_F(ClerkDesk, ChecksNoMoreAtATimeThanTheLimitForAllTogether)
{
    open({.threads = 2, .under_way = 3, .under_way_per_client = 64});
    const auto ends = crowd(io, *gate.ours, 20, request("alice@example.org", "correct horse"));
    EXPECT_EQ(ends, (std::map<std::string, int>{{"busy", 17}, {"ok", 3}}));
}

TEST_F(ClerkDesk, LogsWhoFailedAndNeverThePassword)
{
    open();
    ::testing::internal::CaptureStderr();
    log_in("alice@example.org", "hunter2-secret");
    log_in("alice@example.org", "correct horse");
    log_in("bob@example.org\r\nevent=login.ok", "hunter2-secret");
    const auto lines = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(lines.contains("event=login.failed user=alice@example.org client=192.0.2.1"));
    EXPECT_TRUE(lines.contains("event=login.ok user=alice@example.org client=192.0.2.1"));
    EXPECT_EQ(std::ranges::count(lines, '\n'), 3);
    EXPECT_FALSE(lines.contains("hunter2"));
    EXPECT_FALSE(lines.contains("horse"));
}

TEST_F(ClerkDesk, RefusesWhatMakesNoSense)
{
    open();
    EXPECT_EQ(tests::run(io, gate.ours->call(Method::authenticate, "\xff\xff")).error(),
              wire::Failure::invalid);
    EXPECT_EQ(tests::run(io, gate.ours->call(Method::vouch, "")).error(), wire::Failure::refused);
    EXPECT_EQ(ask(request("alice@example.org", "x", std::string(65, '1'))).error(),
              wire::Failure::invalid);
}

} // namespace
} // namespace posthouse::clerk
