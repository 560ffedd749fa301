// SPDX-License-Identifier: Apache-2.0
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace posthouse::net {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Bio reader(std::string_view text)
{
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string last_error()
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

void set_common_options(SSL_CTX* context)
{
    // Buffers go when a connection idles: 16 KiB an idle TLS session instead of 50.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
}

std::expected<void, std::string> use_chain(SSL_CTX* context, std::string_view pem)
{
    const auto bio = reader(pem);
    const Certificate leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
        return std::unexpected("the certificate cannot be read: " + last_error());
    while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
        SSL_CTX_add0_chain_cert(context, next.release());
    ERR_clear_error(); // The end of the file is reported as an error.
    return {};
}

} // namespace

TlsContext::~TlsContext()
{
    SSL_CTX_free(context_);
}

std::expected<std::shared_ptr<TlsContext>, std::string>
TlsContext::server(std::string_view certificate, std::string_view key, std::string_view minimum)
{
    auto tls = std::make_shared<TlsContext>(SSL_CTX_new(TLS_server_method()));
    set_common_options(tls->native());
    SSL_CTX_set_min_proto_version(tls->native(),
                                  minimum == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(tls->native(), SSL_SESS_CACHE_OFF);
    if (auto chain = use_chain(tls->native(), certificate); !chain)
        return std::unexpected(chain.error());
    const std::unique_ptr<EVP_PKEY, Free> private_key(
        PEM_read_bio_PrivateKey(reader(key).get(), nullptr, nullptr, nullptr));
    if (!private_key || SSL_CTX_use_PrivateKey(tls->native(), private_key.get()) != 1)
        return std::unexpected("the private key cannot be used: " + last_error());
    if (SSL_CTX_check_private_key(tls->native()) != 1)
        return std::unexpected("certificate and private key do not belong together: " +
                               last_error());
    return tls;
}

std::expected<std::shared_ptr<TlsContext>, std::string> TlsContext::client()
{
    auto tls = std::make_shared<TlsContext>(SSL_CTX_new(TLS_client_method()));
    set_common_options(tls->native());
    SSL_CTX_set_min_proto_version(tls->native(), TLS1_2_VERSION);
    SSL_CTX_set_verify(tls->native(), SSL_VERIFY_NONE, nullptr);
    return tls;
}

std::expected<std::shared_ptr<TlsContext>, std::string>
TlsContext::verifying_client(std::string_view authorities)
{
    auto tls = client();
    if (!tls)
        return tls;
    auto* context = (*tls)->native();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    auto* store = SSL_CTX_get_cert_store(context);
    const auto bio = reader(authorities);
    std::size_t known = 0;
    while (const Certificate one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
        known += X509_STORE_add_cert(store, one.get()) == 1 ? 1 : 0;
    ERR_clear_error(); // The end of the text is reported as an error.
    if (known == 0)
        return std::unexpected("there are no certificate authorities");
    return tls;
}

std::string system_authorities()
{
    const char* named = ::secure_getenv("SSL_CERT_FILE"); // As OpenSSL itself has it.
    for (const char* path : {named, "/etc/ssl/certs/ca-certificates.crt",
                             "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"})
        if (path != nullptr)
            if (std::ifstream file(path, std::ios::binary); file)
                return {std::istreambuf_iterator<char>(file), {}};
    return {};
}

void warm_up_tls()
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
    std::array<unsigned char, 16> sink{};
    RAND_bytes(sink.data(), static_cast<int>(sink.size()));
    RAND_priv_bytes(sink.data(), static_cast<int>(sink.size()));
}

} // namespace posthouse::net
