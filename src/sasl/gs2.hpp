// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sasl {

/// What SCRAM and OAUTHBEARER begin with: RFC 5801 §4.
struct Gs2Header {
    enum class Binding : char {
        none = 'n',        // the client has none
        not_offered = 'y', // the client could, and believes that the server cannot
        used = 'p',
    } binding = Binding::none;
    std::string binding_name = {}; // of `used`
    std::string as = {};           // authzid, decoded
    std::size_t bytes = 0;         // how long it was, with its last comma
};
std::optional<Gs2Header> parse_gs2_header(std::string_view);

/// saslname: "=2C" and "=3D" for comma and equals sign. Nothing: it is none.
std::optional<std::string> decode_saslname(std::string_view);

} // namespace posthouse::sasl
