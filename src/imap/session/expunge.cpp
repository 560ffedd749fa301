// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

/// RFC 9051 §6.4.3; UID EXPUNGE §6.4.9
Task<Reply> carry_out(Dialogue& dialogue, const command::Expunge& command)
{
    auto& selected = *dialogue.selected;
    if (!selected.may_store())
        co_return Reply::no({}, "Mailbox is read-only");
    std::optional<mail::UidSet> among;
    if (command.uids) {
        among = dialogue.uids_meant(Numbering::uid, *command.uids);
        if (among->empty())
            co_return Reply::ok();
    }
    auto gone = co_await dialogue.backend->expunge(selected.handle, std::move(among));
    if (!gone)
        co_return reply_to(gone.error());
    selected.view.vanish(*gone);
    selected.saved = selected.saved.without(*gone);
    co_await dialogue.tell_news(Expunges::told);
    if (!dialogue.enabled.condstore || gone->empty())
        co_return Reply::ok();
    // RFC 7162 §3.2.7: so that the client need not ask what it was told.
    co_await dialogue.bring_forward(Expunges::told);
    co_return Reply::ok(fmt::format("HIGHESTMODSEQ {}", selected.view.highest_modseq()));
}

} // namespace posthouse::imap
