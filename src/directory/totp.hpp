// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// One-time passwords by the clock: RFC 6238, with SHA-1, six digits and 30 seconds, since that is
/// what every authenticator has.
namespace posthouse::directory {

inline constexpr std::size_t totp_digits = 6;

std::string make_totp_secret(Random&); // 20 bytes
/// RFC 4226 §5.3.
std::string totp_code(std::string_view secret, std::uint64_t step);
std::uint64_t totp_step(Timestamp);
/// The step whose code this is: now, the one before or the one after. RFC 6238 §5.2: a step counts
/// once, which is for the caller to see to.
std::optional<std::uint64_t> find_totp_step(std::string_view secret, std::string_view code,
                                            Timestamp now);
/// What authenticators take, as a QR code or by hand.
std::string totp_uri(std::string_view secret, std::string_view address);
/// RFC 4648 §6, without padding.
std::string base32_text(std::string_view bytes);

/// A password with the code behind it, taken apart.
struct PasswordAndCode {
    Secret password;
    std::string code;
};
std::optional<PasswordAndCode> split_totp(const Secret&);

} // namespace posthouse::directory
