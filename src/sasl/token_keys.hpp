// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace posthouse::sasl {

/// How a JSON Web Token may be signed: RFC 7518 §3.1, RFC 8037. Never "none", never with a secret
/// that the verifier has too.
enum class TokenAlgorithm : std::uint8_t { rs256, ps256, es256, eddsa };

/// A public key of an issuer of tokens. What it is used for follows from the key: a token does not
/// choose (RFC 8725 §3.1).
struct TokenKey {
    std::string id; // "kid"; may be empty
    std::vector<TokenAlgorithm> algorithms;
    std::shared_ptr<evp_pkey_st> key;
};

/// Of a JWKS (RFC 7517) or of PEM public keys. Keys of kinds that we do not use are passed over.
struct TokenKeys {
    struct Limits {
        static constexpr std::size_t text_bytes = 256 << 10;
        static constexpr std::size_t keys = 64;
        static constexpr int rsa_bits = 2048; // or more; RFC 7518 §3.3
        static constexpr int most_rsa_bits = 8192;
    };
    std::vector<TokenKey> keys;

    /// The error is a sentence for the administrator.
    static std::expected<TokenKeys, std::string> parse(std::string_view text);
};

/// Is this the key's signature? Of ES256 the two numbers side by side: RFC 7518 §3.4.
bool verify_signature(const TokenKey&, TokenAlgorithm, std::string_view signed_text,
                      std::string_view signature);

/// Nothing: it is none of ours.
std::optional<TokenAlgorithm> algorithm_named(std::string_view);

/// RFC 4648 §5 without padding, as RFC 7515 §2 has it. Nothing: it is none.
std::expected<std::string, std::string> decode_base64url(std::string_view);

} // namespace posthouse::sasl
