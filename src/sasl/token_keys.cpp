// SPDX-License-Identifier: Apache-2.0
#include "sasl/token_keys.hpp"

#include "mail/base64.hpp"
#include "sasl/json_reading.hpp"

#include <algorithm>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <optional>

namespace posthouse::sasl {
namespace {

namespace json = boost::json;

template <auto Free>
struct Freeing {
    template <class T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freeing<Free>>;
using Number = Owned<BIGNUM, BN_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

const unsigned char* raw(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key)
{
    return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

Number number_of(std::string_view big_endian)
{
    return Number(BN_bin2bn(raw(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> key_from(const char* type, const Builder& builder)
{
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    auto made = shared(key);
    // On the curve, and the like.
    const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return check && EVP_PKEY_public_check(check.get()) == 1 ? made : nullptr;
}

std::shared_ptr<EVP_PKEY> rsa_key(std::string_view n, std::string_view e)
{
    const auto modulus = number_of(n), exponent = number_of(e);
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!modulus || !exponent || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
        return nullptr;
    return key_from("RSA", builder);
}

std::shared_ptr<EVP_PKEY> p256_key(std::string_view x, std::string_view y)
{
    if (x.size() != 32 || y.size() != 32)
        return nullptr;
    const auto point = "\x04" + std::string(x) + std::string(y);
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return nullptr;
    return key_from("EC", builder);
}

/// What a key of this kind and size may be used for; nothing: it is not for us.
std::vector<TokenAlgorithm> algorithms_of(EVP_PKEY* key)
{
    const int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1 && bits >= TokenKeys::Limits::rsa_bits &&
        bits <= TokenKeys::Limits::most_rsa_bits)
        return {TokenAlgorithm::rs256, TokenAlgorithm::ps256};
    if (EVP_PKEY_is_a(key, "EC") == 1) {
        char group[32]{};
        if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
            std::string_view(group) == "prime256v1")
            return {TokenAlgorithm::es256};
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return {TokenAlgorithm::eddsa};
    return {};
}

std::shared_ptr<EVP_PKEY> key_of(const json::object& jwk)
{
    const auto bytes = [&](std::string_view name) {
        return decode_base64url(text_in(jwk, name)).value_or("");
    };
    const auto kind = text_in(jwk, "kty");
    if (kind == "RSA")
        return rsa_key(bytes("n"), bytes("e"));
    if (kind == "EC" && text_in(jwk, "crv") == "P-256")
        return p256_key(bytes("x"), bytes("y"));
    const auto x = bytes("x");
    if (kind == "OKP" && text_in(jwk, "crv") == "Ed25519" && x.size() == 32)
        return shared(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(x), x.size()));
    return nullptr;
}

/// A key that says what it is for is used for nothing else.
void add_jwk(const json::object& jwk, TokenKeys& to)
{
    const auto use = text_in(jwk, "use");
    const auto name = text_in(jwk, "alg");
    if (!use.empty() && use != "sig")
        return;
    auto key = key_of(jwk);
    if (!key)
        return;
    auto algorithms = algorithms_of(key.get());
    if (!name.empty())
        std::erase_if(algorithms, [&](TokenAlgorithm one) { return algorithm_named(name) != one; });
    if (!algorithms.empty())
        to.keys.push_back(
            {std::string(text_in(jwk, "kid")), std::move(algorithms), std::move(key)});
}

std::expected<TokenKeys, std::string> keys_of_jwks(std::string_view text)
{
    const auto set = parse_json_object(text, TokenKeys::Limits::text_bytes);
    const auto* list = set ? set->if_contains("keys") : nullptr;
    if (list == nullptr || !list->is_array())
        return std::unexpected("it is no set of keys: a JSON object with an array \"keys\"");
    TokenKeys keys;
    for (const auto& one : list->get_array())
        if (one.is_object() && keys.keys.size() < TokenKeys::Limits::keys)
            add_jwk(one.get_object(), keys);
    return keys;
}

TokenKeys keys_of_pem(std::string_view text)
{
    TokenKeys keys;
    const Owned<BIO, BIO_free> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    while (source && keys.keys.size() < TokenKeys::Limits::keys) {
        auto key = shared(PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr));
        if (!key)
            break;
        if (auto algorithms = algorithms_of(key.get()); !algorithms.empty())
            keys.keys.push_back({{}, std::move(algorithms), std::move(key)});
    }
    ERR_clear_error();
    return keys;
}

/// What OpenSSL takes: DER.
std::optional<std::string> der_of_es256(std::string_view signature)
{
    if (signature.size() != 64)
        return std::nullopt;
    const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
    auto r = number_of(signature.substr(0, 32)), s = number_of(signature.substr(32));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1)
        return std::nullopt;
    (void)r.release(); // They are the pair's now.
    (void)s.release();
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
    if (size <= 0)
        return std::nullopt;
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

} // namespace

std::optional<TokenAlgorithm> algorithm_named(std::string_view name)
{
    if (name == "RS256")
        return TokenAlgorithm::rs256;
    if (name == "PS256")
        return TokenAlgorithm::ps256;
    if (name == "ES256")
        return TokenAlgorithm::es256;
    if (name == "EdDSA")
        return TokenAlgorithm::eddsa;
    return std::nullopt;
}

std::expected<TokenKeys, std::string> TokenKeys::parse(std::string_view text)
{
    if (text.size() > Limits::text_bytes)
        return std::unexpected("it is too long");
    const auto begin = text.find_first_not_of(" \t\r\n");
    auto keys = begin != text.npos && text[begin] == '{'
                    ? keys_of_jwks(text)
                    : std::expected<TokenKeys, std::string>(keys_of_pem(text));
    if (keys && keys->keys.empty())
        return std::unexpected("it has no key for RS256, PS256, ES256 or EdDSA (RSA of 2048 bits "
                               "or more, P-256, Ed25519)");
    return keys;
}

bool verify_signature(const TokenKey& key, TokenAlgorithm algorithm, std::string_view signed_text,
                      std::string_view signature)
{
    if (std::ranges::find(key.algorithms, algorithm) == key.algorithms.end())
        return false;
    std::string der;
    if (algorithm == TokenAlgorithm::es256) {
        auto made = der_of_es256(signature);
        if (!made)
            return false;
        der = std::move(*made);
        signature = der;
    }
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* details = nullptr; // The context's own.
    const auto* digest = algorithm == TokenAlgorithm::eddsa ? nullptr : EVP_sha256();
    bool right = context &&
                 EVP_DigestVerifyInit(context.get(), &details, digest, nullptr, key.key.get()) == 1;
    if (right && algorithm == TokenAlgorithm::ps256)
        right = EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
    right = right && EVP_DigestVerify(context.get(), raw(signature), signature.size(),
                                      raw(signed_text), signed_text.size()) == 1;
    ERR_clear_error();
    return right;
}

std::expected<std::string, std::string> decode_base64url(std::string_view text)
{
    std::string usual(text);
    if (usual.find_first_of("+/=") != usual.npos || usual.size() % 4 == 1)
        return std::unexpected("no base64url");
    std::ranges::replace(usual, '-', '+');
    std::ranges::replace(usual, '_', '/');
    usual.append((4 - usual.size() % 4) % 4, '=');
    auto bytes = mail::decode_base64(usual);
    if (!bytes)
        return std::unexpected("no base64url");
    return std::move(*bytes);
}

} // namespace posthouse::sasl
