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
    Key{"mailboxes.text_index", Type::boolean, "true",
        "An index of letters' texts for each account in which somebody searches them (BODY, TEXT), "
        "so that such searches open few letters."},
    Key{"mailboxes.undelete", Type::duration, "\"0s\"",
        "How long what was expunged can be brought back (`posthouse mailbox undelete`); 0s: not at "
        "all. It takes room in the store until then, but none of the account's quota: where it "
        "would, the oldest goes first.",
        0, 3650 * day},
    Key{"mailboxes.sharing", Type::boolean, "true",
        "People may open mailboxes of theirs to others (IMAP's access lists, RFC 4314)."},
    Key{"mailboxes.domain[].name", Type::domain, "",
        "A domain of ours whose accounts have a quota of their own."},
    Key{"mailboxes.domain[].quota", Type::size, "",
        "What each of its accounts may hold, in place of `mailboxes.quota`; 0: no limit. "
        "`posthouse user quota` sets another for one account.",
        0, 1024 * 1024 * GiB},
    Key{"mailboxes.domain[].quota_messages", Type::integer, "",
        "How many messages each of them may hold, in place of `mailboxes.quota_messages`; 0: no "
        "limit.",
        0, 1'000'000'000},
    Key{"mailboxes.domain[].total", Type::size, "0",
        "What all accounts of the domain may hold together; 0: no limit.", 0, 1024 * 1024 * GiB},
    Key{"mailboxes.domain[].total_messages", Type::integer, "0",
        "How many messages they may hold together; 0: no limit.", 0, 1'000'000'000'000},
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
