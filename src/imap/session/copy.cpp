// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

/// COPY: RFC 9051 §6.4.7, MOVE: §6.4.8
Task<Reply> carry_out(Dialogue& dialogue, const command::Copy& command)
{
    auto& selected = *dialogue.selected;
    const bool moving = command.how == command::Transfer::move;
    auto uids = dialogue.uids_meant(command.by, command.messages);
    if (!uids)
        co_return Reply::bad("Invalid messageset");
    if (moving && !selected.may_store())
        co_return Reply::no({}, "Mailbox is read-only");
    const std::string name = moving ? "MOVE completed" : "COPY completed";
    if (uids->empty())
        co_return Reply::ok({}, name);
    auto limited = dialogue.keep_within_limit(*uids);
    if (!limited.empty() && !moving) // All or none: RFC 9738 §3.1
        co_return Reply::no(fmt::format("MESSAGELIMIT {}", dialogue.settings.message_limit),
                            "Too many messages to be copied at one time");
    const auto asked = uids->size();
    auto copied =
        co_await dialogue.backend->copy(selected.handle, std::move(*uids), command.mailbox.text,
                                        moving ? CopyHow::move : CopyHow::copy);
    if (!copied)
        co_return reply_to_destination(copied.error());
    if (command.mailbox.text == selected.name)
        selected.expect(copied->to);
    std::string code;
    if (!copied->from.empty() && !copied->to.empty()) // They may be nobody's business there.
        code = fmt::format("COPYUID {} {} {}", copied->uid_validity, copied->from.text(),
                           copied->to.text());
    if (moving) {
        if (!code.empty())
            dialogue.say(fmt::format("OK [{}] Moved", code));
        selected.view.vanish(copied->from);
        selected.saved = selected.saved.without(copied->from);
        co_await dialogue.tell_news(Expunges::told);
        code.clear();
        if (dialogue.enabled.condstore && !copied->from.empty()) { // RFC 7162 §3.2.8
            co_await dialogue.bring_forward(Expunges::told);
            code = fmt::format("HIGHESTMODSEQ {}", selected.view.highest_modseq());
        }
    }
    if (!limited.empty())
        code = std::move(limited);
    if (command.by == Numbering::sequence && copied->from.size() < asked)
        co_return Reply::no(code.empty() || moving ? "EXPUNGEISSUED" : code,
                            "Some of the requested messages no longer exist");
    co_return Reply::ok(code, name);
}

} // namespace posthouse::imap
