// SPDX-License-Identifier: Apache-2.0
#include "tests/signer/handshake_rig.hpp"

#include <gmock/gmock.h>

namespace asio = boost::asio;

namespace posthouse::signer {
namespace {

struct Case {
    std::string key_type;
    int version;
};

class EachKey : public Handshake, public ::testing::WithParamInterface<Case> {};

TEST_P(EachKey, IsUsedByAGateThatHasItNot)
{
    const auto identity =
        tests::certificate_with({.host = "mx.example.org", .key_type = GetParam().key_type});
    hold(identity);
    auto calling = TlsContext::verifying_client(identity.certificate).value();
    SSL_CTX_set_max_proto_version(calling->native(), GetParam().version);
    ASSERT_TRUE(shake(context_for(identity), calling))
        << client->tls_error() << "; " << server->tls_error();
    EXPECT_EQ(asking->asked, 1);
    EXPECT_THAT(
        server->tls_description(),
        ::testing::StartsWith(GetParam().version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
    EXPECT_EQ(desk.take_counts().signatures, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, EachKey,
    ::testing::Values(Case{"RSA-2048", TLS1_3_VERSION}, Case{"RSA-3072", TLS1_3_VERSION},
                      Case{"RSA-4096", TLS1_3_VERSION}, Case{"P-256", TLS1_3_VERSION},
                      Case{"P-384", TLS1_3_VERSION}, Case{"ED25519", TLS1_3_VERSION},
                      Case{"RSA-2048", TLS1_2_VERSION}, Case{"RSA-4096", TLS1_2_VERSION},
                      Case{"P-256", TLS1_2_VERSION}, Case{"P-384", TLS1_2_VERSION},
                      Case{"ED25519", TLS1_2_VERSION}));

TEST_F(Handshake, FailsWithoutTheKeyAndHarmsNoOther)
{
    const auto known = tests::self_signed("mx.example.org");
    const auto unknown = tests::self_signed("mx.example.org");
    hold(known);
    EXPECT_FALSE(shake(context_for(unknown), TlsContext::client().value()));
    EXPECT_EQ(accepted, false);
    EXPECT_TRUE(shake(context_for(known), TlsContext::client().value()));
}

TEST_F(Handshake, FailsWhenTheSignerIsGone)
{
    const auto identity = tests::self_signed("mx.example.org");
    hold(identity);
    far->close();
    EXPECT_FALSE(shake(context_for(identity), TlsContext::client().value()));
    EXPECT_EQ(accepted, false);
}

/// A signer that is busy with something else for ever.
class Silent final : public net::Signing {
public:
    void sign(net::SignatureOrder, Done done) override { kept.push_back(std::move(done)); }
    std::vector<Done> kept;
};

Task<Channel::Result<void>> accept_with(Channel& channel, std::shared_ptr<TlsContext> context,
                                        net::Signing& signing, Instant until)
{
    co_return co_await channel.accept_tls(std::move(context), signing, until);
}

TEST_F(Handshake, WaitsForNoSignerLongerThanItsDeadline)
{
    const auto identity = tests::self_signed("mx.example.org");
    auto [one, other] = tests::connected_sockets(io);
    server = std::make_unique<Channel>(std::move(one), deadlines);
    client = std::make_unique<Channel>(std::move(other), deadlines);
    asio::co_spawn(io, client->connect_tls(TlsContext::client().value(), "", patience()),
                   asio::detached);
    Silent silent;
    const auto late = tests::run(
        io, accept_with(*server, context_for(identity), silent, Instant::clock::now() + 20ms));
    EXPECT_EQ(late.error(), Channel::Failure::timed_out);
    ASSERT_EQ(silent.kept.size(), 1u);
    silent.kept[0]("too late"); // Nobody is hurt.
    io.restart();
    io.poll();
}

Task<void> connect_one(Channel& channel, std::size_t& left)
{
    static_cast<void>(co_await channel.connect_tls(TlsContext::client().value(), "", patience()));
    --left;
}

TEST_F(Handshake, SuspendsNoMoreThanItsLimit)
{
    const auto identity = tests::self_signed("mx.example.org");
    hold(identity);
    const auto serving = context_for(identity);
    Silent silent;
    constexpr std::size_t many = Channel::Limits::suspended_handshakes + 20;
    std::vector<std::unique_ptr<Channel>> channels;
    std::size_t failed = 0, left = many;
    const auto accept_one = [&](Channel& channel) -> Task<void> {
        if (!co_await channel.accept_tls(serving, silent, patience()))
            ++failed;
    };
    for (std::size_t i = 0; i < many; ++i) {
        auto [one, other] = tests::connected_sockets(io);
        channels.push_back(std::make_unique<Channel>(std::move(one), deadlines));
        asio::co_spawn(io, accept_one(*channels.back()), asio::detached);
        channels.push_back(std::make_unique<Channel>(std::move(other), deadlines));
        asio::co_spawn(io, connect_one(*channels.back(), left), asio::detached);
    }
    while (silent.kept.size() < Channel::Limits::suspended_handshakes)
        io.run_one();
    // No more are suspended than may be; the rest comes when there is room.
    EXPECT_EQ(silent.kept.size(), Channel::Limits::suspended_handshakes);
    for (std::size_t i = 0; i < many; ++i) {
        while (silent.kept.size() <= i)
            io.run_one();
        silent.kept[i](std::nullopt);
    }
    while (failed < many || left > 0)
        io.run_one();
    channels.clear();
}

TEST_F(Handshake, ResumesWithTheTicketsKeyAndAsksForNoSignature)
{
    const auto identity = tests::self_signed("mx.example.org");
    hold(identity);
    const auto calling = TlsContext::client().value();
    SSL_SESSION* session = nullptr;
    SSL_CTX_set_session_cache_mode(calling->native(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_set_app_data(calling->native(), &session);
    SSL_CTX_sess_set_new_cb(calling->native(), [](SSL* ssl, SSL_SESSION* made) {
        auto& kept = *static_cast<SSL_SESSION**>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        SSL_SESSION_free(kept);
        kept = made;
        return 1;
    });
    ASSERT_TRUE(shake(context_for(identity), calling));
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(asking->asked, 1);
    const auto again = [&](std::shared_ptr<TlsContext> serving) {
        auto [one, other] = tests::connected_sockets(io);
        const auto before = asking->asked;
        accepted.reset();
        server = std::make_unique<Channel>(std::move(one), deadlines);
        asio::co_spawn(io, accept(std::move(serving)), asio::detached);
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(calling->native()), SSL_free);
        SSL_set_tlsext_host_name(ssl.get(), "mx.example.org");
        other.non_blocking(true);
        SSL_set_fd(ssl.get(), other.native_handle());
        SSL_set_session(ssl.get(), session);
        while (SSL_connect(ssl.get()) != 1)
            io.run_one();
        while (!accepted)
            io.run_one();
        EXPECT_EQ(SSL_session_reused(ssl.get()) == 1, asking->asked == before);
        return SSL_session_reused(ssl.get()) == 1;
    };
    // Of another process that has the same keys: a gate that was started again.
    EXPECT_TRUE(again(context_for(identity)));
    // Not in another protocol, not once the key is gone, not with another certificate.
    EXPECT_FALSE(again(context_for({.sites = {{{}, identity.certificate}}}, {.protocol = "pop3"})));
    EXPECT_FALSE(
        again(context_for({.sites = {{{}, identity.certificate}}},
                          {.protocol = "imap", .tickets = std::make_shared<net::TicketKeys>()})));
    const auto other = tests::self_signed("mx.example.org");
    hold(other);
    EXPECT_FALSE(again(context_for(other)));
    SSL_SESSION_free(session);
}

TEST_F(Handshake, ShowsEachNameItsCertificate)
{
    const auto by_default = tests::self_signed("mx.example.org");
    const auto exact =
        tests::certificate_with({.host = "mail.example.net", .key_type = "RSA-2048"});
    const auto wildcard = tests::self_signed("*.example.com");
    for (const auto* each : {&by_default, &exact, &wildcard})
        hold(*each);
    const auto serving = context_for({.sites = {{{}, by_default.certificate},
                                                {{"mail.example.net"}, exact.certificate},
                                                {{"*.example.com"}, wildcard.certificate}}},
                                     {.protocol = "imap"});
    const auto shown_to = [&](const std::string& name) -> std::string {
        for (const auto* each : {&by_default, &exact, &wildcard}) {
            const auto trusting = TlsContext::verifying_client(each->certificate).value();
            // The name is in the certificate's CN but for the default.
            SSL_CTX_set_verify(trusting->native(), SSL_VERIFY_NONE, nullptr);
            if (!shake(serving, trusting, name))
                return "nothing";
        }
        return server->channel_binding("tls-server-end-point");
    };
    const auto binding_of = [](const tests::SelfSigned& identity) {
        const auto certificate =
            tests::from_pem<X509>(identity.certificate, PEM_read_bio_X509, X509_free);
        std::array<unsigned char, 32> digest{};
        X509_digest(certificate.get(), EVP_sha256(), digest.data(), nullptr);
        return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
    };
    EXPECT_EQ(shown_to("mx.example.org"), binding_of(by_default));
    EXPECT_EQ(shown_to("192.0.2.1"), binding_of(by_default)); // No name at all.
    EXPECT_EQ(shown_to("mail.example.net"), binding_of(exact));
    EXPECT_EQ(shown_to("MAIL.Example.NET"), binding_of(exact));
    EXPECT_EQ(shown_to("a.example.com"), binding_of(wildcard));
    EXPECT_EQ(shown_to("a.b.example.com"), binding_of(by_default));
    EXPECT_EQ(shown_to("example.com"), binding_of(by_default));
}

} // namespace
} // namespace posthouse::signer
