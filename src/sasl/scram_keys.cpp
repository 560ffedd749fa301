// SPDX-License-Identifier: Apache-2.0
#include "sasl/scram_keys.hpp"

#include "base/text.hpp"
#include "sasl/digest.hpp"

#include <algorithm>
#include <cstring>
#include <gsasl.h>
#include <utility>

namespace posthouse::sasl {
namespace {

void wipe(std::string& text)
{
    ::explicit_bzero(text.data(), text.size());
}

} // namespace

bool is_sound(const ScramKeys& keys)
{
    const auto bytes = digest_bytes(keys.hash);
    return keys.iterations >= ScramKeys::least_iterations &&
           keys.iterations <= ScramKeys::most_iterations && !keys.salt.empty() &&
           keys.salt.size() <= ScramKeys::most_salt_bytes && keys.stored_key.size() == bytes &&
           keys.server_key.size() == bytes;
}

std::optional<ScramKeys> make_scram_keys(const Secret& password, ScramHash hash, std::string salt,
                                         std::uint32_t iterations)
{
    auto prepared = saslprep(password.reveal());
    if (!prepared || prepared->empty())
        return std::nullopt;
    auto salted = pbkdf2(hash, *prepared, salt, iterations);
    auto client_key = hmac(hash, salted, "Client Key");
    ScramKeys keys{.hash = hash,
                   .iterations = iterations,
                   .salt = std::move(salt),
                   .stored_key = digest(hash, client_key),
                   .server_key = hmac(hash, salted, "Server Key")};
    wipe(*prepared);
    wipe(salted);
    wipe(client_key);
    return keys;
}

bool verify_by_scram(const Secret& password, const ScramKeys& keys)
{
    const auto made = make_scram_keys(password, keys.hash, keys.salt, keys.iterations);
    return made && is_sound(keys) && equal_in_constant_time(made->stored_key, keys.stored_key);
}

std::optional<std::string> saslprep(std::string_view text)
{
    const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (plain)
        return std::string(text);
    if (text.contains('\0') || !is_utf8(text))
        return std::nullopt;
    std::string input(text);
    char* output = nullptr;
    const int result = gsasl_saslprep(input.c_str(), GSASL_ALLOW_UNASSIGNED, &output, nullptr);
    wipe(input);
    if (result != GSASL_OK || output == nullptr)
        return std::nullopt;
    std::string prepared(output);
    ::explicit_bzero(output, prepared.size());
    gsasl_free(output);
    return prepared;
}

} // namespace posthouse::sasl
