// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/scram_keys.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sasl {

/// SCRAM keys as text: "SCRAM-SHA-256$10000:salt$stored-key:server-key", base64 each. RFC 5803.
std::string scram_text(const ScramKeys&);
std::optional<ScramKeys> parse_scram_text(std::string_view);

} // namespace posthouse::sasl
