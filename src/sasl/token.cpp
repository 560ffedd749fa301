// SPDX-License-Identifier: Apache-2.0
#include "sasl/token.hpp"

#include "base/text.hpp"
#include "mail/address.hpp"
#include "sasl/json_reading.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace posthouse::sasl {
namespace {

namespace json = boost::json;
using Finding = TokenVerdict::Finding;

constexpr std::size_t header_bytes = 4096;

struct Parts {
    std::string_view signed_text;
    json::object header, claims;
    std::string signature;
};

/// Compact serialisation of a JWS: RFC 7515 §3.1.
std::optional<Parts> take_apart(std::string_view token)
{
    const auto first = token.find('.');
    const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos ||
        token.size() > Limits::token_bytes)
        return std::nullopt;
    const auto header = decode_base64url(token.substr(0, first));
    const auto claims = decode_base64url(token.substr(first + 1, second - first - 1));
    auto signature = decode_base64url(token.substr(second + 1));
    if (!header || !claims || !signature || signature->empty())
        return std::nullopt;
    auto head = parse_json_object(*header, header_bytes);
    auto body = parse_json_object(*claims, Limits::token_bytes);
    if (!head || !body)
        return std::nullopt;
    return Parts{token.substr(0, second), std::move(*head), std::move(*body),
                 std::move(*signature)};
}

/// RFC 8725 §3.11: a token of another kind is none of ours.
bool is_right_kind(const json::object& header)
{
    if (header.contains("crit")) // RFC 7515 §4.1.11: we know no extension.
        return false;
    const auto kind = text_in(header, "typ");
    return !header.contains("typ") || equal_ignoring_case(kind, "JWT") ||
           equal_ignoring_case(kind, "at+jwt") || equal_ignoring_case(kind, "application/at+jwt");
}

bool is_signed(const Parts& parts, const TokenKeys& keys)
{
    const auto algorithm = algorithm_named(text_in(parts.header, "alg"));
    const auto id = text_in(parts.header, "kid");
    if (!algorithm)
        return false;
    return std::ranges::any_of(keys.keys, [&](const TokenKey& key) {
        const bool named = id.empty() || key.id.empty() || key.id == id;
        return named && verify_signature(key, *algorithm, parts.signed_text, parts.signature);
    });
}

/// "aud" is one text or several.
bool is_for_us(const json::object& claims, const std::vector<std::string>& audiences)
{
    const auto ours = [&](std::string_view name) {
        return std::ranges::find(audiences, name) != audiences.end();
    };
    const auto* aud = claims.if_contains("aud");
    if (aud == nullptr)
        return false;
    if (aud->is_array())
        return std::ranges::any_of(aud->get_array(), [&](const json::value& one) {
            return one.is_string() && ours(one.get_string());
        });
    return ours(text_in(claims, "aud"));
}

/// "scope" has them separated by spaces (RFC 8693 §4.2); some have "scp", a list.
bool has_scope(const json::object& claims, std::string_view wanted)
{
    for (const auto* name : {"scope", "scp"}) {
        const auto* value = claims.if_contains(name);
        if (value != nullptr && value->is_array() &&
            std::ranges::any_of(value->get_array(), [&](const json::value& one) {
                return one.is_string() && std::string_view(one.get_string()) == wanted;
            }))
            return true;
        auto rest = text_in(claims, name);
        while (!rest.empty()) {
            const auto space = rest.find(' ');
            if (rest.substr(0, space) == wanted)
                return true;
            rest = space == rest.npos ? std::string_view() : rest.substr(space + 1);
        }
    }
    return false;
}

std::int64_t seconds_of(Timestamp at)
{
    return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

/// Whose it is, of claims that are trusted.
TokenVerdict judge_claims(const json::object& claims, const TokenRules& rules, Timestamp now)
{
    const auto leeway = std::chrono::ceil<std::chrono::seconds>(rules.leeway).count();
    const auto at = seconds_of(now);
    const auto expires = date_in(claims, "exp"), begins = date_in(claims, "nbf");
    if ((claims.contains("nbf") && !begins) || (begins && *begins > at + leeway))
        return refused_token(Finding::wrong, rules);
    if (claims.contains("exp") && !expires)
        return refused_token(Finding::wrong, rules);
    if (expires && *expires <= at - leeway)
        return refused_token(Finding::expired, rules);
    for (const auto& scope : rules.scopes)
        if (!has_scope(claims, scope))
            return refused_token(Finding::lacks_scope, rules);
    const auto user = text_in(claims, rules.user_claim);
    const auto* verified = claims.if_contains("email_verified");
    const bool doubtful = rules.user_claim == "email" && verified != nullptr &&
                          !(verified->is_bool() && verified->get_bool());
    if (user.empty() || user.size() > Limits::user_bytes || user.contains('\0') || doubtful)
        return refused_token(Finding::wrong, rules);
    return {Finding::right, std::string(user), {}, {}};
}

} // namespace

TokenVerdict refused_token(Finding finding, const TokenRules& rules)
{
    return {finding, {}, fmt::format("{}", fmt::join(rules.scopes, " ")), rules.discovery_url};
}

TokenVerdict verify_token(const Secret& token, const TokenKeys& keys, const TokenRules& rules,
                          Timestamp now)
{
    const auto parts = take_apart(token.reveal());
    if (!parts || !is_right_kind(parts->header) || !is_signed(*parts, keys))
        return refused_token(Finding::wrong, rules);
    const auto& claims = parts->claims;
    if (rules.issuer.empty() || text_in(claims, "iss") != rules.issuer ||
        !is_for_us(claims, rules.audiences) || !claims.contains("exp"))
        return refused_token(Finding::wrong, rules);
    return judge_claims(claims, rules, now);
}

TokenVerdict judge_introspection(const json::object& claims, const TokenRules& rules, Timestamp now)
{
    const auto* active = claims.if_contains("active");
    if (active == nullptr || !active->is_bool() || !active->get_bool())
        return refused_token(Finding::wrong, rules);
    if ((claims.contains("iss") && !rules.issuer.empty() &&
         text_in(claims, "iss") != rules.issuer) ||
        (!rules.audiences.empty() && !is_for_us(claims, rules.audiences) &&
         std::ranges::find(rules.audiences, text_in(claims, "client_id")) == rules.audiences.end()))
        return refused_token(Finding::wrong, rules);
    return judge_claims(claims, rules, now);
}

} // namespace posthouse::sasl
