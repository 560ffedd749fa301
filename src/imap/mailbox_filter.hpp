// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/mailbox_name.hpp"

#include <cstdint>
#include <vector>

namespace posthouse::imap {

/// Which mailboxes NOTIFY watches (RFC 5465 §6) or ESEARCH searches (RFC 7377 §2.2).
struct MailboxFilter {
    enum class Kind : std::uint8_t {
        selected,
        selected_delayed, ///< NOTIFY alone
        inboxes,
        personal,
        subscribed,
        subtree,
        subtree_one, ///< ESEARCH alone: the mailbox and its children
        mailboxes,
    };
    Kind kind = Kind::selected;
    std::vector<MailboxName> names; ///< Of the last three kinds.
    bool operator==(const MailboxFilter&) const = default;
};

} // namespace posthouse::imap
