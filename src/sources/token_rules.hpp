// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/logins.hpp"
#include "sasl/token.hpp"

namespace posthouse::sources {

/// What `[login.oauth]` asks of a token.
inline sasl::TokenRules rules_of(const config::OAuth& oauth)
{
    return {.issuer = oauth.issuer,
            .audiences = oauth.audiences,
            .user_claim = oauth.user_claim,
            .scopes = oauth.scopes,
            .leeway = oauth.leeway,
            .discovery_url = oauth.discovery_url};
}

} // namespace posthouse::sources
