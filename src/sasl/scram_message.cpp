// SPDX-License-Identifier: Apache-2.0
#include "sasl/scram_message.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"
#include "sasl/dialogue.hpp"

#include <algorithm>

namespace posthouse::sasl {
namespace {

/// Consumes "x=value" and the comma behind it, if the attribute comes next.
std::optional<std::string_view> take_attribute(std::string_view& text, char name)
{
    if (text.size() < 2 || text[0] != name || text[1] != '=')
        return std::nullopt;
    const auto comma = text.find(',');
    const auto value = text.substr(2, comma == text.npos ? text.npos : comma - 2);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    return value;
}

/// attr-val of the extensions: a letter, "=", and something without NUL.
bool are_extensions(std::string_view text)
{
    while (!text.empty()) {
        const char name = text[0];
        const auto value = take_attribute(text, name);
        if (!is_alpha(name) || !value || value->empty() || value->contains('\0') || name == 'm' ||
            !is_utf8(*value))
            return false;
    }
    return true;
}

} // namespace

bool is_scram_nonce(std::string_view text)
{
    return !text.empty() && text.size() <= Limits::nonce_bytes &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

std::optional<ScramClientFirst> parse_client_first(std::string_view text)
{
    auto gs2 = parse_gs2_header(text);
    if (!gs2)
        return std::nullopt;
    ScramClientFirst first{.gs2 = std::move(*gs2), .gs2_text = {}, .user = {}, .nonce = {}};
    first.gs2_text = text.substr(0, first.gs2.bytes);
    text.remove_prefix(first.gs2.bytes);
    // "m=": a mandatory extension, and there is none that we know.
    const auto user = take_attribute(text, 'n');
    const auto nonce = user ? take_attribute(text, 'r') : std::nullopt;
    auto name = user ? decode_saslname(*user) : std::nullopt;
    if (!name || !nonce || !is_scram_nonce(*nonce) || !are_extensions(text))
        return std::nullopt;
    first.user = std::move(*name);
    first.nonce = *nonce;
    return first;
}

std::optional<ScramClientFinal> parse_client_final(std::string_view text)
{
    ScramClientFinal final_message;
    const auto proof_at = text.rfind(",p=");
    if (proof_at == text.npos)
        return std::nullopt;
    final_message.without_proof = text.substr(0, proof_at);
    auto proof = mail::decode_base64(text.substr(proof_at + 3));
    auto rest = final_message.without_proof;
    const auto binding = take_attribute(rest, 'c');
    const auto nonce = binding ? take_attribute(rest, 'r') : std::nullopt;
    auto decoded = binding ? mail::decode_base64(*binding) : std::nullopt;
    // Both nonces together.
    if (!proof || !decoded || !nonce || nonce->size() > 2 * Limits::nonce_bytes ||
        !are_extensions(rest))
        return std::nullopt;
    final_message.proof = std::move(*proof);
    final_message.binding = std::move(*decoded);
    final_message.nonce = *nonce;
    return final_message;
}

} // namespace posthouse::sasl
