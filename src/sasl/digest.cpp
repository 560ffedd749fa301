// SPDX-License-Identifier: Apache-2.0
#include "sasl/digest.hpp"

#include "base/contract.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace posthouse::sasl {
namespace {

const EVP_MD* algorithm(ScramHash hash)
{
    return hash == ScramHash::sha_1 ? EVP_sha1() : EVP_sha256();
}

unsigned char* raw(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* raw(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace

std::size_t digest_bytes(ScramHash hash)
{
    return hash == ScramHash::sha_1 ? 20 : 32;
}

std::string digest(ScramHash hash, std::string_view bytes)
{
    std::string result(digest_bytes(hash), '\0');
    expects(EVP_Digest(bytes.data(), bytes.size(), raw(result), nullptr, algorithm(hash),
                       nullptr) == 1);
    return result;
}

std::string hmac(ScramHash hash, std::string_view key, std::string_view bytes)
{
    std::string result(digest_bytes(hash), '\0');
    expects(HMAC(algorithm(hash), key.data(), static_cast<int>(key.size()), raw(bytes),
                 bytes.size(), raw(result), nullptr) != nullptr);
    return result;
}

std::string pbkdf2(ScramHash hash, std::string_view password, std::string_view salt,
                   std::uint32_t iterations)
{
    std::string result(digest_bytes(hash), '\0');
    expects(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                              static_cast<int>(salt.size()), static_cast<int>(iterations),
                              algorithm(hash), static_cast<int>(result.size()), raw(result)) == 1);
    return result;
}

bool equal_in_constant_time(std::string_view one, std::string_view other)
{
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

} // namespace posthouse::sasl
