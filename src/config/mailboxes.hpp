// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::config {

/// A mailbox that every account has: made at its first login.
struct StandardFolder {
    std::string name;
    std::string special_use; ///< "\\Sent": RFC 6154; or empty
    std::chrono::milliseconds expire_after = std::chrono::milliseconds(0); ///< 0: never
    bool operator==(const StandardFolder&) const = default;
};

/// What the accounts of a domain may hold; 0: no limit.
struct DomainQuota {
    std::string name;
    std::uint64_t quota_bytes = 0, quota_messages = 0; ///< Each of them, unless its own says else
    std::uint64_t total_bytes = 0, total_messages = 0; ///< All of them together
    bool operator==(const DomainQuota&) const = default;
};

/// What people's mailboxes may hold, and what they begin with.
struct Mailboxes {
    std::uint64_t quota_bytes = 0;    ///< Of an account; 0: no limit
    std::uint64_t quota_messages = 0; ///< likewise
    std::vector<StandardFolder> folders = {{"Sent", "\\Sent"},
                                           {"Drafts", "\\Drafts"},
                                           {"Trash", "\\Trash"},
                                           {"Junk", "\\Junk"},
                                           {"Archive", "\\Archive"}};
    std::uint64_t index_memory = 256 << 20; ///< What entries of mailboxes may take in the keeper
    std::vector<DomainQuota> domains = {};
    /// How long what was expunged can be brought back; 0: not at all
    std::chrono::milliseconds undelete = std::chrono::milliseconds(0);
    bool text_index = true; ///< An index of letters' texts
    bool sharing = true;    ///< People may open their mailboxes to others
    bool operator==(const Mailboxes&) const = default;
};

} // namespace posthouse::config
