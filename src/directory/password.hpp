// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Passwords as they are kept: argon2id verifiers (RFC 9106) in libsodium's text form. Making and
/// checking one takes some 50 ms and 64 MiB on purpose; that is the clerk's work, and where it is
/// bounded. In every process call prepare_passwords() before the sandbox closes.
namespace posthouse::directory {

/// The cost of new verifiers; each verifier names its own.
enum class PasswordCost : std::uint8_t {
    interactive, // libsodium's INTERACTIVE: 2 passes over 64 MiB
    least,       // for tests
};

/// The longest password that is looked at
inline constexpr std::size_t password_bytes = 1024;
/// Verifiers are shorter than this
inline constexpr std::size_t verifier_bytes = 128;

/// Lets libsodium open what it needs. False: it cannot work here.
bool prepare_passwords();

/// Nothing where the password is empty or too long, or there is no memory for it.
std::optional<std::string> hash_password(const Secret&, PasswordCost = PasswordCost::interactive);

/// Is this a verifier that verify_password() would look at?
bool is_verifier(std::string_view);

/// False too for a verifier that is none, or that asks for more than INTERACTIVE's memory four
/// times over (a damaged store must not take the clerk down).
bool verify_password(const Secret&, std::string_view verifier);

/// For a user who does not exist: takes as long as verify_password(), and says no.
bool verify_decoy(const Secret&);

} // namespace posthouse::directory
