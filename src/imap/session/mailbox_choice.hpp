// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/backend.hpp"
#include "imap/mailbox_filter.hpp"

#include <string_view>
#include <vector>

namespace posthouse::imap {

/// Does a filter choose the mailbox? RFC 5465 §6, RFC 7377 §2.2
bool chooses(const MailboxFilter&, const Mailbox&, std::string_view selected);

/// Those that can be selected and that any of the filters chooses.
std::vector<Mailbox> choose(const std::vector<Mailbox>&, const std::vector<MailboxFilter>&,
                            std::string_view selected);

} // namespace posthouse::imap
