// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "sasl/dialogue.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace posthouse::clerk {

/// Who has the service's Kerberos keys.
class Acceptor {
public:
    struct Response {
        std::uint64_t dialogue = 0; ///< Which one it belongs to: a number of its own.
        std::string service;        ///< imap, pop, smtp
        std::string data;
    };

    virtual ~Acceptor() = default;
    /// Nothing: there is no answer at present.
    virtual Task<std::optional<sasl::AcceptorStep>> take(Response) = 0;
};

} // namespace posthouse::clerk
