// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace posthouse::routing {

/// Why a recipient is refused: what an error: entry says, or a rule.
struct Failure {
    std::string status;  // RFC 3463
    unsigned code = 550; // SMTP's
    std::string text;    // printable, without either
};

/// A table's "5.1.1 550 text"; what it does not say is as in `otherwise`.
Failure failure_from(std::string_view item, Failure otherwise);

} // namespace posthouse::routing
