// SPDX-License-Identifier: Apache-2.0
#include "net/channel.hpp"

#include "tests/net/certificate.hpp"
#include "tests/net/channel_pair.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

/// Long enough for a busy machine: no test waits for it.
Instant patience()
{
    return Instant::clock::now() + 60s;
}

class ChannelPair : public ::testing::Test {
protected:
    ChannelPair()
    {
        std::signal(SIGPIPE, SIG_IGN); // As every role does.
        auto [one, other] = tests::connected_sockets(io);
        server = std::make_unique<Channel>(std::move(one), deadlines);
        client = std::make_unique<Channel>(std::move(other), deadlines);
    }

    Task<std::string> read_all(Channel& channel, std::size_t bytes)
    {
        std::string got;
        while (got.size() < bytes) {
            const auto piece = co_await channel.read(patience());
            if (!piece)
                break;
            got += *piece;
        }
        co_return got;
    }
    /// Says back what comes until nothing comes any more.
    Task<void> echo(Channel& channel)
    {
        for (;;) {
            const auto piece = co_await channel.read(patience());
            if (!piece)
                co_return;
            const std::string kept(*piece);
            if (!co_await channel.write(kept, patience()))
                co_return;
        }
    }
    template <class T>
    void start(Task<T> task)
    {
        asio::co_spawn(io, std::move(task), asio::detached);
    }
    Task<void> secure(Channel& channel, std::shared_ptr<TlsContext> context)
    {
        const auto done = co_await channel.accept_tls(std::move(context), patience());
        if (done)
            co_await echo(channel);
        else
            channel.close();
    }

    asio::io_context io{1};
    Deadlines deadlines{io, 1ms};
    std::unique_ptr<Channel> server, client;
};

TEST_F(ChannelPair, CarriesMoreThanTheSystemKeeps)
{
    std::string sent;
    for (int i = 0; sent.size() < (20 << 20); ++i)
        sent += std::to_string(i) + "\r\n";
    start(client->write(sent, patience()));
    EXPECT_TRUE(tests::run(io, read_all(*server, sent.size())) == sent);
}

