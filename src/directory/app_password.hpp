// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>

/// App passwords have 125 random bits, so that a fast hash is enough: nobody guesses them.
namespace posthouse::directory {

/// "k7mz2-9q4xt-…": 25 characters of Crockford's base 32 in groups of five.
Secret make_app_password(Random&);
/// Without spaces and hyphens, in lower case: however it was typed. Empty: it cannot be one.
Secret plain_app_password(const Secret&);
/// What is kept of it, by the account's salt (16 bytes or more).
std::string app_password_digest(const Secret&, std::string_view salt);
/// Constant time.
bool fits_app_password(const Secret&, std::string_view salt, std::string_view digest);

} // namespace posthouse::directory
