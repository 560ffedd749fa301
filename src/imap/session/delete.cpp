// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.3.5
Task<Reply> carry_out(Dialogue& dialogue, const command::Delete& command)
{
    if (command.mailbox.text == "INBOX")
        co_return Reply::no("CANNOT", "INBOX cannot be deleted");
    // Whoever deletes what is selected is left without: as other servers do it.
    if (dialogue.selected && dialogue.selected->name == command.mailbox.text) {
        dialogue.leave();
        dialogue.say("OK [CLOSED] The mailbox is to be deleted");
    }
    auto done = co_await dialogue.backend->remove(command.mailbox.text);
    if (done)
        removed_mailbox(dialogue, command.mailbox.text);
    co_return done ? Reply::ok() : reply_to(done.error());
}

} // namespace posthouse::imap
