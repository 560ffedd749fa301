// SPDX-License-Identifier: Apache-2.0
#include "net/tls_server.hpp"

#include "net/remote_key.hpp"
#include "net/tls_certificates.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace posthouse::net {
namespace {

/// What the callbacks of a context share; the context owns it.
struct Served {
    std::shared_ptr<const TlsCertificates> certificates;
    TlsUse use;
};

const Served& served_by(const SSL* session)
{
    return *static_cast<const Served*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
}

const TlsCertificates::Site& site_of(const SSL* session)
{
    const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    return served_by(session).certificates->site_for(name != nullptr ? name : "");
}

// ---- callbacks ------------------------------------------------------------------------------

int choose_certificate(SSL* session, void*)
{
    const auto& site = site_of(session);
    if (SSL_get_certificate(session) == site.leaf.get())
        return 1;
    SSL_certs_clear(session); // That of another kind of key would stay beside it.
    return SSL_use_cert_and_key(session, site.leaf.get(), site.key.get(), site.chain.get(), 1);
}

/// RFC 6066 §3: a name that nobody here has is no reason to end; which certificate is shown, the
/// client judges.
int take_server_name(SSL*, int*, void*)
{
    return SSL_TLSEXT_ERR_OK;
}

/// RFC 7301 §3.2. A client that names other protocols only believes to speak with another server,
/// to which somebody has redirected it (ALPACA).
int choose_protocol(SSL* session, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*)
{
    const auto& protocol = served_by(session).use.protocol;
    const bool registered = protocol == "imap" || protocol == "pop3";
    // There is no name for SMTP in the registry; some programs say this.
    const std::string_view ours = registered ? std::string_view(protocol) : "smtp";
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
        if (name != ours)
            continue;
        *chosen = offered + at + 1;
        *chosen_size = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int staple(SSL* session, void*)
{
    const auto& site = site_of(session);
    if (!site.staple || site.staple->until <= wall_clock())
        return SSL_TLSEXT_ERR_NOACK;
    const auto& response = site.staple->response;
    auto* copy = OPENSSL_memdup(response.data(), response.size());
    if (copy == nullptr)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(session, copy, static_cast<long>(response.size()));
    return SSL_TLSEXT_ERR_OK;
}

int prepare_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int sealing)
{
    const auto& tickets = served_by(session).use.tickets;
    return tickets->prepare(sealing == 1 ? TicketKeys::Use::seal : TicketKeys::Use::open, name, iv,
                            cipher, mac);
}

/// A certificate that nobody vouches for is as good as none: how to log in is asked later.
int take_any(int, X509_STORE_CTX*)
{
    return 1;
}

// ---- settings -------------------------------------------------------------------------------

/// TLS 1.2 with forward secrecy and AEAD; what the server likes best, but for clients that like
/// ChaCha20 best since they have no AES in hardware.
bool set_algorithms(SSL_CTX* context)
{
    SSL_CTX_set_security_level(context, 2);
    return SSL_CTX_set_cipher_list(
               context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK:!DSS:!SHA1:!SHA256:!SHA384") ==
               1 &&
           SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                             "TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:ECDSA+SHA384:ed25519:RSA-PSS+SHA256:"
                                              "RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:"
                                              "RSA+SHA512") == 1;
}

void set_options(SSL_CTX* context)
{
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// Sessions are resumed where protocol, certificates and clients' authorities are the same.
void set_session_context(SSL_CTX* context, const Served& served)
{
    const auto mark = served.use.protocol + '\n' +
                      (served.use.clients == TlsUse::ClientCertificates::asked ? '+' : '-') +
                      served.certificates->impl().mark;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned bytes = 0;
    EVP_Digest(mark.data(), mark.size(), digest.data(), &bytes, EVP_sha256(), nullptr);
    SSL_CTX_set_session_id_context(context, digest.data(), bytes);
}

void set_tickets(SSL_CTX* context, const TlsUse& use)
{
    SSL_CTX_set_timeout(context, static_cast<long>(use.ticket_lifetime.count()));
    if (use.tickets) {
        SSL_CTX_set_num_tickets(context, 1);
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context, prepare_ticket);
    } else {
        SSL_CTX_set_num_tickets(context, 0);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
}

void ask_for_certificates(SSL_CTX* context, const TlsCertificates::Impl& certificates)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
    X509_STORE_up_ref(certificates.authorities.get());
    SSL_CTX_set_cert_store(context, certificates.authorities.get());
    for (const auto& one : certificates.authority_certificates)
        SSL_CTX_add_client_CA(context, one.get());
}

} // namespace

