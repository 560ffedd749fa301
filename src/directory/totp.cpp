// SPDX-License-Identifier: Apache-2.0
#include "directory/totp.hpp"

#include "base/text.hpp"
#include "sasl/digest.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::directory {
namespace {

constexpr auto step_length = std::chrono::seconds(30);
constexpr std::size_t secret_bytes = 20; // RFC 4226 §4, R6: 160 bits

} // namespace

std::string make_totp_secret(Random& random)
{
    std::string secret;
    while (secret.size() < secret_bytes)
        append_u64(secret, random.next());
    secret.resize(secret_bytes);
    return secret;
}

std::string totp_code(std::string_view secret, std::uint64_t step)
{
    std::string counter;
    append_u64(counter, step);
    const auto mac = sasl::hmac(sasl::ScramHash::sha_1, secret, counter);
    const auto byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(mac[at]));
    };
    const auto at = byte(mac.size() - 1) & 0xf;
    const auto number =
        (byte(at) & 0x7f) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    return fmt::format("{:06}", number % 1'000'000);
}

std::uint64_t totp_step(Timestamp at)
{
    return static_cast<std::uint64_t>(at.time_since_epoch() / step_length);
}

std::optional<std::uint64_t> find_totp_step(std::string_view secret, std::string_view code,
                                            Timestamp now)
{
    std::optional<std::uint64_t> found;
    const auto middle = totp_step(now);
    for (const auto step : {middle - 1, middle, middle + 1})
        if (sasl::equal_in_constant_time(totp_code(secret, step), code))
            found = step;
    return secret.empty() ? std::nullopt : found;
}

std::string base32_text(std::string_view bytes)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : bytes) {
        held = held << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5)
            text += alphabet[held >> (bits - 5) & 31];
    }
    if (bits > 0)
        text += alphabet[held << (5 - bits) & 31];
    return text;
}

std::string totp_uri(std::string_view secret, std::string_view address)
{
    std::string label;
    for (const char c : address) {
        if (is_alpha(c) || is_digit(c) || std::string_view("-._~@").contains(c))
            label += c;
        else
            label += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return fmt::format("otpauth://totp/{}?secret={}&issuer=Posthouse", label, base32_text(secret));
}

std::optional<PasswordAndCode> split_totp(const Secret& given)
{
    const auto text = given.reveal();
    if (text.size() <= totp_digits)
        return std::nullopt;
    const auto code = text.substr(text.size() - totp_digits);
    if (!std::ranges::all_of(code, is_digit))
        return std::nullopt;
    return PasswordAndCode{Secret(std::string(text.substr(0, text.size() - totp_digits))),
                           std::string(code)};
}

} // namespace posthouse::directory
