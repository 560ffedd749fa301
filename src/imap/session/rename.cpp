// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.3.6
Task<Reply> carry_out(Dialogue& dialogue, const command::Rename& command)
{
    if (const auto fault = new_name_fault(command.to.text))
        co_return Reply::no("CANNOT", std::string(*fault));
    auto done = co_await dialogue.backend->rename(command.from.text, command.to.text);
    if (!done)
        co_return reply_to(done.error());
    renamed_mailbox(dialogue, command.from.text, command.to.text);
    if (!dialogue.selected || command.from.text == "INBOX")
        co_return Reply::ok();
    auto& name = dialogue.selected->name; // It goes on under its new name.
    if (name == command.from.text || name.starts_with(command.from.text + '/'))
        name.replace(0, command.from.text.size(), command.to.text);
    co_return Reply::ok();
}

} // namespace posthouse::imap
