// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/scram_keys.hpp"

#include <string>
#include <string_view>

/// The hashes that mechanisms and tokens are made of, by OpenSSL.
namespace posthouse::sasl {

std::size_t digest_bytes(ScramHash);
std::string digest(ScramHash, std::string_view bytes);
/// RFC 2104.
std::string hmac(ScramHash, std::string_view key, std::string_view bytes);
/// RFC 8018 §5.2, as long as one digest.
std::string pbkdf2(ScramHash, std::string_view password, std::string_view salt,
                   std::uint32_t iterations);
/// Takes as long whatever differs.
bool equal_in_constant_time(std::string_view, std::string_view);

} // namespace posthouse::sasl
