// SPDX-License-Identifier: Apache-2.0
#include "imap/session/status.hpp"

#include "imap/session/commands.hpp"
#include "imap/session/written.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace posthouse::imap {

namespace {

using command::StatusItem;

void append_item(std::string& to, const Mailbox& mailbox, StatusItem item, std::uint64_t most)
{
    const auto& status = *mailbox.status;
    auto end = std::back_inserter(to);
    switch (item) {
    case StatusItem::messages:
        fmt::format_to(end, "MESSAGES {}", status.messages);
        break;
    case StatusItem::recent:
        fmt::format_to(end, "RECENT {}", status.recent);
        break;
    case StatusItem::uid_next:
        fmt::format_to(end, "UIDNEXT {}", status.uid_next);
        break;
    case StatusItem::uid_validity:
        fmt::format_to(end, "UIDVALIDITY {}", status.uid_validity);
        break;
    case StatusItem::unseen:
        fmt::format_to(end, "UNSEEN {}", status.unseen);
        break;
    case StatusItem::deleted:
        fmt::format_to(end, "DELETED {}", status.deleted);
        break;
    case StatusItem::size:
        fmt::format_to(end, "SIZE {}", status.size);
        break;
    case StatusItem::highest_mod_seq:
        fmt::format_to(end, "HIGHESTMODSEQ {}", status.highest_modseq);
        break;
    case StatusItem::mailbox_id:
        fmt::format_to(end, "MAILBOXID ({})", mailbox.id);
        break;
    case StatusItem::append_limit:
        fmt::format_to(end, "APPENDLIMIT {}", most);
        break;
    case StatusItem::deleted_storage:
        fmt::format_to(end, "DELETED-STORAGE {}", (status.deleted_size + 1023) / 1024);
        break;
    }
}

} // namespace

void say_status(Dialogue& dialogue, const Mailbox& mailbox, const std::vector<StatusItem>& items)
{
    auto& to = dialogue.out.text();
    to += "* STATUS ";
    append_mailbox(to, mailbox.name, dialogue);
    to += " (";
    for (const auto item : items) {
        append_item(to, mailbox, item, dialogue.append_limit());
        to += ' ';
    }
    if (!items.empty())
        to.pop_back();
    to += ")\r\n";
}

/// RFC 9051 §6.3.11
Task<Reply> carry_out(Dialogue& dialogue, const command::Status& command)
{
    // RFC 7162 §3.1
    if (std::ranges::find(command.items, StatusItem::highest_mod_seq) != command.items.end())
        dialogue.follow_modseqs();
    auto mailbox = co_await dialogue.backend->status(command.mailbox.text);
    if (!mailbox)
        co_return reply_to(mailbox.error());
    if (!mailbox->selectable)
        co_return reply_to(Trouble::nonexistent);
    if (!mailbox->status) // It may be seen, and not read: RFC 4314 §4.
        co_return reply_to(mailbox->rights.contains('l') ? Trouble::no_permission
                                                         : Trouble::nonexistent);
    say_status(dialogue, *mailbox, command.items);
    co_return Reply::ok();
}

} // namespace posthouse::imap
