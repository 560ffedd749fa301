// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/uploads.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

/// RFC 8508 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Replace& command)
{
    const auto uids = dialogue.uids_meant(command.by, command.message);
    if (!uids || uids->size() > 1)
        co_return Reply::bad("Invalid message number");
    if (!dialogue.selected->may_store())
        co_return Reply::no({}, "Mailbox is read-only");
    if (uids->empty())
        co_return Reply::no({}, "No such message");
    const auto handle = dialogue.selected->handle;
    Uploads uploads(dialogue);
    if (auto trouble = co_await uploads.take(command.steps, command.place))
        co_return *trouble;
    auto appended = co_await dialogue.backend->append(command.mailbox.text, uploads.release(),
                                                      Replaced{handle, uids->smallest()});
    if (!appended)
        co_return reply_to_destination(appended.error());
    if (!appended->uids.empty())
        dialogue.say(fmt::format("OK [APPENDUID {} {}] Replacement message ready",
                                 appended->uid_validity, appended->uids.text()));
    dialogue.selected->view.vanish(*uids);
    dialogue.selected->saved = dialogue.selected->saved.without(*uids);
    if (dialogue.selected->name == command.mailbox.text)
        dialogue.selected->expect(appended->uids);
    if (!dialogue.enabled.qresync)
        co_return Reply::ok();
    co_await dialogue.bring_forward(Expunges::told); // As UID EXPUNGE does: RFC 8508 §4.5
    co_return Reply::ok(fmt::format("HIGHESTMODSEQ {}", dialogue.selected->view.highest_modseq()));
}

} // namespace posthouse::imap
