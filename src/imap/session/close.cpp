// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.4.1: what is \Deleted goes, and nothing is told.
Task<Reply> carry_out(Dialogue& dialogue, const command::Close&)
{
    if (dialogue.selected->may_store()) {
        auto gone = co_await dialogue.backend->expunge(dialogue.selected->handle, std::nullopt);
        if (!gone && gone.error() != Trouble::no_permission)
            co_return reply_to(gone.error());
    }
    dialogue.leave();
    co_return Reply::ok();
}

/// RFC 9051 §6.4.2
Task<Reply> carry_out(Dialogue& dialogue, const command::Unselect&)
{
    dialogue.leave();
    co_return Reply::ok();
}

} // namespace posthouse::imap
