// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.3.7
Task<Reply> carry_out(Dialogue& dialogue, const command::Subscribe& command)
{
    auto done = co_await dialogue.backend->subscribe(command.mailbox.text);
    if (done)
        subscribed_to(dialogue, command.mailbox.text, Subscribed::yes);
    co_return done ? Reply::ok() : reply_to(done.error());
}

/// RFC 9051 §6.3.8
Task<Reply> carry_out(Dialogue& dialogue, const command::Unsubscribe& command)
{
    auto done = co_await dialogue.backend->unsubscribe(command.mailbox.text);
    if (done)
        subscribed_to(dialogue, command.mailbox.text, Subscribed::no);
    co_return done ? Reply::ok() : reply_to(done.error());
}

} // namespace posthouse::imap
