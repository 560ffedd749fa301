// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "config/logins.hpp"
#include "sasl/token.hpp"
#include "sources/worker.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

namespace posthouse::envoy {

class HttpConnection;

/// How the issuer of tokens is asked about one: RFC 7662.
struct IssuerTerms {
    bool tls = true;
    std::string host;
    std::uint16_t port = 443;
    std::string target; ///< path and query
    std::string client;
    Secret secret;
    std::string ca_file;
    sasl::TokenRules rules;
    Duration patience = std::chrono::seconds(10);

    struct Limits {
        static constexpr std::size_t header_bytes = 16 << 10; // of an answer
        static constexpr std::size_t body_bytes = 64 << 10;
    };

    /// The error is a sentence.
    static std::expected<IssuerTerms, std::string> make(const config::OAuth&, Secret,
                                                        const std::string& system_ca_file);
};

/// Asks the issuer about each token, over a connection that is kept.
class IssuerWorker final : public sources::Worker {
public:
    explicit IssuerWorker(std::shared_ptr<const IssuerTerms>);
    ~IssuerWorker() override;

    sources::Reply answer(const sources::Question&) override;

private:
    std::shared_ptr<const IssuerTerms> terms_;
    std::unique_ptr<HttpConnection> connection_;
};

} // namespace posthouse::envoy
