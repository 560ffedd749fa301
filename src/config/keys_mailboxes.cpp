// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"mailboxes.quota", Type::size, "0",
        "What all mailboxes of an account may hold together; 0: no limit. A full account is "
        "refused at RCPT.",
        0, 1024 * 1024 * GiB},
    Key{"mailboxes.quota_messages", Type::integer, "0",
        "How many messages an account may hold; 0: no limit.", 0, 1'000'000'000},
    Key{"mailboxes.index_memory", Type::size, "\"256MiB\"",
        "Memory for the lists of mailboxes that are in use; those not used for longest go first.",
        MiB, 1024 * GiB},
    Key{"mailboxes.folder[].name", Type::text, "",
        "A mailbox that every account has from its first login on, such as `\"Sent\"`. One table "
        "of this kind takes the place of the built-in Sent, Drafts, Trash, Junk and Archive."},
    Key{"mailboxes.folder[].special_use", Type::choice, "\"none\"",
        "What clients are to use it for (RFC 6154).", 0, 0,
        "none sent drafts trash junk archive flagged all"},
    Key{"mailboxes.folder[].expire_after", Type::duration, "\"0s\"",
        "Messages go when they have been in it for so long; 0s: never.", 0, 3650 * day},
};

} // namespace

std::span<const Key> mailboxes_keys()
{
    return table;
}

} // namespace posthouse::config
