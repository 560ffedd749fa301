// SPDX-License-Identifier: Apache-2.0
#include "net/private_key.hpp"

#include "net/remote_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <optional>

namespace posthouse::net {
namespace {

struct FreeOthers {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::unique_ptr<BIO, FreeOthers> reader(std::string_view text)
{
    return std::unique_ptr<BIO, FreeOthers>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string last_error()
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

/// Nobody is there to be asked for a passphrase.
int no_passphrase(char*, int, int, void*)
{
    return 0;
}

struct Scheme {
    std::uint16_t number;
    const char* type;
    const char* digest; // nullptr: of the scheme itself
    bool pss = false;
};

constexpr std::array schemes = {
    Scheme{0x0401, "RSA", "SHA256"},       Scheme{0x0501, "RSA", "SHA384"},
    Scheme{0x0601, "RSA", "SHA512"},       Scheme{0x0403, "EC", "SHA256"},
    Scheme{0x0503, "EC", "SHA384"},        Scheme{0x0804, "RSA", "SHA256", true},
    Scheme{0x0805, "RSA", "SHA384", true}, Scheme{0x0806, "RSA", "SHA512", true},
    Scheme{0x0807, "ED25519", nullptr},
};

} // namespace

void PrivateKey::Free::operator()(EVP_PKEY* key) const
{
    EVP_PKEY_free(key);
}

std::expected<void, std::string> check_kind_of_key(const EVP_PKEY* key)
{
    const int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        if (bits >= 2048 && bits <= 4096)
            return {};
        return std::unexpected("its RSA key has " + std::to_string(bits) +
                               " bits; it should have 2048 to 4096");
    }
    std::array<char, 64> group{};
    if (EVP_PKEY_is_a(key, "EC") == 1) {
        EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr);
        const std::string_view name = group.data();
        if (name == "prime256v1" || name == "P-256" || name == "secp384r1" || name == "P-384")
            return {};
        return std::unexpected("its ECDSA key is of another curve than P-256 and P-384");
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return {};
    return std::unexpected("its key is neither RSA nor ECDSA nor Ed25519");
}

std::expected<PrivateKey, std::string> PrivateKey::parse(std::string_view key,
                                                         std::string_view certificate)
{
    const std::unique_ptr<X509, FreeOthers> leaf(
        PEM_read_bio_X509(reader(certificate).get(), nullptr, nullptr, nullptr));
    if (!leaf)
        return std::unexpected("the certificate cannot be read: " + last_error());
    PrivateKey made;
    made.key_.reset(PEM_read_bio_PrivateKey(reader(key).get(), nullptr, no_passphrase, nullptr));
    if (!made.key_)
        return std::unexpected("the private key cannot be used: " + last_error());
    if (auto right = check_kind_of_key(made.key_.get()); !right)
        return std::unexpected("the private key cannot be used: " + right.error());
    if (X509_check_private_key(leaf.get(), made.key_.get()) != 1)
        return std::unexpected("certificate and private key do not belong together: " +
                               last_error());
    made.name_ = key_name(leaf.get());
    return made;
}

std::expected<std::string, std::string> PrivateKey::sign(std::uint16_t number,
                                                         std::string_view content) const
{
    const Scheme* scheme = nullptr;
    for (const auto& each : schemes)
        if (each.number == number && EVP_PKEY_is_a(key_.get(), each.type) == 1)
            scheme = &each;
    if (scheme == nullptr)
        return std::unexpected("the scheme is not for this key");
    const std::unique_ptr<EVP_MD_CTX, FreeOthers> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* terms = nullptr;
    bool ready = EVP_DigestSignInit_ex(context.get(), &terms, scheme->digest, nullptr, nullptr,
                                       key_.get(), nullptr) == 1;
    if (ready && scheme->pss)
        ready = EVP_PKEY_CTX_set_rsa_padding(terms, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(terms, RSA_PSS_SALTLEN_DIGEST) == 1;
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    if (!ready ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(content.data()), content.size()) != 1)
        return std::unexpected("the signature failed: " + last_error());
    signature.resize(size);
    return signature;
}

} // namespace posthouse::net
