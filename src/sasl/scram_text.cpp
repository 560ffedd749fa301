// SPDX-License-Identifier: Apache-2.0
#include "sasl/scram_text.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"

#include <fmt/format.h>
#include <limits>
#include <utility>

namespace posthouse::sasl {
namespace {

constexpr std::string_view sha_1 = "SCRAM-SHA-1", sha_256 = "SCRAM-SHA-256";

/// Consumes what stands before `end`, and that.
std::optional<std::string_view> take(std::string_view& text, char end)
{
    const auto at = text.find(end);
    if (at == text.npos)
        return std::nullopt;
    return std::exchange(text, text.substr(at + 1)).substr(0, at);
}

} // namespace

std::string scram_text(const ScramKeys& keys)
{
    return fmt::format("{}${}:{}${}:{}", keys.hash == ScramHash::sha_1 ? sha_1 : sha_256,
                       keys.iterations, mail::base64(keys.salt), mail::base64(keys.stored_key),
                       mail::base64(keys.server_key));
}

std::optional<ScramKeys> parse_scram_text(std::string_view text)
{
    const auto name = take(text, '$');
    const auto count = name ? take(text, ':') : std::nullopt;
    const auto salt_text = count ? take(text, '$') : std::nullopt;
    const auto stored_text = salt_text ? take(text, ':') : std::nullopt;
    if (!stored_text || (*name != sha_1 && *name != sha_256))
        return std::nullopt;
    const auto iterations = parse_number(*count);
    auto salt = mail::decode_base64(*salt_text);
    auto stored = mail::decode_base64(*stored_text);
    auto server = mail::decode_base64(text);
    if (!iterations || *iterations > ScramKeys::most_iterations || !salt || !stored || !server)
        return std::nullopt;
    ScramKeys keys{.hash = *name == sha_1 ? ScramHash::sha_1 : ScramHash::sha_256,
                   .iterations = static_cast<std::uint32_t>(*iterations),
                   .salt = std::move(*salt),
                   .stored_key = std::move(*stored),
                   .server_key = std::move(*server)};
    return is_sound(keys) ? std::optional(std::move(keys)) : std::nullopt;
}

} // namespace posthouse::sasl
