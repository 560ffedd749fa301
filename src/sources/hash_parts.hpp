// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "sources/hashes.hpp"

#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>

/// The kinds of stored hashes, each in a file of its own; joined by hashes.cpp.
namespace posthouse::sources {

/// Base64 with or without its padding.
std::optional<std::string> decode_loose_base64(std::string_view);
std::optional<std::string> decode_hex(std::string_view);
/// In a time that depends on their sizes alone.
bool same_bytes(std::string_view, std::string_view);

/// crypt(3): "$6$…", "$y$…", "$2y$…", and 13 characters of the oldest kind.
HashAnswer verify_crypt(const Secret& password, std::string_view setting);
/// Does it begin as a crypt string of today does?
bool looks_like_crypt(std::string_view);

/// A digest of password and salt, and the salt behind it, in base64 or hex.
struct DigestScheme {
    const EVP_MD* digest;
    bool salted;
};
std::optional<DigestScheme> digest_scheme(std::string_view scheme);
HashAnswer verify_digest(const Secret& password, const DigestScheme&, const SchemedHash&);

HashAnswer verify_argon2(const Secret& password, std::string_view verifier);
/// Dovecot's "$1$salt$rounds$hex" and OpenLDAP's "rounds$salt$hash".
HashAnswer verify_pbkdf2(const Secret& password, std::string_view scheme, std::string_view value);

} // namespace posthouse::sources
