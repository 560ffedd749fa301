// SPDX-License-Identifier: Apache-2.0
#include "sasl/bearer_message.hpp"

#include "base/text.hpp"
#include "sasl/dialogue.hpp"
#include "sasl/gs2.hpp"

#include <algorithm>

namespace posthouse::sasl {
namespace {

constexpr char separator = '\x01';

/// "Bearer" SP b64token: RFC 6750 §2.1.
std::optional<Secret> token_in(std::string_view value)
{
    constexpr std::string_view scheme = "bearer ";
    if (!starts_with_ignoring_case(value, scheme))
        return std::nullopt;
    value.remove_prefix(scheme.size());
    while (value.starts_with(' '))
        value.remove_prefix(1);
    const bool sound = std::ranges::all_of(value, [](char c) {
        return is_alpha(c) || is_digit(c) || std::string_view("-._~+/=").contains(c);
    });
    if (!sound || value.empty() || value.size() > Limits::token_bytes)
        return std::nullopt;
    return Secret(std::string(value));
}

struct Pair {
    std::string_view key, value;
};

/// Consumes "key=value^A".
std::optional<Pair> take_pair(std::string_view& text)
{
    const auto end = text.find(separator);
    const auto pair = text.substr(0, end);
    const auto equals = pair.find('=');
    if (end == text.npos || equals == text.npos || equals == 0 || pair.contains('\0') ||
        !std::ranges::all_of(pair.substr(0, equals), is_alpha))
        return std::nullopt;
    text.remove_prefix(end + 1);
    return Pair{pair.substr(0, equals), pair.substr(equals + 1)};
}

} // namespace

std::optional<BearerMessage> parse_oauthbearer(std::string_view text)
{
    auto gs2 = parse_gs2_header(text);
    if (!gs2 || gs2->binding == Gs2Header::Binding::used)
        return std::nullopt;
    text.remove_prefix(gs2->bytes);
    if (!text.starts_with(separator))
        return std::nullopt;
    text.remove_prefix(1);
    std::optional<Secret> token;
    while (text.size() > 1) {
        const auto pair = take_pair(text);
        if (!pair)
            return std::nullopt;
        if (pair->key != "auth")
            continue; // host, port, and what others may come
        if (token)
            return std::nullopt;
        token = token_in(pair->value);
        if (!token)
            return std::nullopt;
    }
    if (text.size() != 1 || text[0] != separator || !token)
        return std::nullopt;
    return BearerMessage{std::move(gs2->as), std::move(*token)};
}

std::optional<BearerMessage> parse_xoauth2(std::string_view text)
{
    const auto user = take_pair(text);
    const auto auth = user ? take_pair(text) : std::nullopt;
    if (!auth || user->key != "user" || auth->key != "auth" || text.size() != 1 ||
        text[0] != separator || user->value.size() > Limits::user_bytes || !is_utf8(user->value))
        return std::nullopt;
    auto token = token_in(auth->value);
    if (!token)
        return std::nullopt;
    return BearerMessage{std::string(user->value), std::move(*token)};
}

} // namespace posthouse::sasl
