// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace posthouse::net {

/// A signature that a TLS handshake needs from whoever has the private key.
struct SignatureOrder {
    std::string key;          // SHA-256 of the certificate's SubjectPublicKeyInfo
    std::uint16_t scheme = 0; // SignatureScheme, RFC 8446 §4.2.3
    std::string content;      // All that is signed: the signer sees what it is, and hashes it.
};

/// Has the private keys, elsewhere.
class Signing {
public:
    using Done = std::function<void(std::optional<std::string> signature)>;

    virtual ~Signing() = default;
    /// Calls `done` once, in the caller's thread, perhaps at once: with the signature, or without
    /// one.
    virtual void sign(SignatureOrder, Done) = 0;
};

} // namespace posthouse::net
