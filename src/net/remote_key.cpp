// SPDX-License-Identifier: Apache-2.0
#include "net/remote_key.hpp"

#include "base/contract.hpp"

#include <openssl/async.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

// The functions below are called by OpenSSL, through its tables of functions: a dispatch table for
// keys of each type (keymgmt) and one for their signatures.
namespace posthouse::net {
namespace {

constexpr const char* elsewhere = "posthouse-elsewhere"; // the provider's name
constexpr const char* operation =
    "POSTHOUSE-SIGN"; // a name of our own, so that it is fetched at once
constexpr const char* local = "provider=default";
constexpr std::size_t most_signature_bytes = 512; // RSA 4096

OSSL_LIB_CTX* library = nullptr;

using Function = void (*)();

template <class F>
Function function(F* f)
{
    return reinterpret_cast<Function>(f);
}

// ---- keys -----------------------------------------------------------------------------------

struct Key {
    const char* type;
    EVP_PKEY* shown = nullptr; // the public part, of the default provider
    std::string name = {};
};

template <const char* const& type>
void* new_key(void*)
{
    return new Key{type};
}

void free_key(void* key)
{
    auto* mine = static_cast<Key*>(key);
    EVP_PKEY_free(mine->shown);
    delete mine;
}

int has(const void* key, int)
{
    return static_cast<const Key*>(key)->shown != nullptr ? 1 : 0;
}

int match(const void* one, const void* other, int selection)
{
    const auto* a = static_cast<const Key*>(one)->shown;
    const auto* b = static_cast<const Key*>(other)->shown;
    if (a == nullptr || b == nullptr)
        return 0;
    return (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ? EVP_PKEY_eq(a, b) == 1
                                                             : EVP_PKEY_parameters_eq(a, b) == 1;
}

/// Whatever is offered, only the public part is taken.
int import_key(void* key, int, const OSSL_PARAM params[])
{
    auto* mine = static_cast<Key*>(key);
    auto* context = EVP_PKEY_CTX_new_from_name(library, mine->type, local);
    EVP_PKEY* made = nullptr;
    const bool done = context != nullptr && EVP_PKEY_fromdata_init(context) == 1 &&
                      EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY,
                                        const_cast<OSSL_PARAM*>(params)) == 1;
    EVP_PKEY_CTX_free(context);
    if (!done)
        return 0;
    EVP_PKEY_free(mine->shown);
    mine->shown = made;
    mine->name = key_name(made);
    return 1;
}

const OSSL_PARAM* import_types(int)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, nullptr, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, nullptr, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
        OSSL_PARAM_END,
    };
    return types;
}

/// Nobody else could use it: whoever asks wants to sign, and finds our own signature then.
int export_key(void*, int, OSSL_CALLBACK*, void*)
{
    return 0;
}

int parameters_of_key(void* key, OSSL_PARAM params[])
{
    const auto* shown = static_cast<Key*>(key)->shown;
    return shown != nullptr ? EVP_PKEY_get_params(shown, params) : 0;
}

const OSSL_PARAM* gettable_of_key(void*)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
        OSSL_PARAM_END,
    };
    return types;
}

const char* operation_of_key(int)
{
    return operation;
}

constexpr const char* rsa_type = "RSA";
constexpr const char* ec_type = "EC";
constexpr const char* ed25519_type = "ED25519";

template <const char* const& type>
const OSSL_DISPATCH* key_functions()
{
    static const std::array table = {
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_NEW, function(&new_key<type>)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_FREE, function(&free_key)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_HAS, function(&has)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_MATCH, function(&match)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_IMPORT, function(&import_key)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_IMPORT_TYPES, function(&import_types)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_EXPORT, function(&export_key)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_EXPORT_TYPES, function(&import_types)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_GET_PARAMS, function(&parameters_of_key)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, function(&gettable_of_key)},
        OSSL_DISPATCH{OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, function(&operation_of_key)},
        OSSL_DISPATCH{0, nullptr},
    };
    return table.data();
}

