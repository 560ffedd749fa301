// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "sasl/dialogue.hpp"

#include <optional>

namespace posthouse::clerk {

/// Who looks at bearer tokens.
class Tokens {
public:
    virtual ~Tokens() = default;
    /// Nothing: it could not be found out at present.
    virtual Task<std::optional<sasl::TokenVerdict>> judge(Secret token) = 0;
};

} // namespace posthouse::clerk
