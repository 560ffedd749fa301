// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/gs2.hpp"

#include <optional>
#include <string>
#include <string_view>

/// SCRAM's messages from the client: RFC 5802 §7.
namespace posthouse::sasl {

struct ScramClientFirst {
    Gs2Header gs2;
    std::string gs2_text; // as it came
    std::string user, nonce;
};
/// Extensions that are not mandatory are passed over.
std::optional<ScramClientFirst> parse_client_first(std::string_view);

struct ScramClientFinal {
    std::string binding; // decoded: the GS2 header, and the channel's data
    std::string nonce;
    std::string proof; // decoded
    std::string_view without_proof;
};
std::optional<ScramClientFinal> parse_client_final(std::string_view);

/// Printable ASCII without a comma, and not too long.
bool is_scram_nonce(std::string_view);

} // namespace posthouse::sasl