/// Pieces of sizes about those of TLS records and of what the system keeps.
std::vector<std::pair<std::string, std::string>> pieces(std::size_t largest)
{
    std::vector<std::pair<std::string, std::string>> all;
    for (const std::size_t first : {0UL, 1UL, 100UL, 16383UL, 16384UL, 16385UL, 70'000UL})
        for (const std::size_t second : {0UL, 1UL, 16284UL, 16384UL, largest}) {
            auto& [one, other] = all.emplace_back(std::string(first, 'a'), std::string());
            for (std::size_t i = 0; i < second; ++i)
                other += static_cast<char>('b' + i % 23);
        }
    return all;
}

TEST_F(ChannelPair, WritesTwoPiecesBehindEachOther)
{
    for (const auto& [first, second] : pieces(5'000'000)) {
        std::string got;
        asio::co_spawn(io, read_all(*server, first.size() + second.size()),
                       [&](std::exception_ptr, std::string text) { got = std::move(text); });
        EXPECT_TRUE(tests::run(io, client->write(first, second, patience())));
        while (got.size() < first.size() + second.size() && io.run_one() != 0) {
        }
        EXPECT_TRUE(got == first + second) << first.size() << ' ' << second.size();
    }
}

TEST_F(ChannelPair, GivesUpReadingAtItsDeadline)
{
    const auto nothing = tests::run(io, server->read(Instant::clock::now() + 5ms));
    EXPECT_EQ(nothing.error(), Channel::Failure::timed_out);
    // It may be used on: a session says 421 before it closes.
    EXPECT_TRUE(tests::run(io, server->write("421\r\n", patience())));
    EXPECT_EQ(tests::run(io, read_all(*client, 5)), "421\r\n");
}

TEST_F(ChannelPair, GivesUpWritingToAPeerThatTakesNothing)
{
    const std::string much(64 << 20, 'x');
    const auto stuck = tests::run(io, server->write(much, Instant::clock::now() + 20ms));
    EXPECT_EQ(stuck.error(), Channel::Failure::timed_out);
}

TEST_F(ChannelPair, SaysThatThePeerIsGone)
{
    client->close();
    EXPECT_EQ(tests::run(io, server->read(patience())).error(), Channel::Failure::lost);
}

TEST_F(ChannelPair, NoticesInputThatNobodyWaitsFor)
{
    EXPECT_FALSE(server->has_input());
    EXPECT_TRUE(tests::run(io, client->write("x", patience())));
    EXPECT_TRUE(server->has_input());
}

TEST_F(ChannelPair, EndsAReadThatIsCancelled)
{
    asio::post(io, [this] { asio::post(io, [this] { server->cancel(); }); }); // After it began.
    EXPECT_EQ(tests::run(io, server->read(patience())).error(), Channel::Failure::lost);
}

TEST_F(ChannelPair, SaysWhyItCannotConnect)
{
    asio::ip::tcp::acceptor gone(io, {asio::ip::address_v4::loopback(), 0});
    const auto nobody = gone.local_endpoint();
    gone.close();
    Channel channel(asio::ip::tcp::socket(io), deadlines);
    EXPECT_EQ(tests::run(io, channel.connect(nobody, patience())).error(), Channel::Failure::lost);
    EXPECT_NE(channel.connect_error(), "");
}

class TlsPair : public ChannelPair {
protected:
    void serve()
    {
        const auto identity = tests::self_signed("mx.example.org");
        start(secure(*server, TlsContext::server(identity.certificate, identity.key).value()));
    }
};

TEST_F(TlsPair, EchoesThroughTls)
{
    serve();
    ASSERT_TRUE(tests::run(
        io, client->connect_tls(TlsContext::client().value(), "mx.example.org", patience())));
    EXPECT_TRUE(client->is_tls());
    EXPECT_TRUE(client->tls_description().starts_with("TLSv1.3 "));
    for (int i = 0; i < 30; ++i) {
        const std::string sent(20'000, static_cast<char>('a' + i % 26)); // More than a TLS record.
        EXPECT_TRUE(tests::run(io, client->write(sent, patience())));
        EXPECT_TRUE(tests::run(io, read_all(*client, sent.size())) == sent);
    }
    EXPECT_TRUE(tests::run(io, client->write("small", patience())));
    EXPECT_EQ(tests::run(io, read_all(*client, 5)), "small");
}

TEST_F(TlsPair, WritesTwoPiecesBehindEachOther)
{
    serve();
    ASSERT_TRUE(tests::run(
        io, client->connect_tls(TlsContext::client().value(), "mx.example.org", patience())));
    for (const auto& [first, second] : pieces(40'000)) {
        EXPECT_TRUE(tests::run(io, client->write(first, second, patience())));
        EXPECT_TRUE(tests::run(io, read_all(*client, first.size() + second.size())) ==
                    first + second)
            << first.size() << ' ' << second.size();
    }
}

TEST_F(TlsPair, IsLostWhenThePeerGoes)
{
    serve();
    ASSERT_TRUE(tests::run(io, client->connect_tls(TlsContext::client().value(), "", patience())));
    server->close();
    EXPECT_EQ(tests::run(io, client->read(patience())).error(), Channel::Failure::lost);
    // The system takes a little before it says so; then writing fails and ends nobody.
    Channel::Result<void> written;
    for (int i = 0; i < 10'000 && written; ++i)
        written = tests::run(io, client->write(std::string(1000, 'x'), patience()));
    EXPECT_FALSE(written);
}

TEST_F(TlsPair, GivesUpAHandshakeAtItsDeadline)
{
    const auto shaken = tests::run(
        io, client->connect_tls(TlsContext::client().value(), "", Instant::clock::now() + 5ms));
    EXPECT_EQ(shaken.error(), Channel::Failure::timed_out);
}

TEST_F(TlsPair, IsNotMadeFromWhatIsNoTls)
{
    serve();
    start(client->write("EHLO example.net\r\n", patience()));
    tests::run(io, read_all(*client, SIZE_MAX)); // An alert, perhaps, and the end.
    EXPECT_NE(server->tls_error(), "");
}

TEST(TlsContext, SaysWhatIsWrongWithItsFiles)
{
    const auto one = tests::self_signed("one.example");
    const auto other = tests::self_signed("other.example");
    EXPECT_TRUE(TlsContext::server(one.certificate, one.key));
    const auto mixed = TlsContext::server(one.certificate, other.key);
    ASSERT_FALSE(mixed);
    EXPECT_TRUE(mixed.error().contains("key"));
    EXPECT_FALSE(TlsContext::server("", one.key));
    EXPECT_FALSE(TlsContext::server(one.certificate, ""));
    EXPECT_FALSE(TlsContext::server("-----BEGIN CERTIFICATE-----\nx", one.key));
}

} // namespace
} // namespace posthouse::net
