// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "sources/worker.hpp"

#include <expected>
#include <memory>
#include <string>
#include <unordered_map>

namespace posthouse::envoy {

/// Makes the keys of a keytab file those of this process, in its memory alone. Single-threaded and
/// not confined yet: libraries open what they will need. The error is a sentence.
std::expected<void, std::string> take_keytab(const std::string& file);

/// Kerberos' half of GSSAPI (RFC 4752) by GNU SASL, with the keys that take_keytab() took, for
/// imap/, pop/ and smtp/hostname. No security layer: there is TLS.
class KerberosWorker final : public sources::Worker {
public:
    struct Limits {
        std::size_t dialogues = 1000;
        Duration lasts = std::chrono::seconds(60);
    };

    explicit KerberosWorker(std::string hostname) : KerberosWorker(std::move(hostname), Limits()) {}
    KerberosWorker(std::string hostname, const Limits&);
    ~KerberosWorker() override;

    sources::Reply answer(const sources::Question&) override;

private:
    class Acceptor;

    Acceptor* acceptor_for(const sources::Exchange&, Instant now);

    std::string hostname_;
    Limits limits_;
    struct Open {
        std::unique_ptr<Acceptor> acceptor;
        Instant until;
    };
    std::unordered_map<std::uint64_t, Open> open_; // by dialogue
};

} // namespace posthouse::envoy
