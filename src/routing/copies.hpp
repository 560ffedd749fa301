// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"

#include <string>
#include <vector>

namespace posthouse::routing {

/// A copy that the table of copies asks for: by sender, or by recipient.
struct Copy {
    mail::Mailbox to;
    std::size_t cause = 0; // the recipient's index; 0 for the sender's
    std::string rule;      // "copies:3"
};
/// Keys: `sender:` or `recipient:`, and an address or @domain; both count.
std::vector<Copy> copies_of(const Question&, const Tables&);

} // namespace posthouse::routing
