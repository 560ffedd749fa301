// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "sasl/dialogue.hpp"
#include "sasl/token_keys.hpp"

#include <boost/json/fwd.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace posthouse::sasl {

/// What a bearer token has to say to be taken.
struct TokenRules {
    std::string issuer;                 // "iss"; required
    std::vector<std::string> audiences; // "aud" has one of these; required
    std::string user_claim = "email";   // Whose value is the account's address
    std::vector<std::string> scopes = {};
    std::chrono::milliseconds leeway = std::chrono::seconds(30);
    std::string discovery_url = {};
};

/// What its client is told of a token that is not taken.
TokenVerdict refused_token(TokenVerdict::Finding, const TokenRules&);

/// Looks at a JSON Web Token (RFC 7519, RFC 8725, RFC 9068): signed by one of the keys with the
/// algorithm that is the key's, of this issuer, for this audience, not before or after its time.
/// It must have an end ("exp").
TokenVerdict verify_token(const Secret& token, const TokenKeys&, const TokenRules&, Timestamp now);

/// The same of claims that somebody else has vouched for: an introspection's answer (RFC 7662
/// §2.2), in which `iss` and `exp` may be left out, and `client_id` may stand for `aud`.
TokenVerdict judge_introspection(const boost::json::object&, const TokenRules&, Timestamp now);

} // namespace posthouse::sasl
