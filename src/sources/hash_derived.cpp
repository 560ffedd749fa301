// SPDX-License-Identifier: Apache-2.0
// Keys derived at a cost: argon2 (RFC 9106) and PBKDF2 (RFC 8018 §5.2).
#include "base/text.hpp"
#include "sources/hash_parts.hpp"

#include <algorithm>
#include <array>
#include <sodium.h>
#include <vector>

namespace posthouse::sources {
namespace {

/// Consumes `name` and the number behind it.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name)
{
    if (!text.starts_with(name))
        return std::nullopt;
    text.remove_prefix(name.size());
    const auto digits = text.substr(0, text.find_first_of(",$"));
    text.remove_prefix(digits.size());
    return parse_number(digits);
}

std::vector<std::string_view> parts_of(std::string_view text)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos || parts.size() > 5)
            return parts;
        text.remove_prefix(end + 1);
    }
}

/// Passlib's base64: '.' for '+', and no padding.
std::optional<std::string> decode_adapted_base64(std::string_view text)
{
    std::string usual(text);
    std::ranges::replace(usual, '.', '+');
    return decode_loose_base64(usual);
}

struct Derivation {
    const EVP_MD* digest;
    std::uint64_t rounds;
    std::string salt, key;
};

HashAnswer verify_derivation(const Secret& password, const Derivation& stored)
{
    if (stored.rounds > HashLimits::rounds)
        return HashAnswer::too_costly;
    // All who make these keep as much as the digest has; less would be easier to hit.
    if (stored.rounds == 0 ||
        stored.key.size() != static_cast<std::size_t>(::EVP_MD_get_size(stored.digest)))
        return HashAnswer::malformed;
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    if (::PKCS5_PBKDF2_HMAC(password.reveal().data(), static_cast<int>(password.reveal().size()),
                            reinterpret_cast<const unsigned char*>(stored.salt.data()),
                            static_cast<int>(stored.salt.size()), static_cast<int>(stored.rounds),
                            stored.digest, static_cast<int>(stored.key.size()), made.data()) != 1)
        return HashAnswer::malformed;
    const std::string_view key(reinterpret_cast<const char*>(made.data()), stored.key.size());
    return same_bytes(key, stored.key) ? HashAnswer::right : HashAnswer::wrong;
}

const EVP_MD* digest_of(std::string_view scheme)
{
    if (scheme == "PBKDF2" || scheme == "PBKDF2-SHA1")
        return ::EVP_sha1();
    if (scheme == "PBKDF2-SHA256")
        return ::EVP_sha256();
    if (scheme == "PBKDF2-SHA512")
        return ::EVP_sha512();
    return nullptr;
}

} // namespace

HashAnswer verify_argon2(const Secret& password, std::string_view verifier)
{
    if (verifier.size() >= crypto_pwhash_STRBYTES)
        return HashAnswer::malformed;
    auto rest = verifier;
    const bool mixed = rest.starts_with("$argon2id$");
    const auto version = take_number(rest, mixed ? "$argon2id$v=" : "$argon2i$v=");
    const auto kibibytes = take_number(rest, "$m=");
    const auto passes = take_number(rest, ",t=");
    const auto lanes = take_number(rest, ",p=");
    if (!version || !kibibytes || !passes || !lanes)
        return HashAnswer::malformed;
    if (*kibibytes > HashLimits::memory_bytes / 1024 || *passes > HashLimits::passes || *lanes > 16)
        return HashAnswer::too_costly;
    if (::sodium_init() < 0)
        return HashAnswer::malformed;
    return ::crypto_pwhash_str_verify(std::string(verifier).c_str(), password.reveal().data(),
                                      password.reveal().size()) == 0
               ? HashAnswer::right
               : HashAnswer::wrong;
}

HashAnswer verify_pbkdf2(const Secret& password, std::string_view scheme, std::string_view value)
{
    const auto* digest = digest_of(scheme);
    if (digest == nullptr)
        return HashAnswer::unknown_scheme;
    const auto parts = parts_of(value);
    if (parts.size() == 5 && parts[0].empty() && parts[1] == "1") { // Dovecot's: the salt is text.
        const auto rounds = parse_number(parts[3]);
        auto key = decode_hex(parts[4]);
        if (!rounds || !key)
            return HashAnswer::malformed;
        return verify_derivation(password, {digest, *rounds, std::string(parts[2]), *key});
    }
    if (parts.size() != 3)
        return HashAnswer::malformed;
    const auto rounds = parse_number(parts[0]);
    auto salt = decode_adapted_base64(parts[1]), key = decode_adapted_base64(parts[2]);
    if (!rounds || !salt || !key)
        return HashAnswer::malformed;
    return verify_derivation(password, {digest, *rounds, std::move(*salt), std::move(*key)});
}

} // namespace posthouse::sources
