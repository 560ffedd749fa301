// SPDX-License-Identifier: Apache-2.0
// benches: net base
// What a TLS session at rest costs in memory, and what a handshake costs in time.
#include "net/channel.hpp"
#include "net/private_key.hpp"
#include "net/tls_server.hpp"
#include "tests/net/certificate.hpp"
#include "tests/net/channel_pair.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <openssl/ssl.h>

#include <csignal>
#include <malloc.h>
#include <memory>
#include <vector>

namespace asio = boost::asio;

namespace posthouse::net {
namespace {

/// Signs at once, with a key of its own.
class Nearby final : public Signing {
public:
    explicit Nearby(const tests::SelfSigned& identity)
        : key_(PrivateKey::parse(identity.key, identity.certificate).value())
    {
    }
    void sign(SignatureOrder order, Done done) override
    {
        done(key_.sign(order.scheme, order.content).value());
    }

private:
    PrivateKey key_;
};

Task<void> accept(Channel& channel, std::shared_ptr<TlsContext> context, Signing& signing,
                  int& left)
{
    const auto until = Instant::clock::now() + std::chrono::minutes(1);
    const auto done = co_await channel.accept_tls(std::move(context), signing, until);
    if (done) // As a session does: something comes, something goes.
        co_await channel.write("* OK ready\r\n", until);
    --left;
}

Task<void> connect(Channel& channel, std::shared_ptr<TlsContext> context, int& left)
{
    const auto until = Instant::clock::now() + std::chrono::minutes(1);
    if (co_await channel.connect_tls(std::move(context), "mx.example.org", until))
        static_cast<void>(co_await channel.read(until));
    --left;
}

struct Stage {
    asio::io_context io{1};
    Deadlines deadlines{io};
    tests::SelfSigned identity;
    Nearby nearby;
    std::shared_ptr<TlsContext> serving, calling = TlsContext::client().value();

    explicit Stage(const std::string& key_type)
        : identity(tests::certificate_with({.host = "mx.example.org", .key_type = key_type})),
          nearby(identity)
    {
        std::signal(SIGPIPE, SIG_IGN);
        serving =
            serving_context(TlsCertificates::parse({.sites = {{{}, identity.certificate}}}).value(),
                            {.protocol = "imap", .tickets = std::make_shared<TicketKeys>()})
                .value();
    }

    std::unique_ptr<Channel> one()
    {
        auto [near, far] = tests::connected_sockets(io);
        auto server = std::make_unique<Channel>(std::move(near), deadlines);
        Channel client(std::move(far), deadlines);
        int left = 2;
        asio::co_spawn(io, accept(*server, serving, nearby, left), asio::detached);
        asio::co_spawn(io, connect(client, calling, left), asio::detached);
        while (left > 0)
            io.run_one();
        return server;
    }
};

void idle_session(benchmark::State& state)
{
    Stage stage("P-256");
    std::vector<std::unique_ptr<Channel>> idle;
    idle.reserve(1 << 16);
    for (int i = 0; i < 100; ++i) // What is made once.
        idle.push_back(stage.one());
    const auto before = ::mallinfo2().uordblks;
    const auto first = idle.size();
    for ([[maybe_unused]] auto _ : state)
        idle.push_back(stage.one());
    state.counters["bytes_each"] = static_cast<double>(::mallinfo2().uordblks - before) /
                                   static_cast<double>(idle.size() - first);
}
BENCHMARK(idle_session)->Iterations(400);

void handshake(benchmark::State& state, const char* key_type)
{
    Stage stage(key_type);
    for ([[maybe_unused]] auto _ : state)
        stage.one();
}
BENCHMARK_CAPTURE(handshake, ecdsa_p256, "P-256");
BENCHMARK_CAPTURE(handshake, rsa_2048, "RSA-2048");
BENCHMARK_CAPTURE(handshake, ed25519, "ED25519");

} // namespace
} // namespace posthouse::net
