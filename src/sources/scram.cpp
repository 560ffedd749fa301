// SPDX-License-Identifier: Apache-2.0
#include "sources/scram.hpp"

#include "base/text.hpp"
#include "sources/hash_parts.hpp"

#include <array>

namespace posthouse::sources {
namespace {

std::optional<sasl::ScramHash> hash_named(std::string_view scheme)
{
    if (scheme == "SCRAM-SHA-256")
        return sasl::ScramHash::sha_256;
    if (scheme == "SCRAM-SHA-1")
        return sasl::ScramHash::sha_1;
    return std::nullopt;
}

bool is_plain(const SchemedHash& hash, Bare bare)
{
    if (hash.scheme.empty())
        return bare == Bare::plain && !looks_like_crypt(hash.value);
    return hash.encoding.empty() &&
           (hash.scheme == "PLAIN" || hash.scheme == "CLEARTEXT" || hash.scheme == "CLEAR");
}

} // namespace

std::optional<sasl::ScramKeys> parse_scram(std::string_view scheme, std::string_view value)
{
    const auto hash = hash_named(scheme);
    if (!hash)
        return std::nullopt;
    std::array<std::string_view, 4> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto end = value.find(',');
        if ((end == std::string_view::npos) != (i == parts.size() - 1))
            return std::nullopt;
        parts[i] = value.substr(0, end);
        value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    }
    const auto iterations = parse_number(parts[0]);
    auto salt = decode_loose_base64(parts[1]), stored = decode_loose_base64(parts[2]),
         server = decode_loose_base64(parts[3]);
    if (!iterations || *iterations > sasl::ScramKeys::most_iterations || !salt || !stored ||
        !server)
        return std::nullopt;
    sasl::ScramKeys keys{.hash = *hash,
                         .iterations = static_cast<std::uint32_t>(*iterations),
                         .salt = std::move(*salt),
                         .stored_key = std::move(*stored),
                         .server_key = std::move(*server)};
    if (!sasl::is_sound(keys))
        return std::nullopt;
    return keys;
}

HashAnswer verify_scram(const Secret& password, std::string_view scheme, std::string_view value)
{
    if (!hash_named(scheme))
        return HashAnswer::unknown_scheme;
    const auto keys = parse_scram(scheme, value);
    if (!keys)
        return HashAnswer::malformed;
    if (keys->iterations > HashLimits::rounds)
        return HashAnswer::too_costly;
    const auto made = sasl::make_scram_keys(password, keys->hash, keys->salt, keys->iterations);
    return made && same_bytes(made->stored_key, keys->stored_key) ? HashAnswer::right
                                                                  : HashAnswer::wrong;
}

std::vector<sasl::ScramKeys> scram_keys_of(std::string_view stored, Bare bare,
                                           std::string_view salt)
{
    std::vector<sasl::ScramKeys> keys;
    const auto hash = split_scheme(stored);
    if (auto kept = parse_scram(hash.scheme, hash.value)) {
        keys.push_back(std::move(*kept));
    } else if (is_plain(hash, bare)) {
        const Secret password{std::string(hash.value)};
        for (const auto kind : {sasl::ScramHash::sha_256, sasl::ScramHash::sha_1})
            if (auto made = sasl::make_scram_keys(password, kind, std::string(salt),
                                                  sasl::ScramKeys::least_iterations))
                keys.push_back(std::move(*made));
    }
    return keys;
}

} // namespace posthouse::sources
