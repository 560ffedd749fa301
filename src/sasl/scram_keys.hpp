// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What a server keeps of a password for SCRAM: RFC 5802 §3, RFC 7677.
namespace posthouse::sasl {

enum class ScramHash : std::uint8_t { sha_1, sha_256 };

struct ScramKeys {
    static constexpr std::uint32_t least_iterations = 4096;   // RFC 7677 §4
    static constexpr std::uint32_t usual_iterations = 10'000; // of those we make
    static constexpr std::uint32_t most_iterations = 10'000'000;
    static constexpr std::size_t salt_bytes = 16; // of those we make
    static constexpr std::size_t most_salt_bytes = 256;

    ScramHash hash = ScramHash::sha_256;
    std::uint32_t iterations = 0;
    std::string salt, stored_key, server_key;
    bool operator==(const ScramKeys&) const = default;
};

/// Are its sizes and numbers those of keys?
bool is_sound(const ScramKeys&);

/// Nothing: the password is none that SASLprep (RFC 4013) takes.
std::optional<ScramKeys> make_scram_keys(const Secret& password, ScramHash, std::string salt,
                                         std::uint32_t iterations = ScramKeys::usual_iterations);

/// Does this password fit these keys? For sources that have nothing else.
bool verify_by_scram(const Secret& password, const ScramKeys&);

/// A name or password in the form in which it is compared: RFC 4013. Nothing: it has what it may
/// not have.
std::optional<std::string> saslprep(std::string_view);

} // namespace posthouse::sasl
