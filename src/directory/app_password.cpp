// SPDX-License-Identifier: Apache-2.0
#include "directory/app_password.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <sodium.h>

namespace posthouse::directory {
namespace {

constexpr std::size_t characters = 25, group = 5;
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

} // namespace

Secret make_app_password(Random& random)
{
    std::string text;
    for (std::size_t i = 0; i < characters; ++i) {
        if (i != 0 && i % group == 0)
            text += '-';
        text += alphabet[random.below(alphabet.size())];
    }
    return Secret(std::move(text));
}

Secret plain_app_password(const Secret& typed)
{
    std::string text;
    text.reserve(characters + 1); // Never moved: no copy stays behind.
    for (const char c : typed.reveal()) {
        if (c == '-' || c == ' ')
            continue;
        if (text.size() == characters || !alphabet.contains(to_lower(c))) {
            const Secret wiped(std::move(text));
            return {};
        }
        text += to_lower(c);
    }
    Secret plain(std::move(text));
    return plain.reveal().size() == characters ? plain : Secret();
}

std::string app_password_digest(const Secret& password, std::string_view salt)
{
    expects(salt.size() >= crypto_generichash_KEYBYTES_MIN &&
            salt.size() <= crypto_generichash_KEYBYTES_MAX);
    const auto plain = plain_app_password(password);
    std::string digest(crypto_generichash_BYTES, '\0');
    ::crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                         reinterpret_cast<const unsigned char*>(plain.reveal().data()),
                         plain.reveal().size(), reinterpret_cast<const unsigned char*>(salt.data()),
                         salt.size());
    return digest;
}

bool fits_app_password(const Secret& password, std::string_view salt, std::string_view digest)
{
    if (digest.size() != crypto_generichash_BYTES ||
        salt.size() < crypto_generichash_KEYBYTES_MIN ||
        salt.size() > crypto_generichash_KEYBYTES_MAX || plain_app_password(password).empty())
        return false;
    const auto made = app_password_digest(password, salt);
    return ::sodium_memcmp(made.data(), digest.data(), digest.size()) == 0;
}

} // namespace posthouse::directory
