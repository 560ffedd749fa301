// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/searching.hpp"

namespace posthouse::imap {

Task<Reply> search_selected(Dialogue& dialogue, const command::Search& command,
                            Correlators correlators)
{
    auto want = command.want;
    if (auto fault = tag_in_use(dialogue, command))
        co_return *fault;
    auto found = co_await find(dialogue, command);
    if (!found) {
        if (want && want->save && found.error().kind == Reply::Kind::no)
            dialogue.selected->saved.clear(); // RFC 5182 §2.1
        co_return found.error();
    }
    if (!want && dialogue.enabled.rev2)
        want.emplace().all = true;
    auto& selected = *dialogue.selected;
    const auto& uids = found->uids;
    if (want && want->save)
        selected.saved = saved_by(*want, uids);
    const auto numbers = command.by == Numbering::uid ? uids : selected.view.numbers_of(uids);
    const bool with_mailbox = correlators == Correlators::tag_and_mailbox;
    if (!want) {
        append_search_response(dialogue.out.text(), numbers, found->highest_modseq);
    } else if (tells(*want) && (!with_mailbox || !uids.empty())) { // RFC 7377 §2.1
        auto reply = esearch_reply(*want, numbers);
        add_relevancy(reply, *want, uids.size());
        if (with_mailbox)
            reply.mailbox_and_uid_validity.emplace(MailboxName{selected.name},
                                                   selected.uid_validity);
        const auto modseq =
            co_await modseq_of(dialogue, selected.handle, *found, saved_by(*want, uids));
        say_esearch(dialogue, std::move(reply), command, modseq);
    }
    if (want && want->update)
        keep_context(dialogue, command, uids);
    if (found->incomplete)
        co_return Reply::no("LIMIT", "The search took too long, and is not complete");
    co_return Reply::ok();
}

/// RFC 9051 §6.4.4
Task<Reply> carry_out(Dialogue& dialogue, const command::Search& command)
{
    co_return co_await search_selected(dialogue, command, Correlators::tag);
}

/// RFC 5267 §4.3.5
Task<Reply> carry_out(Dialogue& dialogue, const command::CancelUpdate& command)
{
    for (const auto& tag : command.tags)
        std::erase_if(dialogue.selected->contexts,
                      [&](const Context& context) { return context.tag == tag; });
    co_return Reply::ok();
}

} // namespace posthouse::imap
