// SPDX-License-Identifier: Apache-2.0
// What a gate's contexts show and take.
#include "tests/signer/handshake_rig.hpp"

#include <gmock/gmock.h>
#include <openssl/ocsp.h>

namespace posthouse::signer {
namespace {

class Serving : public Handshake {
protected:
    Serving() { hold(identity); }

    net::TlsMaterial material() const { return {.sites = {{{}, identity.certificate}}}; }

    /// The ALPN list of a client.
    static std::shared_ptr<TlsContext> naming(const std::string& protocols)
    {
        auto calling = TlsContext::client().value();
        SSL_CTX_set_alpn_protos(calling->native(),
                                reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned>(protocols.size()));
        return calling;
    }

    static std::shared_ptr<TlsContext> showing(const tests::SelfSigned& person)
    {
        auto calling = TlsContext::client().value();
        const auto certificate =
            tests::from_pem<X509>(person.certificate, PEM_read_bio_X509, X509_free);
        const auto key =
            tests::from_pem<EVP_PKEY>(person.key, PEM_read_bio_PrivateKey, EVP_PKEY_free);
        SSL_CTX_use_certificate(calling->native(), certificate.get());
        SSL_CTX_use_PrivateKey(calling->native(), key.get());
        return calling;
    }

    const tests::SelfSigned identity = tests::self_signed("mx.example.org");
};

TEST_F(Serving, RefusesClientsThatMeanAnotherProtocol)
{
    const std::string http = "\x02h2\x08http/1.1", imap = "\x04imap", pop3 = "\x04pop3",
                      smtp = "\x04smtp";
    for (const std::string protocol : {"imap", "pop3", "smtp", "submission"}) {
        const auto serving = context_for(material(), {.protocol = protocol});
        EXPECT_TRUE(shake(serving, TlsContext::client().value())) << protocol;
        EXPECT_FALSE(shake(serving, naming(http))) << protocol;
        EXPECT_EQ(shake(serving, naming(imap)), protocol == "imap") << protocol;
        EXPECT_EQ(shake(serving, naming(http + pop3)), protocol == "pop3") << protocol;
        EXPECT_EQ(shake(serving, naming(smtp)), protocol == "smtp" || protocol == "submission")
            << protocol;
    }
}

TEST_F(Serving, TakesNoOldVersionAndNoWeakCipher)
{
    const auto serving = context_for(material(), {.protocol = "imap"});
    const auto calling = [](int version, const char* ciphers) {
        auto made = TlsContext::client().value();
        SSL_CTX_set_security_level(made->native(), 0);
        SSL_CTX_set_min_proto_version(made->native(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(made->native(), version);
        EXPECT_EQ(SSL_CTX_set_cipher_list(made->native(), ciphers), 1);
        return made;
    };
    EXPECT_TRUE(shake(serving, calling(TLS1_2_VERSION, "DEFAULT")));
    EXPECT_FALSE(shake(serving, calling(TLS1_1_VERSION, "DEFAULT:@SECLEVEL=0")));
    for (const char* weak : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA",
                             "ECDHE-ECDSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256"})
        EXPECT_FALSE(shake(serving, calling(TLS1_2_VERSION, weak))) << weak;
    const auto newest = context_for(material(), {.protocol = "imap", .minimum = "1.3"});
    EXPECT_FALSE(shake(newest, calling(TLS1_2_VERSION, "DEFAULT")));
    EXPECT_TRUE(shake(newest, calling(TLS1_3_VERSION, "DEFAULT")));
}

TEST_F(Serving, ReadsAnAddressFromCertificatesOfItsAuthoritiesOnly)
{
    const auto authority = tests::certificate_with(
        {.host = "People's authority", .basic_constraints = "critical,CA:TRUE"});
    const auto member = tests::certificate_with(
        {.host = "Alice", .email = "alice@example.org", .issuer = &authority});
    const auto stranger =
        tests::certificate_with({.host = "Mallory", .email = "alice@example.org"});
    const auto nameless =
        tests::certificate_with({.host = "bob@example.org", .issuer = &authority});
    auto with_authority = material();
    with_authority.client_authorities = authority.certificate;
    const auto asking_clients = context_for(
        with_authority, {.protocol = "imap", .clients = TlsUse::ClientCertificates::asked});
    const auto address_of = [&](std::shared_ptr<TlsContext> calling) {
        EXPECT_TRUE(shake(asking_clients, calling));
        return server->peer_certificate_address();
    };
    EXPECT_EQ(address_of(showing(member)), "alice@example.org");
    EXPECT_EQ(address_of(showing(stranger)), "");
    EXPECT_EQ(address_of(showing(nameless)), "");
    EXPECT_EQ(address_of(TlsContext::client().value()), "");
    EXPECT_TRUE(shake(context_for(with_authority, {.protocol = "smtp"}), showing(member)));
    EXPECT_EQ(server->peer_certificate_address(), "") << "It was not asked for.";
}

TEST_F(Serving, BindsBothEndsToTheSameChannel)
{
    const auto serving = context_for(material(), {.protocol = "imap"});
    auto calling = TlsContext::client().value();
    ASSERT_TRUE(shake(serving, calling));
    const auto ours = server->channel_binding("tls-exporter");
    EXPECT_EQ(ours.size(), 32u);
    EXPECT_EQ(client->channel_binding("tls-exporter"), ours);
    EXPECT_EQ(server->channel_binding("tls-server-end-point").size(), 32u);
    EXPECT_EQ(server->channel_binding("tls-unique"), "");
    ASSERT_TRUE(shake(serving, calling));
    EXPECT_NE(server->channel_binding("tls-exporter"), ours);
    SSL_CTX_set_max_proto_version(calling->native(), TLS1_2_VERSION);
    ASSERT_TRUE(shake(serving, calling));
    EXPECT_EQ(server->channel_binding("tls-exporter"), "");
    EXPECT_EQ(server->channel_binding("tls-server-end-point").size(), 32u);
}

TEST_F(Serving, KeepsSessionsThroughNewCertificates)
{
    auto first = context_for(material(), {.protocol = "imap"});
    ASSERT_TRUE(shake(first, TlsContext::client().value()));
    const auto old_server = std::move(server);
    const auto old_client = std::move(client);
    const auto shown = old_server->channel_binding("tls-server-end-point");
    first.reset();
    const auto renewed = tests::self_signed("mx.example.org");
    hold(renewed);
    ASSERT_TRUE(shake(context_for({.sites = {{{}, renewed.certificate}}}, {.protocol = "imap"}),
                      TlsContext::client().value()));
    EXPECT_NE(server->channel_binding("tls-server-end-point"), shown);
    EXPECT_TRUE(tests::run(io, old_client->write("still here\r\n", patience())));
    EXPECT_EQ(tests::run(io, old_server->read(patience())).value(), "still here\r\n");
    EXPECT_EQ(old_server->channel_binding("tls-server-end-point"), shown);
}

// ---- staples ------------------------------------------------------------------------------------

/// What an authority says of a certificate: good, for so long.
std::string ocsp_response(const tests::SelfSigned& of, const tests::SelfSigned& authority,
                          long valid_seconds)
{
    const auto subject = tests::from_pem<X509>(of.certificate, PEM_read_bio_X509, X509_free);
    const auto issuer = tests::from_pem<X509>(authority.certificate, PEM_read_bio_X509, X509_free);
    const auto key =
        tests::from_pem<EVP_PKEY>(authority.key, PEM_read_bio_PrivateKey, EVP_PKEY_free);
    auto* id = OCSP_cert_to_id(EVP_sha1(), subject.get(), issuer.get());
    auto* basic = OCSP_BASICRESP_new();
    auto* from = X509_gmtime_adj(nullptr, -7200);
    auto* until = X509_gmtime_adj(nullptr, valid_seconds);
    OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from,
                           valid_seconds == 0 ? nullptr : until);
    OCSP_basic_sign(basic, issuer.get(), key.get(), EVP_sha256(), nullptr, 0);
    auto* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const auto size = i2d_OCSP_RESPONSE(response, &der);
    std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return bytes;
}

TEST_F(Serving, StaplesWhatTheAuthoritySaysWhileItIsValid)
{
    const auto authority = tests::certificate_with({.host = "Authority"});
    const auto site = tests::certificate_with({.host = "mx.example.org", .issuer = &authority});
    hold(site);
    const auto stapled = [&](const std::string& response) -> std::string {
        net::TlsMaterial shown{.sites = {{{}, site.certificate, response}}};
        auto calling = TlsContext::client().value();
        std::string got;
        SSL_CTX_set_tlsext_status_type(calling->native(), TLSEXT_STATUSTYPE_ocsp);
        SSL_CTX_set_tlsext_status_arg(calling->native(), &got);
        SSL_CTX_set_tlsext_status_cb(
            calling->native(), +[](SSL* ssl, void* place) {
                unsigned char* bytes = nullptr;
                const auto size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
                if (size > 0)
                    static_cast<std::string*>(place)->assign(reinterpret_cast<char*>(bytes),
                                                             static_cast<std::size_t>(size));
                return 1;
            });
        EXPECT_TRUE(shake(context_for(shown, {.protocol = "imap"}), calling));
        return got;
    };
    const auto good = ocsp_response(site, authority, 3600);
    EXPECT_EQ(stapled(good), good);
    EXPECT_EQ(stapled(ocsp_response(site, authority, -60)), "") << "It is out of date.";
    EXPECT_EQ(stapled(""), "");
    for (const auto& useless :
         {std::string("no response"), ocsp_response(identity, authority, 3600),
          ocsp_response(site, authority, 0), good.substr(0, good.size() - 1), good + "x"}) {
        EXPECT_EQ(stapled(useless), "");
        const auto parsed =
            net::TlsCertificates::parse({.sites = {{{}, site.certificate, useless}}});
        ASSERT_TRUE(parsed);
        EXPECT_EQ((*parsed)->complaints().size(), 1u);
    }
}

TEST(TlsMaterial, SaysWhatIsWrong)
{
    using net::TlsCertificates;
    const auto one = tests::self_signed("one.example");
    EXPECT_TRUE(TlsCertificates::parse({.sites = {{{}, one.certificate}}}));
    EXPECT_FALSE(TlsCertificates::parse({.sites = {}}));
    EXPECT_FALSE(TlsCertificates::parse({.sites = {{{"one.example"}, one.certificate}}}));
    EXPECT_FALSE(TlsCertificates::parse({.sites = {{{}, "no certificate"}}}));
    EXPECT_FALSE(TlsCertificates::parse(
        {.sites = {{{}, one.certificate}}, .client_authorities = "no certificate"}));
    const auto weak = tests::certificate_with({.host = "a.example", .key_type = "RSA-1024"});
    EXPECT_FALSE(TlsCertificates::parse({.sites = {{{}, weak.certificate}}}));
    std::string chain;
    for (int i = 0; i < 20; ++i)
        chain += one.certificate;
    EXPECT_FALSE(TlsCertificates::parse({.sites = {{{}, chain}}})) << "Nobody has such a chain.";
}

} // namespace
} // namespace posthouse::signer
