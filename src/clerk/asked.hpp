// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/acceptor.hpp"
#include "clerk/tokens.hpp"
#include "sasl/token.hpp"
#include "sources/line.hpp"

#include <memory>
#include <utility>

/// Questions to the envoys that are not about a source's users.
namespace posthouse::clerk {

/// Tokens that the issuer is asked about: RFC 7662.
class AskedTokens final : public Tokens {
public:
    AskedTokens(std::shared_ptr<sources::Line> issuer, sasl::TokenRules rules)
        : issuer_(std::move(issuer)),
          rules_(std::move(rules))
    {
    }
    Task<std::optional<sasl::TokenVerdict>> judge(Secret token) override;

private:
    std::shared_ptr<sources::Line> issuer_;
    sasl::TokenRules rules_;
};

class KerberosAcceptor final : public Acceptor {
public:
    explicit KerberosAcceptor(std::shared_ptr<sources::Line> line) : line_(std::move(line)) {}
    Task<std::optional<sasl::AcceptorStep>> take(Response) override;

private:
    std::shared_ptr<sources::Line> line_;
};

} // namespace posthouse::clerk
