// SPDX-License-Identifier: Apache-2.0
#include "wire/link.hpp"

#include "base/time.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/messages.pb.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <fcntl.h>

namespace asio = boost::asio;

namespace posthouse::wire {
namespace {

/// Says what it was told, in an order of its own.
Task<Result<Answer>> echo(std::shared_ptr<Link>, Frame frame)
{
    for (std::size_t turns = frame.head.id * 7 % 5; turns > 0; --turns)
        co_await asio::post(asio::use_awaitable);
    co_return Answer{frame.message, frame.raw};
}

/// Keeps each request until it is let go.
class Parking {
public:
    explicit Parking(asio::io_context& io) : io_(io) {}

    Link::Handler handler()
    {
        return [this](std::shared_ptr<Link>, Frame frame) { return park(std::move(frame)); };
    }
    void let_go(std::size_t count)
    {
        for (; count > 0 && !parked_.empty(); --count) {
            parked_.front()->cancel();
            parked_.pop_front();
        }
    }
    std::size_t parked() const { return parked_.size(); }

    std::vector<std::string> seen;

private:
    Task<Result<Answer>> park(Frame frame)
    {
        seen.push_back(frame.message);
        asio::steady_timer place(io_, Instant::max());
        parked_.push_back(&place);
        boost::system::error_code ignored;
        co_await place.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return Answer{frame.message, {}};
    }

