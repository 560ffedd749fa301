// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Passwords as other systems have kept them: "{SCHEME}hash" (RFC 2307 §5.3, and what Dovecot and
/// OpenLDAP have added), or a crypt(3) string. docs/login-sources.md lists the schemes.
namespace posthouse::sources {

/// What a stored hash may cost or take. It is an administrator's, but comes from a directory that
/// others may write to: one entry must not take the process down.
struct HashLimits {
    static constexpr std::size_t stored_bytes = 1024;
    static constexpr std::size_t password_bytes = 1024;
    static constexpr std::uint64_t rounds = 1'000'000;          // of SHA-crypt, PBKDF2
    static constexpr std::uint64_t bcrypt_cost = 14;            // its logarithm
    static constexpr std::uint64_t memory_bytes = 256ULL << 20; // of argon2, scrypt, yescrypt
    static constexpr std::uint64_t passes = 16;                 // of argon2
};

/// What a value without a "{SCHEME}" is.
enum class Bare : std::uint8_t {
    crypt, // crypt(3), as in a passwd-file or a table of hashes
    plain, // the password itself, unless it begins as a crypt string does: LDAP (RFC 4519 §2.41)
};

enum class HashAnswer : std::uint8_t {
    right,
    wrong,
    unknown_scheme,
    malformed,
    too_costly,
};
/// For a log: "a scheme that is not known".
std::string_view describe(HashAnswer);

/// Is this the password? In a time that does not tell how much of it was right. May take tens of
/// milliseconds. Thread-safe.
HashAnswer verify_hash(const Secret& password, std::string_view stored, Bare = Bare::crypt);

/// "{ssha.hex}ab…" -> "SSHA", "hex", "ab…". A value without a scheme has an empty one.
struct SchemedHash {
    std::string scheme;   // upper case
    std::string encoding; // "", "b64", "hex": lower case
    std::string_view value;
};
SchemedHash split_scheme(std::string_view stored);

} // namespace posthouse::sources
