// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/channel.hpp"
#include "net/remote_key.hpp"
#include "net/tls_server.hpp"
#include "signer/desk.hpp"
#include "tests/net/certificate.hpp"
#include "tests/net/channel_pair.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>

/// Gates' handshakes with a signer behind a real link.
namespace posthouse::signer {

using namespace std::chrono_literals;
using net::Channel;
using net::TlsContext;
using net::TlsUse;

inline Instant patience()
{
    return Instant::clock::now() + 60s;
}

/// What a gate has of the signer.
class Asking final : public net::Signing {
public:
    Asking(boost::asio::io_context& io, std::shared_ptr<wire::Link> link)
        : io_(io),
          link_(std::move(link))
    {
    }
    void sign(net::SignatureOrder order, Done done) override
    {
        ++asked;
        wire::Sign request;
        request.set_key(order.key);
        request.set_scheme(order.scheme);
        request.set_content(order.content);
        boost::asio::co_spawn(io_, ask(link_, std::move(request), std::move(done)),
                              boost::asio::detached);
    }
    int asked = 0;

private:
    static Task<void> ask(std::shared_ptr<wire::Link> link, wire::Sign request, Done done)
    {
        auto made = co_await link->call<wire::Signed>(wire::Method::sign, request);
        done(made ? std::optional(made->message.signature()) : std::nullopt);
    }
    boost::asio::io_context& io_;
    std::shared_ptr<wire::Link> link_;
};

class Handshake : public ::testing::Test {
protected:
    Handshake()
    {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends{};
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
        near = wire::Link::open(io.get_executor(), UniqueFd(ends[0]), {});
        far = wire::Link::open(io.get_executor(), UniqueFd(ends[1]),
                               {.handler =
                                    [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
                                        return desk.serve("gate.test", std::move(frame),
                                                          Instant::clock::now());
                                    },
                                .closed = {}});
        asking = std::make_unique<Asking>(io, near);
    }
    ~Handshake() override
    {
        server.reset();
        client.reset();
        near->close();
        far->close();
        io.restart();
        io.poll();
    }

    void hold(const tests::SelfSigned& identity)
    {
        EXPECT_TRUE(
            desk.keys().add(net::PrivateKey::parse(identity.key, identity.certificate).value()));
    }

    std::shared_ptr<TlsContext> context_for(const net::TlsMaterial& material, TlsUse use)
    {
        if (!use.tickets)
            use.tickets = tickets;
        return net::serving_context(net::TlsCertificates::parse(material).value(), std::move(use))
            .value();
    }

    std::shared_ptr<TlsContext> context_for(const tests::SelfSigned& identity)
    {
        return context_for({.sites = {{{}, identity.certificate}}}, {.protocol = "imap"});
    }

    Task<bool> accept(std::shared_ptr<TlsContext> context)
    {
        const auto done = co_await server->accept_tls(std::move(context), *asking, patience());
        accepted = done.has_value();
        if (!done)
            server->close();
        else
            co_await server->write("hello\r\n", patience());
        co_return done.has_value();
    }

    /// Both ends; what the client's says.
    bool shake(std::shared_ptr<TlsContext> serving, std::shared_ptr<TlsContext> calling,
               const std::string& host = "mx.example.org")
    {
        auto [one, other] = tests::connected_sockets(io);
        server = std::make_unique<Channel>(std::move(one), deadlines);
        client = std::make_unique<Channel>(std::move(other), deadlines);
        accepted.reset();
        boost::asio::co_spawn(io, accept(std::move(serving)), boost::asio::detached);
        const bool done =
            tests::run(io, client->connect_tls(std::move(calling), host, patience())).has_value();
        // The last flight, and whether the server liked it.
        const auto got = tests::run(io, client->read(patience()));
        while (!accepted) // The channel outlives its operation.
            io.run_one();
        return done && got && *got == "hello\r\n";
    }

    boost::asio::io_context io{1};
    SystemRandom random;
    Desk::Limits limits;
    Desk desk{limits, random, 1h};
    std::shared_ptr<wire::Link> near, far;
    std::unique_ptr<Asking> asking;
    std::shared_ptr<net::TicketKeys> tickets = std::make_shared<net::TicketKeys>();
    net::Deadlines deadlines{io, 1ms};
    std::unique_ptr<Channel> server, client;
    std::optional<bool> accepted;
};

} // namespace posthouse::signer
