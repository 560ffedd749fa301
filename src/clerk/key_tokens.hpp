// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/tokens.hpp"
#include "config/logins.hpp"
#include "sasl/token.hpp"

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::clerk {

/// Tokens that are signed: looked at with the issuer's public keys, without asking anybody.
class KeyTokens final : public Tokens {
public:
    KeyTokens(sasl::TokenKeys keys, sasl::TokenRules rules)
        : keys_(std::move(keys)),
          rules_(std::move(rules))
    {
    }
    Task<std::optional<sasl::TokenVerdict>> judge(Secret token) override;

private:
    sasl::TokenKeys keys_;
    sasl::TokenRules rules_;
};

/// `keys`: a JWKS, or PEM. The error is a sentence for the administrator.
std::expected<std::shared_ptr<Tokens>, std::string> tokens_by_keys(const config::OAuth&,
                                                                   std::string_view keys);

} // namespace posthouse::clerk
