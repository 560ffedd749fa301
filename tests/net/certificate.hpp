// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace posthouse::tests {

/// A key and a certificate signed with it, as PEM.
struct SelfSigned {
    std::string certificate, key;
};

inline std::string text_of(BIO* bio)
{
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

/// What a certificate is to be.
struct CertificateTerms {
    std::string host;
    std::string key_type = "P-256";     // "P-256", "P-384", "RSA-2048", "RSA-4096", "ED25519", …
    std::string email = {};             // of a client
    const SelfSigned* issuer = nullptr; // itself
    std::string basic_constraints = {}; // "critical,CA:TRUE" of an authority
    long valid_seconds = 3600;
};

inline EVP_PKEY* make_key(const std::string& type)
{
    if (type.starts_with("RSA-"))
        return EVP_RSA_gen(static_cast<unsigned>(std::stoul(type.substr(4))));
    if (type == "ED25519")
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    return EVP_EC_gen(type.c_str());
}

template <class T, class Read>
std::unique_ptr<T, void (*)(T*)> from_pem(const std::string& pem, Read read, void (*free)(T*))
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    return {read(in.get(), nullptr, nullptr, nullptr), free};
}

inline SelfSigned certificate_with(const CertificateTerms& terms)
{
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(make_key(terms.key_type),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    expects(key && certificate);
    X509_set_version(certificate.get(), X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), terms.valid_seconds);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(terms.host.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    const auto extend = [&](int kind, const std::string& value) {
        auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        expects(extension != nullptr && X509_add_ext(certificate.get(), extension, -1) == 1);
        X509_EXTENSION_free(extension);
    };
    if (!terms.basic_constraints.empty())
        extend(NID_basic_constraints, terms.basic_constraints);
    if (!terms.email.empty())
        extend(NID_subject_alt_name, "email:" + terms.email);
    auto* signing = key.get();
    auto issuer_key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>(nullptr, EVP_PKEY_free);
    if (terms.issuer != nullptr) {
        const auto issuer = from_pem<X509>(terms.issuer->certificate, PEM_read_bio_X509, X509_free);
        issuer_key = from_pem<EVP_PKEY>(terms.issuer->key, PEM_read_bio_PrivateKey, EVP_PKEY_free);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
        signing = issuer_key.get();
    }
    const auto* digest = EVP_PKEY_is_a(signing, "ED25519") == 1 ? nullptr : EVP_sha256();
    expects(X509_sign(certificate.get(), signing, digest) > 0);

    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    expects(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
    SelfSigned made{.certificate = text_of(out.get()), .key = {}};
    BIO_reset(out.get());
    expects(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
            1);
    made.key = text_of(out.get());
    return made;
}

inline SelfSigned self_signed(const std::string& host)
{
    return certificate_with({.host = host});
}

} // namespace posthouse::tests