std::expected<std::shared_ptr<TlsContext>, std::string>
serving_context(std::shared_ptr<const TlsCertificates> certificates, TlsUse use)
{
    auto* context = SSL_CTX_new_ex(serving_library(), serving_properties, TLS_server_method());
    if (context == nullptr)
        return std::unexpected("OpenSSL makes no context");
    auto served = std::make_shared<Served>(Served{std::move(certificates), std::move(use)});
    auto made = std::make_shared<TlsContext>(context, served);
    const auto& site = served->certificates->site_for("");
    set_options(context);
    SSL_CTX_set_min_proto_version(context,
                                  served->use.minimum == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    if (!set_algorithms(context) ||
        SSL_CTX_use_cert_and_key(context, site.leaf.get(), site.key.get(), site.chain.get(), 1) !=
            1) {
        std::array<char, 256> text{};
        ERR_error_string_n(ERR_get_error(), text.data(), text.size());
        ERR_clear_error();
        return std::unexpected(std::string("the certificate cannot be used: ") + text.data());
    }
    SSL_CTX_set_app_data(context, served.get());
    SSL_CTX_set_cert_cb(context, choose_certificate, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context, take_server_name);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_tlsext_status_cb(context, staple);
    set_session_context(context, *served);
    set_tickets(context, served->use);
    const auto& inside = served->certificates->impl();
    if (served->use.clients == TlsUse::ClientCertificates::asked && inside.authorities)
        ask_for_certificates(context, inside);
    return made;
}

// ---- what a session tells -------------------------------------------------------------------

std::string verified_address(const SSL* session)
{
    const auto* certificate = SSL_get0_peer_certificate(session);
    if (certificate == nullptr || SSL_get_verify_result(session) != X509_V_OK ||
        (SSL_get_verify_mode(session) & SSL_VERIFY_PEER) == 0)
        return {};
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string address;
    for (int i = 0; address.empty() && i < sk_GENERAL_NAME_num(names); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_EMAIL)
            continue;
        const auto* bytes =
            reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.rfc822Name));
        const std::string_view text(
            bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.rfc822Name)));
        // RFC 5280 §4.2.1.6: ASCII. No NUL ends it early.
        if (std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; }))
            address = text;
    }
    GENERAL_NAMES_free(names);
    return address;
}

std::string end_point_binding(const SSL* session)
{
    const auto* context = SSL_get_SSL_CTX(session);
    // A session that is resumed shows none again; it is the one of its name.
    const auto* leaf = SSL_CTX_get_app_data(context) != nullptr ? site_of(session).leaf.get()
                                                                : SSL_get_certificate(session);
    if (leaf == nullptr)
        return {};
    int digest = NID_undef;
    if (X509_get_signature_info(const_cast<X509*>(leaf), &digest, nullptr, nullptr, nullptr) != 1 ||
        digest == NID_undef)
        return {}; // Ed25519 has no digest of its own.
    if (digest == NID_md5 || digest == NID_sha1)
        digest = NID_sha256;
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (X509_digest(leaf, EVP_get_digestbynid(digest), bytes.data(), &size) != 1)
        return {};
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string exporter_binding(SSL* session)
{
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> bytes{};
    if (SSL_version(session) < TLS1_3_VERSION ||
        SSL_export_keying_material(session, bytes.data(), bytes.size(), label.data(), label.size(),
                                   nullptr, 0, 1) != 1)
        return {};
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace posthouse::net
