// SPDX-License-Identifier: Apache-2.0
#include "net/ticket_keys.hpp"

#include "base/contract.hpp"
#include "net/remote_key.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace posthouse::net {
namespace {

constexpr int initialization_vector = 16;

/// Looked up once: it is used in every handshake.
const EVP_CIPHER* cipher()
{
    static const EVP_CIPHER* const found =
        EVP_CIPHER_fetch(serving_library(), "AES-256-CBC", serving_properties);
    return found;
}

} // namespace

TicketKeys::TicketKeys() : keys_(1)
{
    expects(RAND_priv_bytes_ex(serving_library(), keys_[0].data(), key_bytes, 0) == 1);
}

TicketKeys::~TicketKeys()
{
    for (auto& key : keys_)
        OPENSSL_cleanse(key.data(), key.size());
}

bool TicketKeys::replace(std::span<const std::string> keys)
{
    if (keys.empty() || keys.size() > Limits::keys ||
        std::ranges::any_of(keys, [](const auto& key) { return key.size() != key_bytes; }))
        return false;
    std::vector<Key> taken(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
        std::memcpy(taken[i].data(), keys[i].data(), key_bytes);
    const std::lock_guard lock(mutex_);
    keys_.swap(taken);
    for (auto& key : taken)
        OPENSSL_cleanse(key.data(), key.size());
    return true;
}

int TicketKeys::prepare(Use use, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* sealing,
                        EVP_MAC_CTX* mac) const
{
    constexpr int failed = -1, unknown = 0, ready = 1, ready_and_renew = 2;
    const std::lock_guard lock(mutex_);
    auto key = keys_.begin();
    if (use == Use::open)
        key = std::ranges::find_if(keys_, [&](const Key& each) {
            return std::memcmp(each.data(), name, name_bytes) == 0;
        });
    if (key == keys_.end())
        return unknown;
    if (use == Use::seal) {
        if (RAND_bytes_ex(serving_library(), iv, initialization_vector, 0) != 1)
            return failed;
        std::memcpy(name, key->data(), name_bytes);
    }
    std::array<char, 7> digest{"SHA256"};
    const std::array parameters = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key->data()) + name_bytes + cipher_bytes,
            mac_bytes),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(mac, parameters.data()) != 1 ||
        EVP_CipherInit_ex(sealing, cipher(), nullptr, key->data() + name_bytes, iv,
                          use == Use::seal ? 1 : 0) != 1)
        return failed;
    return use == Use::seal || key == keys_.begin() ? ready : ready_and_renew;
}

} // namespace posthouse::net
