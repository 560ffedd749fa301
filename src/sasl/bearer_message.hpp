// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sasl {

struct BearerMessage {
    std::string as; // whom the client wants to be; empty: whoever the token says
    Secret token;
};
/// RFC 7628 §3.1.
std::optional<BearerMessage> parse_oauthbearer(std::string_view);
/// "user=" name ^A "auth=Bearer " token ^A ^A
std::optional<BearerMessage> parse_xoauth2(std::string_view);

} // namespace posthouse::sasl
