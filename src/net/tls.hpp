// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace posthouse::net {

/// Certificate, key and settings for many TLS sessions. Shared; an old one lives until its last
/// session ends, so that a reload drops no connection.
class TlsContext {
public:
    /// With the private key at hand; a gate's is elsewhere (net/tls_server.hpp). `certificate`:
    /// PEM, the chain with the leaf first; `key`: PEM. The error is one sentence.
    static std::expected<std::shared_ptr<TlsContext>, std::string>
    server(std::string_view certificate, std::string_view key, std::string_view minimum = "1.2");
    /// Accepts any certificate: for opportunistic TLS, RFC 7435.
    static std::expected<std::shared_ptr<TlsContext>, std::string> client();
    /// Accepts a certificate only for the host that was meant, and by one of these authorities
    /// (PEM). The error: there are none.
    static std::expected<std::shared_ptr<TlsContext>, std::string>
    verifying_client(std::string_view authorities);

    /// `kept`: what its callbacks use.
    explicit TlsContext(ssl_ctx_st* context, std::shared_ptr<const void> kept = nullptr)
        : kept_(std::move(kept)),
          context_(context)
    {
    }
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;

    ssl_ctx_st* native() const { return context_; }

private:
    std::shared_ptr<const void> kept_;
    ssl_ctx_st* context_;
};

/// The certificates of those that this system trusts, as PEM: those of $SSL_CERT_FILE, or the
/// distribution's. Empty: there are none.
std::string system_authorities();

/// Loads what OpenSSL would otherwise look for when it is first used; call it before confinement.
void warm_up_tls();

} // namespace posthouse::net
