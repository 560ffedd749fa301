// SPDX-License-Identifier: Apache-2.0
#include "sources/hashes.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"
#include "sources/hash_parts.hpp"
#include "sources/scram.hpp"

#include <algorithm>
#include <array>
#include <sodium.h>

namespace posthouse::sources {
namespace {

bool is_one_of(std::string_view scheme, std::initializer_list<std::string_view> names)
{
    return std::ranges::find(names, scheme) != names.end();
}

/// Text schemes (all but digests) may come in an encoding of their own.
std::optional<std::string> decoded(const SchemedHash& hash)
{
    if (hash.encoding.empty())
        return std::string(hash.value);
    return hash.encoding == "hex" ? decode_hex(hash.value) : decode_loose_base64(hash.value);
}

HashAnswer verify_plain(const Secret& password, std::string_view stored)
{
    return same_bytes(password.reveal(), stored) ? HashAnswer::right : HashAnswer::wrong;
}

HashAnswer verify_bare(const Secret& password, std::string_view value, Bare bare)
{
    if (bare == Bare::crypt || looks_like_crypt(value))
        return verify_crypt(password, value);
    return verify_plain(password, value);
}

HashAnswer verify_text(const Secret& password, std::string_view scheme, std::string_view text)
{
    if (is_one_of(scheme, {"PLAIN", "CLEARTEXT", "CLEAR"}))
        return verify_plain(password, text);
    if (is_one_of(scheme, {"CRYPT", "DES-CRYPT"}))
        return verify_crypt(password, text);
    struct Prefixed {
        std::string_view scheme, prefix;
    };
    static constexpr std::array prefixed = {
        Prefixed{"MD5", "$1$"},          Prefixed{"MD5-CRYPT", "$1$"},
        Prefixed{"SHA256-CRYPT", "$5$"}, Prefixed{"SHA512-CRYPT", "$6$"},
        Prefixed{"BLF-CRYPT", "$2"},
    };
    for (const auto& known : prefixed)
        if (known.scheme == scheme)
            return text.starts_with(known.prefix) ? verify_crypt(password, text)
                                                  : HashAnswer::malformed;
    if (is_one_of(scheme, {"ARGON2ID", "ARGON2I", "ARGON2"}))
        return verify_argon2(password, text);
    if (scheme.starts_with("PBKDF2"))
        return verify_pbkdf2(password, scheme, text);
    if (scheme.starts_with("SCRAM-"))
        return verify_scram(password, scheme, text);
    return HashAnswer::unknown_scheme;
}

} // namespace

std::string_view describe(HashAnswer answer)
{
    switch (answer) {
    case HashAnswer::right:
        return "right";
    case HashAnswer::wrong:
        return "wrong";
    case HashAnswer::unknown_scheme:
        return "the stored password is of a scheme that is not known";
    case HashAnswer::malformed:
        return "the stored password is not what its scheme has";
    case HashAnswer::too_costly:
        return "the stored password asks for more work than is done";
    }
    return "";
}

SchemedHash split_scheme(std::string_view stored)
{
    SchemedHash hash{.scheme = {}, .encoding = {}, .value = stored};
    const auto end = stored.find('}');
    if (!stored.starts_with('{') || end == std::string_view::npos || end > 40)
        return hash;
    const auto name = stored.substr(1, end - 1);
    const auto dot = name.rfind('.');
    hash.value = stored.substr(end + 1);
    hash.scheme = uppercase(name.substr(0, dot));
    if (dot != std::string_view::npos)
        hash.encoding = lowercase(name.substr(dot + 1));
    if (hash.encoding == "base64")
        hash.encoding = "b64";
    if (hash.scheme.empty()) // "{}x" is a scheme that nobody knows, not one that is missing.
        hash.scheme = "{}";
    return hash;
}

HashAnswer verify_hash(const Secret& password, std::string_view stored, Bare bare)
{
    if (stored.empty() || stored.size() > HashLimits::stored_bytes || stored.contains('\0'))
        return HashAnswer::malformed;
    if (password.empty() || password.reveal().size() > HashLimits::password_bytes ||
        password.reveal().contains('\0'))
        return HashAnswer::wrong;
    const auto hash = split_scheme(stored);
    if (hash.scheme.empty())
        return verify_bare(password, hash.value, bare);
    if (!is_one_of(hash.encoding, {"", "b64", "hex"}))
        return HashAnswer::unknown_scheme;
    const bool crypted = hash.scheme == "MD5" && hash.value.starts_with("$1$");
    if (const auto digest = digest_scheme(hash.scheme); digest && !crypted)
        return verify_digest(password, *digest, hash);
    const auto text = decoded(hash);
    if (!text || text->contains('\0'))
        return HashAnswer::malformed;
    return verify_text(password, hash.scheme, *text);
}

std::optional<std::string> decode_loose_base64(std::string_view text)
{
    std::string padded(text.substr(0, text.find_last_not_of('=') + 1));
    padded.append((4 - padded.size() % 4) % 4, '=');
    return mail::decode_base64(padded);
}

std::optional<std::string> decode_hex(std::string_view text)
{
    std::string bytes(text.size() / 2, '\0');
    std::size_t length = 0;
    const char* end = nullptr;
    if (text.size() % 2 != 0 ||
        ::sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                         text.size(), nullptr, &length, &end) != 0 ||
        length != bytes.size())
        return std::nullopt;
    return bytes;
}

bool same_bytes(std::string_view left, std::string_view right)
{
    return left.size() == right.size() &&
           ::sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace posthouse::sources