    asio::io_context& io_;
    std::deque<asio::steady_timer*> parked_;
};

std::string frame(Head head, std::string_view message, std::string_view raw = {})
{
    head.message_bytes = static_cast<std::uint32_t>(message.size());
    head.raw_bytes = static_cast<std::uint32_t>(raw.size());
    std::string bytes;
    head.append_to(bytes);
    bytes += message;
    bytes += raw;
    return bytes;
}

/// A link whose other end is in the test's own hand, byte by byte.
class HandHeldLink : public ::testing::Test {
protected:
    void open(Link::Options options)
    {
        auto [one, other] = tests::socket_pair();
        ::fcntl(other.get(), F_SETFL, O_NONBLOCK);
        peer = std::move(other);
        options.closed = [this] { ++times_closed; };
        link = Link::open(io.get_executor(), std::move(one), std::move(options));
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    void send(std::string_view bytes)
    {
        ASSERT_EQ(::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
        settle();
    }
    std::string received(std::size_t most = 1 << 20)
    {
        std::string bytes(most, '\0');
        const auto count = ::recv(peer.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
    /// Calls, and does not wait for what comes of it.
    void call(std::string message)
    {
        asio::co_spawn(io, link->call(Method::route, std::move(message)),
                       [this](std::exception_ptr, Result<Answer> answer) {
                           answers.push_back(std::move(answer));
                       });
        settle();
    }

    asio::io_context io{1};
    UniqueFd peer;
    std::shared_ptr<Link> link;
    std::vector<Result<Answer>> answers;
    int times_closed = 0;
};

Task<Result<Answer>> refuse_all(std::shared_ptr<Link>, Frame)
{
    co_return std::unexpected(Failure::no_space);
}

Task<std::size_t> count_right_answers(std::shared_ptr<Link> link, std::string name,
                                      std::size_t most_bytes = 5000)
{
    constexpr std::size_t calls = 500;
    std::size_t right = 0, done = 0;
    asio::steady_timer all_done(co_await asio::this_coro::executor, Instant::max());
    for (std::size_t i = 0; i < calls; ++i) {
        const auto message = name + std::to_string(i);
        const std::string raw(i * 370'003 % most_bytes, static_cast<char>('a' + i % 26));
        asio::co_spawn(all_done.get_executor(), link->call(Method::file, message, raw),
                       [&, message, raw](std::exception_ptr, Result<Answer> answer) {
                           right += answer && answer->message == message && answer->raw == raw;
                           if (++done == calls)
                               all_done.cancel();
                       });
    }
    boost::system::error_code ignored;
    co_await all_done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return right;
}

TEST(Link, HasManyRequestsInFlightBothWays)
{
    asio::io_context io(1);
    const tests::LinkPair pair(io, {.handler = echo, .closed = {}},
                               {.handler = echo, .closed = {}});
    std::size_t theirs = 0;
    asio::co_spawn(io, count_right_answers(pair.theirs, "theirs"),
                   [&](std::exception_ptr, std::size_t right) { theirs = right; });
    EXPECT_EQ(tests::run(io, count_right_answers(pair.ours, "ours")), 500U);
    while (theirs == 0 && io.run_one() != 0) {
    }
    EXPECT_EQ(theirs, 500U);
    EXPECT_EQ(pair.ours->outstanding(), 0U);
}

TEST(Link, CarriesLargeFramesAmongSmallOnes)
{
    asio::io_context io(1);
    const tests::LinkPair pair(io, {.handler = echo, .closed = {}},
                               {.handler = echo, .closed = {}});
    const auto right = tests::run(io, count_right_answers(pair.ours, "ours", 100'000));
    EXPECT_EQ(right, 500U);
}

TEST(Link, SaysWhyThereIsNoAnswer)
{
    asio::io_context io(1);
    const tests::LinkPair pair(io, {.handler = refuse_all, .closed = {}}, {});
    const auto refused = tests::run(io, pair.theirs->call(Method::accept, "x"));
    EXPECT_EQ(refused.error(), Failure::no_space);
    // Who serves nobody refuses.
    EXPECT_EQ(tests::run(io, pair.ours->call(Method::accept, "x")).error(), Failure::refused);
}

TEST(Link, TakesAnAnswerThatDoesNotParseForNone)
{
    asio::io_context io(1);
    const tests::LinkPair pair(
        io, {},
        {.handler = [](std::shared_ptr<Link>, Frame) -> Task<Result<Answer>> {
             co_return Answer{"\xff\xff\xff", {}};
         },
         .closed = {}});
    const auto answer = tests::run(io, pair.ours->call<Routed>(Method::route, Route()));
    EXPECT_EQ(answer.error(), Failure::invalid);
}

TEST(Link, CarriesTheLargestFrameThereIs)
{
    asio::io_context io(1);
    const tests::LinkPair pair(io, {}, {.handler = echo, .closed = {}});
    const std::string message(FrameLimits::message_bytes, 'm');
    const std::string raw(FrameLimits::raw_bytes, 'r');
    const auto answer = tests::run(io, pair.ours->call(Method::file, message, raw));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->message == message);
    EXPECT_TRUE(answer->raw == raw);
}

TEST(Link, EndsEveryCallWhenTheOtherSideCloses)
{
    asio::io_context io(1);
    Parking parking(io);
    int closed = 0;
    const tests::LinkPair pair(io, {.handler = {}, .closed = [&] { ++closed; }},
                               {.handler = parking.handler(), .closed = {}});
    std::vector<Failure> ends;
    for (int i = 0; i < 5; ++i)
        asio::co_spawn(
            io, pair.ours->call(Method::file, "x"),
            [&](std::exception_ptr, Result<Answer> answer) { ends.push_back(answer.error()); });
    io.poll();
    EXPECT_EQ(parking.parked(), 5U);
    EXPECT_EQ(pair.ours->outstanding(), 5U);
    pair.theirs->close();
    io.poll();
    EXPECT_EQ(ends, std::vector<Failure>(5, Failure::closed));
    EXPECT_FALSE(pair.ours->is_open());
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(tests::run(io, pair.ours->call(Method::file, "x")).error(), Failure::closed);
    parking.let_go(5); // Their answers have nowhere to go.
    io.restart();
    io.poll();
}

TEST_F(HandHeldLink, TakesFramesHoweverTheyAreCut)
{
    const auto stream = frame({.id = 1, .method = Method::route}, "first", "body") +
                        frame({.id = 2, .method = Method::file}, "") +
                        frame({.id = 3, .method = Method::notify}, "third", "\r\n.\r\n");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        std::vector<std::string> seen;
        open({.handler = [&](std::shared_ptr<Link>, Frame got) -> Task<Result<Answer>> {
                  seen.push_back(got.message + "|" + got.raw);
                  co_return Answer{};
              },
              .closed = {}});
        send(stream.substr(0, cut));
        send(stream.substr(cut));
        EXPECT_EQ(seen, (std::vector<std::string>{"first|body", "|", "third|\r\n.\r\n"})) << cut;
        EXPECT_EQ(received().size(), 3 * Head::size);
        link->close();
        settle();
    }
}

TEST_F(HandHeldLink, TakesLargeFramesHoweverTheyAreCut)
{
    const std::string large(20'000, 'l'), larger(70'000, 'L');
    const auto stream = frame({.id = 1, .method = Method::route}, "first", "body") +
                        frame({.id = 2, .method = Method::file}, "second", large) +
                        frame({.id = 3, .method = Method::file}, "third", larger) +
                        frame({.id = 4, .method = Method::notify}, "last");
    for (std::size_t cut = 0; cut <= stream.size(); cut += cut < 100 ? 1 : 997) {
        std::vector<std::string> seen;
        open({.handler = [&](std::shared_ptr<Link>, Frame got) -> Task<Result<Answer>> {
                  seen.push_back(got.message + "|" + got.raw);
                  co_return Answer{};
              },
              .closed = {}});
        send(stream.substr(0, cut));
        send(stream.substr(cut));
        EXPECT_EQ(seen, (std::vector<std::string>{"first|body", "second|" + large,
                                                  "third|" + larger, "last|"}))
            << cut;
        link->close();
        settle();
    }
}

TEST_F(HandHeldLink, IsClosedByWhatIsNoFrame)
{
    for (const std::string& bytes :
         {std::string(16, '\0'), std::string(16, '\xff'), std::string("GET / HTTP/1.1\r\n")}) {
        open({.handler = echo, .closed = {}});
        times_closed = 0;
        answers.clear();
        call("waits");
        send(bytes);
        EXPECT_FALSE(link->is_open());
        EXPECT_EQ(times_closed, 1);
        ASSERT_EQ(answers.size(), 1U);
        EXPECT_EQ(answers[0].error(), Failure::closed);
    }
}

TEST_F(HandHeldLink, IsClosedByTheHeadOfAFrameThatIsTooLarge)
{
    open({.handler = echo, .closed = {}});
    std::string head;
    Head{.raw_bytes = FrameLimits::raw_bytes + 1}.append_to(head);
    send(head);
    EXPECT_FALSE(link->is_open());
}

TEST_F(HandHeldLink, PassesOverAnswersThatNobodyWaitsFor)
{
    open({});
    call("question");
    send(frame({.id = 77, .kind = Kind::response}, "to nothing"));
    send(frame({.id = 1, .kind = Kind::response}, "first"));
    send(frame({.id = 1, .kind = Kind::response}, "again"));
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0]->message, "first");
    EXPECT_TRUE(link->is_open());
}

TEST_F(HandHeldLink, AnswersNoNotice)
{
    int heard = 0;
    open({.handler = [&](std::shared_ptr<Link>, Frame) -> Task<Result<Answer>> {
              ++heard;
              co_return Answer{"ignored", {}};
          },
          .closed = {}});
    send(frame({.id = 1, .kind = Kind::notice}, "by the way"));
    EXPECT_EQ(heard, 1);
    EXPECT_EQ(received(), "");
}

TEST_F(HandHeldLink, ReadsNoFurtherWhileTooMuchIsUnderWay)
{
    Parking parking(io);
    constexpr std::size_t in_flight = 8;
    open({.handler = parking.handler(), .closed = {}, .in_flight = in_flight});
    // Each is as large as what is read at once, so that the count is exact.
    constexpr std::size_t requests = 100, request_bytes = 64 * 1024;
    std::string stream;
    for (std::uint32_t i = 0; i < requests; ++i)
        stream += frame({.id = i + 1, .method = Method::route}, std::to_string(i),
                        std::string(request_bytes, 'x'));
    std::size_t sent = 0;
    std::string answered;
    while (sent < stream.size() || parking.seen.size() < requests || parking.parked() > 0) {
        const auto before = sent;
        const auto count = ::send(peer.get(), stream.data() + sent, stream.size() - sent,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += count > 0 ? static_cast<std::size_t>(count) : 0;
        settle();
        ASSERT_LE(parking.parked(), in_flight);
        if (sent == before) { // It takes no more of it: it waits for its own answers.
            ASSERT_GT(parking.parked(), 0U);
            parking.let_go(parking.seen.size() % 3 + 1);
            settle();
        }
        answered += received();
    }
    ASSERT_EQ(parking.seen.size(), requests);
    for (std::size_t i = 0; i < requests; ++i)
        EXPECT_EQ(parking.seen[i], std::to_string(i));
    EXPECT_TRUE(link->is_open());
}

TEST_F(HandHeldLink, GoesOnAlsoWhereOneRequestAtATimeIsAllowed)
{
    open({.handler = echo, .closed = {}, .in_flight = 1});
    for (std::uint32_t i = 1; i <= 5; ++i) {
        send(frame({.id = i}, "x"));
        EXPECT_EQ(received().size(), Head::size + 1) << i;
    }
}

TEST_F(HandHeldLink, KeepsLargeAnswersWholeForASlowReader)
{
    const auto body_of = [](std::uint32_t id) {
        return std::string(FrameLimits::raw_bytes - id, static_cast<char>('a' + id));
    };
    open({.handler = [&](std::shared_ptr<Link>, Frame got) -> Task<Result<Answer>> {
              co_return Answer{{}, body_of(got.head.id)};
          },
          .closed = {}});
    std::string wanted;
    for (std::uint32_t i = 1; i <= 6; ++i) {
        send(frame({.id = i, .method = Method::read_letter}, ""));
        wanted +=
            frame({.id = i, .kind = Kind::response, .method = Method::read_letter}, "", body_of(i));
    }
    std::string got;
    while (got.size() < wanted.size()) {
        const auto piece = received(9973);
        got += piece;
        settle();
        ASSERT_FALSE(piece.empty());
    }
    EXPECT_TRUE(got == wanted);
    EXPECT_TRUE(link->is_open());
}

} // namespace
} // namespace posthouse::wire
