// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace posthouse::gate {

/// Who has come in, as far as the connection itself says.
struct Party {
    std::string address;                    // 192.0.2.1, 2001:db8::1; "": through a Unix socket
    std::optional<std::uint32_t> user = {}; // then: of this host
    /// Both ends of the very connection, without a balancer in between; else 0 and nothing.
    std::uint16_t port = 0, our_port = 0;
    std::string our_address = {};

    /// For the log.
    std::string label() const
    {
        return !address.empty() ? address : user ? "user:" + std::to_string(*user) : "local";
    }
};

} // namespace posthouse::gate
