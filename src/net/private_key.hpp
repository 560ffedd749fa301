// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace posthouse::net {

/// A private key of a server's certificate. Only the signer has any (and the command line, which
/// looks whether they fit). Wiped at its end.
class PrivateKey {
public:
    /// A key, PEM, for the first certificate of a chain, PEM: RSA of 2048 to 4096 bits, ECDSA of
    /// P-256 or P-384, or Ed25519. The error is a sentence.
    static std::expected<PrivateKey, std::string> parse(std::string_view key,
                                                        std::string_view certificate);

    /// SHA-256 of the SubjectPublicKeyInfo.
    const std::string& name() const { return name_; }
    /// Signs with a SignatureScheme of RFC 8446 §4.2.3; nothing: it is not for such a key.
    std::expected<std::string, std::string> sign(std::uint16_t scheme,
                                                 std::string_view content) const;

private:
    struct Free {
        void operator()(evp_pkey_st*) const;
    };
    std::unique_ptr<evp_pkey_st, Free> key_;
    std::string name_;
};

/// What a certificate's key may be; the error says what this one is instead.
std::expected<void, std::string> check_kind_of_key(const evp_pkey_st*);

} // namespace posthouse::net
