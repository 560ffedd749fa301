// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "sources/hash_parts.hpp"

#include <algorithm>
#include <crypt.h>
#include <memory>

namespace posthouse::sources {
namespace {

constexpr std::string_view digits64 =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::optional<std::uint64_t> digit64(std::string_view text, std::size_t at)
{
    const auto value = at < text.size() ? digits64.find(text[at]) : std::string_view::npos;
    return value == std::string_view::npos ? std::nullopt : std::optional<std::uint64_t>(value);
}

/// Five digits of six bits, the least first.
std::optional<std::uint64_t> number64(std::string_view text, std::size_t at)
{
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        const auto digit = digit64(text, at + i);
        if (!digit)
            return std::nullopt;
        number |= *digit << (6 * i);
    }
    return number;
}

HashAnswer within(std::optional<std::uint64_t> value, std::uint64_t most)
{
    if (!value)
        return HashAnswer::malformed;
    return *value <= most ? HashAnswer::right : HashAnswer::too_costly;
}

/// "rounds=N$" of SHA-crypt, where it is there.
HashAnswer sha_cost(std::string_view setting)
{
    constexpr std::string_view name = "rounds=";
    const auto rest = setting.substr(3);
    if (!rest.starts_with(name))
        return HashAnswer::right;
    const auto end = rest.find('$');
    if (end == std::string_view::npos)
        return HashAnswer::malformed;
    return within(parse_number(rest.substr(name.size(), end - name.size())), HashLimits::rounds);
}

/// "$2y$05$…"
HashAnswer bcrypt_cost(std::string_view setting)
{
    if (setting.size() != 60 || setting[3] != '$' || setting[6] != '$')
        return HashAnswer::malformed;
    return within(parse_number(setting.substr(4, 2)), HashLimits::bcrypt_cost);
}

/// "$y$j9T$…": flags, the logarithm of N, and r, a digit each in every form that is in use. Others
/// can ask for anything, and are refused.
HashAnswer yescrypt_cost(std::string_view parameters)
{
    constexpr std::uint64_t one_digit = 47; // greater ones begin a longer number
    const auto flags = digit64(parameters, 0), power = digit64(parameters, 1),
               blocks = digit64(parameters, 2);
    if (!flags || !power || !blocks)
        return HashAnswer::malformed;
    if (parameters.size() < 4 || parameters[3] != '$' || *flags > one_digit || *power > one_digit ||
        *blocks > one_digit || *power + 1 > 24)
        return HashAnswer::too_costly;
    return within(128 * (*blocks + 1) << (*power + 1), HashLimits::memory_bytes);
}

/// "$7$CU..../....": the logarithm of N, r and p.
HashAnswer scrypt_cost(std::string_view parameters)
{
    const auto power = digit64(parameters, 0), blocks = number64(parameters, 1),
               lanes = number64(parameters, 6);
    if (!power || !blocks || !lanes || *blocks == 0 || *lanes == 0)
        return HashAnswer::malformed;
    if (*power > 24 || *blocks > 1024 || *lanes > 16)
        return HashAnswer::too_costly;
    return within(128 * *blocks * *lanes << *power, HashLimits::memory_bytes);
}

/// right: it may be computed.
HashAnswer cost_of(std::string_view setting)
{
    if (setting.starts_with("$1$"))
        return HashAnswer::right;
    if (setting.starts_with("$5$") || setting.starts_with("$6$"))
        return sha_cost(setting);
    if (setting.starts_with("$2a$") || setting.starts_with("$2b$") || setting.starts_with("$2y$"))
        return bcrypt_cost(setting);
    if (setting.starts_with("$y$"))
        return yescrypt_cost(setting.substr(3));
    if (setting.starts_with("$gy$"))
        return yescrypt_cost(setting.substr(4));
    if (setting.starts_with("$7$"))
        return scrypt_cost(setting.substr(3));
    const bool oldest = setting.size() == 13 &&
                        std::ranges::all_of(setting, [](char c) { return digits64.contains(c); });
    return oldest ? HashAnswer::right : HashAnswer::unknown_scheme;
}

} // namespace

bool looks_like_crypt(std::string_view text)
{
    static constexpr std::string_view prefixes[] = {"$1$",  "$5$", "$6$",  "$2a$", "$2b$",
                                                    "$2y$", "$y$", "$gy$", "$7$"};
    return std::ranges::any_of(prefixes,
                               [&](std::string_view prefix) { return text.starts_with(prefix); });
}

HashAnswer verify_crypt(const Secret& password, std::string_view setting)
{
    if (setting.starts_with("$argon2"))
        return verify_argon2(password, setting);
    if (const auto cost = cost_of(setting); cost != HashAnswer::right)
        return cost;
    if (password.reveal().size() > CRYPT_MAX_PASSPHRASE_SIZE - 1)
        return HashAnswer::wrong;
    const std::unique_ptr<crypt_data, void (*)(crypt_data*)> space(
        new crypt_data{}, [](crypt_data* data) {
            ::explicit_bzero(data, sizeof *data);
            delete data; // NOLINT: 32 KiB that a thread's stack should not hold
        });
    const std::string text(setting);
    // A Secret's text ends with a zero byte: it is a string's.
    const char* made = ::crypt_r(password.reveal().data(), text.c_str(), space.get());
    if (made == nullptr || *made == '*')
        return HashAnswer::malformed;
    return same_bytes(made, setting) ? HashAnswer::right : HashAnswer::wrong;
}

} // namespace posthouse::sources