// ---- signatures -----------------------------------------------------------------------------

struct Signature {
    const Key* key = nullptr;
    std::string digest = {};
    bool pss = false;
};

void* new_signature(void*, const char*)
{
    return new Signature;
}

void free_signature(void* signature)
{
    delete static_cast<Signature*>(signature);
}

int take_parameters(void* signature, const OSSL_PARAM params[])
{
    auto* mine = static_cast<Signature*>(signature);
    if (const auto* padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) {
        int number = 0;
        const char* word = nullptr;
        if (OSSL_PARAM_get_int(padding, &number) == 1)
            mine->pss = number == RSA_PKCS1_PSS_PADDING;
        else if (OSSL_PARAM_get_utf8_string_ptr(padding, &word) == 1)
            mine->pss = std::string_view(word) == OSSL_PKEY_RSA_PAD_MODE_PSS;
        else
            return 0;
    }
    return 1; // The salt is as long as the digest, as RFC 8446 §4.2.3 has it.
}

const OSSL_PARAM* settable_of_signature(void*, void*)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, nullptr, 0),
        OSSL_PARAM_END,
    };
    return types;
}

int begin(void* signature, const char* digest, void* key, const OSSL_PARAM params[])
{
    auto* mine = static_cast<Signature*>(signature);
    if (key != nullptr)
        mine->key = static_cast<const Key*>(key);
    mine->digest = digest != nullptr ? digest : "";
    return params != nullptr ? take_parameters(signature, params) : 1;
}

/// 0: none that a TLS handshake of today knows.
std::uint16_t scheme_of(const Signature& signature)
{
    const std::string_view type = signature.key->type;
    if (type == ed25519_type)
        return 0x0807;
    const auto is = [&](const char* name) {
        return OPENSSL_strcasecmp(signature.digest.c_str(), name) == 0;
    };
    const std::uint16_t strength = is("SHA256") || is("SHA2-256")   ? 1
                                   : is("SHA384") || is("SHA2-384") ? 2
                                   : is("SHA512") || is("SHA2-512") ? 3
                                                                    : 0;
    if (strength == 0)
        return 0;
    if (type == ec_type)
        return static_cast<std::uint16_t>((strength + 3) << 8 | 0x03);
    return static_cast<std::uint16_t>(signature.pss ? 0x0803 + strength
                                                    : (strength + 3) << 8 | 0x01);
}

/// Runs on the handshake's own stack: it leaves the order, and goes on when there is an answer.
int make(void* signature, unsigned char* to, std::size_t* size, std::size_t room,
         const unsigned char* content, std::size_t content_size)
{
    const auto* mine = static_cast<const Signature*>(signature);
    if (mine->key == nullptr || mine->key->shown == nullptr)
        return 0;
    if (to == nullptr) {
        *size = static_cast<std::size_t>(EVP_PKEY_get_size(mine->key->shown));
        return 1;
    }
    auto* job = ASYNC_get_current_job();
    ASYNC_callback_fn unused = nullptr;
    void* session = nullptr; // libssl's argument of the callback is the session.
    const auto scheme = scheme_of(*mine);
    if (job == nullptr || scheme == 0 ||
        ASYNC_WAIT_CTX_get_callback(ASYNC_get_wait_ctx(job), &unused, &session) != 1 ||
        session == nullptr)
        return 0;
    void* place = SSL_get_app_data(static_cast<SSL*>(session));
    if (place == nullptr)
        return 0;
    auto& pending = *static_cast<PendingSignature*>(place);
    pending = {.order = SignatureOrder{mine->key->name,
                                       scheme,
                                       {reinterpret_cast<const char*>(content), content_size}},
               .signature = {},
               .refused = false};
    while (!pending.signature && !pending.refused)
        if (ASYNC_pause_job() != 1)
            return 0;
    if (!pending.signature ||
        pending.signature->size() > std::min<std::size_t>(room, most_signature_bytes))
        return 0;
    std::memcpy(to, pending.signature->data(), pending.signature->size());
    *size = pending.signature->size();
    return 1;
}

