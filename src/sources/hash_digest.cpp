// SPDX-License-Identifier: Apache-2.0
#include "sources/hash_parts.hpp"

#include <array>

namespace posthouse::sources {
namespace {

std::string digest_of(const EVP_MD* kind, std::string_view password, std::string_view salt)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int length = 0;
    EVP_MD_CTX* context = ::EVP_MD_CTX_new();
    const bool made = context != nullptr && ::EVP_DigestInit_ex(context, kind, nullptr) == 1 &&
                      ::EVP_DigestUpdate(context, password.data(), password.size()) == 1 &&
                      ::EVP_DigestUpdate(context, salt.data(), salt.size()) == 1 &&
                      ::EVP_DigestFinal_ex(context, bytes.data(), &length) == 1;
    ::EVP_MD_CTX_free(context);
    return made ? std::string(reinterpret_cast<const char*>(bytes.data()), length) : std::string();
}

/// Hex where it is as long as that of the bare digest, or the scheme says so; else base64.
std::optional<std::string> decoded(const SchemedHash& hash, std::size_t digest_bytes)
{
    if (hash.encoding == "hex")
        return decode_hex(hash.value);
    if (hash.encoding.empty() && hash.value.size() == 2 * digest_bytes)
        if (auto bytes = decode_hex(hash.value))
            return bytes;
    return decode_loose_base64(hash.value);
}

} // namespace

std::optional<DigestScheme> digest_scheme(std::string_view scheme)
{
    if (scheme == "MD5" || scheme == "PLAIN-MD5" || scheme == "LDAP-MD5")
        return DigestScheme{::EVP_md5(), false};
    if (scheme == "SMD5")
        return DigestScheme{::EVP_md5(), true};
    if (scheme == "SHA" || scheme == "SHA1")
        return DigestScheme{::EVP_sha1(), false};
    if (scheme == "SSHA")
        return DigestScheme{::EVP_sha1(), true};
    if (scheme == "SHA256")
        return DigestScheme{::EVP_sha256(), false};
    if (scheme == "SSHA256")
        return DigestScheme{::EVP_sha256(), true};
    if (scheme == "SHA384")
        return DigestScheme{::EVP_sha384(), false};
    if (scheme == "SSHA384")
        return DigestScheme{::EVP_sha384(), true};
    if (scheme == "SHA512")
        return DigestScheme{::EVP_sha512(), false};
    if (scheme == "SSHA512")
        return DigestScheme{::EVP_sha512(), true};
    return std::nullopt;
}

HashAnswer verify_digest(const Secret& password, const DigestScheme& scheme,
                         const SchemedHash& hash)
{
    const auto size = static_cast<std::size_t>(::EVP_MD_get_size(scheme.digest));
    const auto bytes = decoded(hash, size);
    if (!bytes || bytes->size() < size || (!scheme.salted && bytes->size() != size))
        return HashAnswer::malformed;
    const auto salt = std::string_view(*bytes).substr(size);
    const auto made = digest_of(scheme.digest, password.reveal(), salt);
    return same_bytes(made, std::string_view(*bytes).substr(0, size)) ? HashAnswer::right
                                                                      : HashAnswer::wrong;
}

} // namespace posthouse::sources
