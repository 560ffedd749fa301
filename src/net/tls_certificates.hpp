// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/staple.hpp"
#include "net/tls_server.hpp"

#include <openssl/x509.h>

#include <map>
#include <memory>
#include <optional>

/// The inside of TlsCertificates, for the folder.
namespace posthouse::net {

struct FreeTls {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

struct TlsCertificates::Site {
    std::unique_ptr<X509, FreeTls> leaf;
    std::unique_ptr<STACK_OF(X509), FreeTls> chain;
    std::unique_ptr<EVP_PKEY, FreeTls> key; // elsewhere
    std::optional<Staple> staple = {};
};

struct TlsCertificates::Impl {
    std::vector<Site> sites;
    std::map<std::string, std::size_t, std::less<>> by_name;
    std::size_t by_default = 0;
    std::unique_ptr<X509_STORE, FreeTls> authorities = nullptr;
    std::vector<std::unique_ptr<X509, FreeTls>> authority_certificates = {};
    std::vector<std::string> complaints = {};
    std::string mark = {}; // Of what a client may have seen: sessions of others are not resumed.
};

} // namespace posthouse::net
