// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/ticket_keys.hpp"
#include "net/tls.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;

namespace posthouse::net {

/// A certificate, and the names that clients ask for to be shown it.
struct TlsSite {
    std::vector<std::string> names; // "mail.example.org", "*.example.net"; none: everybody else
    std::string certificate;        // PEM, the chain with the leaf first
    std::string ocsp_response = {}; // DER
};

/// What a server shows its clients. No private keys: those are elsewhere (net/remote_key.hpp).
struct TlsMaterial {
    std::vector<TlsSite> sites;          // One of them has no names.
    std::string client_authorities = {}; // PEM
};

/// The same, parsed. Shared by all contexts of a process.
class TlsCertificates {
public:
    /// The error is a sentence: there is none for everybody else, or one cannot be used.
    static std::expected<std::shared_ptr<const TlsCertificates>, std::string>
    parse(const TlsMaterial&);
    ~TlsCertificates();
    TlsCertificates(const TlsCertificates&) = delete;

    struct Site;
    /// That of the name itself, then of a wildcard for its first label, then for everybody else.
    const Site& site_for(std::string_view server_name) const;
    /// Sentences: responses of authorities that are of no use. The rest is served all the same.
    const std::vector<std::string>& complaints() const;

    struct Impl;
    explicit TlsCertificates(std::unique_ptr<Impl>);
    const Impl& impl() const { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// How a protocol is served.
struct TlsUse {
    /// RFC 7301. A client that wants others only means another server: it is refused (ALPACA).
    /// Sessions are resumed within one protocol only.
    std::string protocol; // "imap", "pop3", "smtp", "submission", "lmtp"
    enum class ClientCertificates : std::uint8_t {
        ignored,
        asked
    } clients = ClientCertificates::ignored;
    std::string minimum = "1.2";
    std::shared_ptr<TicketKeys> tickets = nullptr;
    std::chrono::seconds ticket_lifetime = std::chrono::hours(6);
};

/// A context whose signatures are made elsewhere. The error is a sentence.
std::expected<std::shared_ptr<TlsContext>, std::string>
    serving_context(std::shared_ptr<const TlsCertificates>, TlsUse);

/// What the client's certificate says its address is (rfc822Name); empty: it has none that one of
/// the authorities has signed for it.
std::string verified_address(const ssl_st*);
/// RFC 5929 §4: the digest of the certificate that this server has shown; empty: there is none.
std::string end_point_binding(const ssl_st*);
/// RFC 9266, of TLS 1.3 (of TLS 1.2, libraries do not agree what it is); empty: there is none.
std::string exporter_binding(ssl_st*);

} // namespace posthouse::net
