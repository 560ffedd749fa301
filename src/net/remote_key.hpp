// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/signing.hpp"

#include <expected>
#include <memory>
#include <optional>
#include <string>

struct evp_pkey_st;
struct ossl_lib_ctx_st;
struct x509_st;

/// Private keys that are not here: an OpenSSL provider whose keys hold the public part only, and
/// whose signatures suspend the handshake (SSL_MODE_ASYNC) until somebody else has made them.
namespace posthouse::net {

/// A library context that has this provider besides the default one. For whole contexts of
/// servers; lives as long as the program. What the default provider can do, it does.
ossl_lib_ctx_st* serving_library();
constexpr const char* serving_properties = "?provider=default";

/// A key for a certificate whose private key is elsewhere. The error is a sentence.
std::expected<evp_pkey_st*, std::string> remote_key(const x509_st* certificate);
/// SHA-256 of the SubjectPublicKeyInfo: by this name keys are asked for.
std::string key_name(const x509_st* certificate);
std::string key_name(const evp_pkey_st* key);

/// What a suspended handshake waits for. It is found from within as the session's app data; the
/// session must have a callback for its jobs (SSL_set_async_callback), by which it is found itself.
struct PendingSignature {
    std::optional<SignatureOrder> order;
    std::optional<std::string> signature;
    bool refused = false;
};

} // namespace posthouse::net
