// SPDX-License-Identifier: Apache-2.0
#include "mail/sasl_response.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::mail {
namespace {

std::optional<Secret> decoded(std::string_view text)
{
    auto bytes = decode_base64(text);
    if (!bytes)
        return std::nullopt;
    Secret secret(*bytes);
    ::explicit_bzero(bytes->data(), bytes->size());
    return secret;
}

} // namespace

std::expected<Secret, SaslFault> parse_sasl_response(std::string_view line)
{
    if (line == "*")
        return std::unexpected(SaslFault::cancelled);
    if (auto response = decoded(line))
        return std::move(*response);
    return std::unexpected(SaslFault::malformed);
}

std::optional<Secret> parse_initial_sasl_response(std::string_view word)
{
    if (word == "=")
        return Secret();
    if (word.empty())
        return std::nullopt;
    return decoded(word);
}

bool is_sasl_mechanism(std::string_view name)
{
    return !name.empty() && name.size() <= 20 && std::ranges::all_of(name, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
    });
}

} // namespace posthouse::mail
