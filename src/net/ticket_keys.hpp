// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;

namespace posthouse::net {

/// The keys of session tickets (RFC 5077 §4, RFC 8446 §4.6.1), shared by the threads of a process.
/// Until it is given some it has one of its own.
class TicketKeys {
public:
    struct Limits {
        static constexpr std::size_t keys = 4;
    };
    static constexpr std::size_t name_bytes = 16, cipher_bytes = 32, mac_bytes = 32;
    /// Of one key, as it comes over the wire: a name, a key for AES-256-CBC, a key for HMAC-SHA-256
    /// over name, IV and ciphertext.
    static constexpr std::size_t key_bytes = name_bytes + cipher_bytes + mac_bytes;

    TicketKeys();
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;

    /// The first is for new tickets, all are for those that come. False: there are none, too many,
    /// or one of the wrong size; then nothing changes.
    bool replace(std::span<const std::string> keys);

    enum class Use : std::uint8_t { seal, open };
    /// What SSL_CTX_set_tlsext_ticket_key_evp_cb() asks of its callback: `name` of 16 bytes and
    /// `iv` are written to seal and read to open; its answer in OpenSSL's numbers.
    int prepare(Use, unsigned char* name, unsigned char* iv, evp_cipher_ctx_st*,
                evp_mac_ctx_st*) const;

private:
    using Key = std::array<unsigned char, key_bytes>;
    mutable std::mutex mutex_; // Of keys_: read once a handshake.
    std::vector<Key> keys_;
};

} // namespace posthouse::net
