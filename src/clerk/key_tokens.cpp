// SPDX-License-Identifier: Apache-2.0
#include "clerk/key_tokens.hpp"

#include "sources/token_rules.hpp"

namespace posthouse::clerk {

Task<std::optional<sasl::TokenVerdict>> KeyTokens::judge(Secret token)
{
    co_return sasl::verify_token(token, keys_, rules_, wall_clock());
}

std::expected<std::shared_ptr<Tokens>, std::string> tokens_by_keys(const config::OAuth& oauth,
                                                                   std::string_view text)
{
    auto keys = sasl::TokenKeys::parse(text);
    if (!keys)
        return std::unexpected(keys.error());
    return std::make_shared<KeyTokens>(std::move(*keys), sources::rules_of(oauth));
}

} // namespace posthouse::clerk
