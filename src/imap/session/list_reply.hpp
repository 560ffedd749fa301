// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/list_match.hpp"
#include "imap/session/dialogue.hpp"

#include <string_view>
#include <vector>

namespace posthouse::imap {

/// What list_rows() takes; index by index.
std::vector<ListedMailbox> listed(const std::vector<Mailbox>&);
/// A LIST or LSUB response: RFC 9051 §7.3.1.
void say_list(Dialogue&, const ListRow&, std::string_view response);

} // namespace posthouse::imap
