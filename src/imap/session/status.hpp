// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

#include <vector>

namespace posthouse::imap {

/// A STATUS response: RFC 9051 §7.3.4. The mailbox's status must be known.
void say_status(Dialogue&, const Mailbox&, const std::vector<command::StatusItem>&);

} // namespace posthouse::imap