const OSSL_DISPATCH signature_functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, function(&new_signature)},
    {OSSL_FUNC_SIGNATURE_FREECTX, function(&free_signature)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, function(&begin)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, function(&make)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, function(&take_parameters)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, function(&settable_of_signature)},
    {0, nullptr},
};

// ---- the provider ---------------------------------------------------------------------------

const OSSL_ALGORITHM* algorithms(void*, int kind, int* no_cache)
{
    static const std::array keys = {
        OSSL_ALGORITHM{"RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=posthouse-elsewhere",
                       key_functions<rsa_type>(), nullptr},
        OSSL_ALGORITHM{"EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=posthouse-elsewhere",
                       key_functions<ec_type>(), nullptr},
        OSSL_ALGORITHM{"ED25519:1.3.101.112", "provider=posthouse-elsewhere",
                       key_functions<ed25519_type>(), nullptr},
        OSSL_ALGORITHM{nullptr, nullptr, nullptr, nullptr},
    };
    static const std::array signatures = {
        OSSL_ALGORITHM{operation, "provider=posthouse-elsewhere", signature_functions, nullptr},
        OSSL_ALGORITHM{nullptr, nullptr, nullptr, nullptr},
    };
    *no_cache = 0;
    if (kind == OSSL_OP_KEYMGMT)
        return keys.data();
    return kind == OSSL_OP_SIGNATURE ? signatures.data() : nullptr;
}

int initialise(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** out,
               void** context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, function(&algorithms)}, {0, nullptr}};
    *out = functions;
    *context = const_cast<OSSL_CORE_HANDLE*>(handle);
    return 1;
}

OSSL_LIB_CTX* made_library()
{
    library = OSSL_LIB_CTX_new();
    expects(library != nullptr && OSSL_PROVIDER_load(library, "default") != nullptr &&
            OSSL_PROVIDER_add_builtin(library, elsewhere, initialise) == 1 &&
            OSSL_PROVIDER_load(library, elsewhere) != nullptr &&
            EVP_set_default_properties(library, serving_properties) == 1);
    return library;
}

} // namespace

OSSL_LIB_CTX* serving_library()
{
    static OSSL_LIB_CTX* const made = made_library();
    return made;
}

std::string key_name(const EVP_PKEY* key)
{
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    std::array<unsigned char, 32> digest{};
    unsigned bytes = 0;
    const bool done = size > 0 && EVP_Digest(der, static_cast<std::size_t>(size), digest.data(),
                                             &bytes, EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    return done ? std::string(reinterpret_cast<const char*>(digest.data()), bytes) : std::string();
}

std::string key_name(const X509* certificate)
{
    const auto* key = X509_get0_pubkey(certificate);
    return key != nullptr ? key_name(key) : std::string();
}

std::expected<EVP_PKEY*, std::string> remote_key(const X509* certificate)
{
    const auto* shown = X509_get0_pubkey(certificate);
    const char* type = nullptr;
    if (shown != nullptr)
        for (const char* known : {rsa_type, ec_type, ed25519_type})
            if (EVP_PKEY_is_a(shown, known) == 1)
                type = known;
    if (type == nullptr)
        return std::unexpected("the certificate's key is neither RSA nor ECDSA nor Ed25519");
    OSSL_PARAM* parts = nullptr;
    EVP_PKEY* made = nullptr;
    auto* context =
        EVP_PKEY_CTX_new_from_name(serving_library(), type, "provider=posthouse-elsewhere");
    if (context != nullptr && EVP_PKEY_todata(shown, EVP_PKEY_PUBLIC_KEY, &parts) == 1 &&
        EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parts);
    OSSL_PARAM_free(parts);
    EVP_PKEY_CTX_free(context);
    if (made == nullptr) {
        ERR_clear_error();
        return std::unexpected("the certificate's public key cannot be used");
    }
    return made;
}

} // namespace posthouse::net
