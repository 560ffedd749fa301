// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/scram_keys.hpp"
#include "sources/hashes.hpp"

#include <optional>
#include <vector>

namespace posthouse::sources {

/// Dovecot's "{SCRAM-SHA-256}4096,salt,stored key,server key": `scheme` without the braces.
std::optional<sasl::ScramKeys> parse_scram(std::string_view scheme, std::string_view value);
HashAnswer verify_scram(const Secret& password, std::string_view scheme, std::string_view value);

/// What SCRAM can be done with, out of a stored value: its keys, or keys made of the password
/// itself with this salt. Else none.
std::vector<sasl::ScramKeys> scram_keys_of(std::string_view stored, Bare, std::string_view salt);

} // namespace posthouse::sources
