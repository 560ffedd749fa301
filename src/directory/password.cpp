// SPDX-License-Identifier: Apache-2.0
#include "directory/password.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <array>
#include <sodium.h>

namespace posthouse::directory {

static_assert(verifier_bytes >= crypto_pwhash_STRBYTES);

namespace {

// The greatest cost of a verifier that is looked at.
constexpr std::uint64_t most_kibibytes = 4 * crypto_pwhash_MEMLIMIT_INTERACTIVE / 1024;
constexpr std::uint64_t most_passes = 16;

bool fit(const Secret& password)
{
    return !password.empty() && password.reveal().size() <= password_bytes;
}

/// Consumes `name` and the number behind it.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name)
{
    if (!text.starts_with(name))
        return std::nullopt;
    text.remove_prefix(name.size());
    const auto digits = text.substr(0, text.find_first_of(",$"));
    text.remove_prefix(digits.size());
    return parse_number(digits);
}

} // namespace

bool prepare_passwords()
{
    return ::sodium_init() >= 0;
}

bool is_verifier(std::string_view text)
{
    if (text.size() >= crypto_pwhash_STRBYTES || text.contains('\0'))
        return false;
    const auto version = take_number(text, "$argon2id$v=");
    const auto kibibytes = take_number(text, "$m=");
    const auto passes = take_number(text, ",t=");
    const auto lanes = take_number(text, ",p=");
    return version == 19 && kibibytes && *kibibytes <= most_kibibytes && passes &&
           *passes <= most_passes && lanes == 1;
}

std::optional<std::string> hash_password(const Secret& password, PasswordCost cost)
{
    if (!fit(password))
        return std::nullopt;
    expects(prepare_passwords());
    std::array<char, crypto_pwhash_STRBYTES> verifier{};
    const bool least = cost == PasswordCost::least;
    if (::crypto_pwhash_str(verifier.data(), password.reveal().data(), password.reveal().size(),
                            least ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_INTERACTIVE,
                            least ? crypto_pwhash_MEMLIMIT_MIN
                                  : crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return std::nullopt;
    return std::string(verifier.data());
}

bool verify_password(const Secret& password, std::string_view verifier)
{
    if (!fit(password) || !is_verifier(verifier))
        return false;
    expects(prepare_passwords());
    return ::crypto_pwhash_str_verify(std::string(verifier).c_str(), password.reveal().data(),
                                      password.reveal().size()) == 0;
}

bool verify_decoy(const Secret& password)
{
    // Random bytes where the hash would be: no password is known for it.
    static constexpr std::string_view decoy =
        "$argon2id$v=19$m=65536,t=2,p=1$"
        "uN3p0bEJZ2v5mMZ8cWm4fA$qk1mS0i9W5yJc3rXo2Zb7HnVtUeLdPgA4fKwQjRsT8M";
    (void)verify_password(password, decoy);
    return false;
}

} // namespace posthouse::directory
