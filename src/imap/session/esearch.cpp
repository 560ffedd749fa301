// SPDX-License-Identifier: Apache-2.0
#include "imap/search_wire.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/mailbox_choice.hpp"
#include "imap/session/searching.hpp"

#include <utility>

namespace posthouse::imap {

namespace {

/// One mailbox's part: opened only to be searched, unless it is the selected one.
Task<std::optional<Reply>> search_mailbox(Dialogue& dialogue, const command::Search& command,
                                          const Mailbox& mailbox)
{
    auto opened = co_await dialogue.backend->open(mailbox.name, Access::read_only);
    if (!opened)
        co_return std::nullopt; // Gone meanwhile, or not to be read.
    Selected other;
    other.handle = opened->handle;
    other.view = View({opened->uids, opened->uid_next, opened->highest_modseq, 0});
    SearchProgram program{command.charset, by_uids(command.program, other)};
    auto found = Result<Found>(Found());
    if (auto all = known_at_once(program.key, other.view.uids()))
        found->uids = std::move(*all);
    else
        found = co_await dialogue.backend->search(
            other.handle, {.program = pack_program(program), .among = std::nullopt});
    dialogue.backend->close(other.handle);
    if (!found)
        co_return reply_to(found.error());
    if (found->uids.empty())
        co_return std::nullopt; // RFC 7377 §2.1
    auto want = command.want;
    if (!want)
        want.emplace().all = true;
    auto reply = esearch_reply(*want, found->uids);
    reply.mailbox_and_uid_validity.emplace(MailboxName{mailbox.name}, opened->uid_validity);
    say_esearch(dialogue, std::move(reply), command,
                dialogue.enabled.condstore ? found->highest_modseq : 0);
    co_return std::nullopt;
}

} // namespace

/// RFC 7377 §2.1
Task<Reply> carry_out(Dialogue& dialogue, const command::Esearch& command)
{
    if (command.sources.empty()) {
        if (!dialogue.selected)
            co_return Reply::bad("No mailbox selected");
        co_return co_await carry_out(dialogue, command.search);
    }
    const auto& want = command.search.want;
    if (want && (want->save || want->update || want->context))
        co_return Reply::bad("SAVE, UPDATE and CONTEXT are for the selected mailbox");
    if (mentions_saved_result(command.search.program))
        co_return Reply::bad("A saved result is of the selected mailbox");
    if (mentions_modseq(command.search.program))
        dialogue.enabled.condstore = true;
    auto mailboxes = co_await dialogue.backend->list({});
    if (!mailboxes)
        co_return reply_to(mailboxes.error());
    const auto chosen = choose(*mailboxes, command.sources, dialogue.selected_name());
    for (const auto& mailbox : chosen) {
        if (auto trouble = co_await search_mailbox(dialogue, command.search, mailbox))
            co_return *trouble;
        if (dialogue.out.full())
            co_await dialogue.out.pass();
        if (dialogue.out.gone())
            co_return Reply::said();
    }
    co_return Reply::ok();
}

} // namespace posthouse::imap
