// SPDX-License-Identifier: Apache-2.0
#include "imap/search_wire.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/mailbox_choice.hpp"
#include "imap/session/searching.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

struct Searched {
    std::optional<Reply> trouble;
    bool incomplete = false;
};

bool is_selected(const MailboxFilter& filter)
{
    return filter.kind == MailboxFilter::Kind::selected;
}

/// One mailbox's part: opened only to be searched, even if it is the selected one.
Task<Searched> search_mailbox(Dialogue& dialogue, const command::Search& command,
                              const Mailbox& mailbox)
{
    auto opened = co_await dialogue.backend->open(mailbox.name, Access::read_only);
    if (!opened)
        co_return Searched(); // Gone meanwhile, or not to be read.
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
    std::uint64_t modseq = 0;
    if (found && mentions_modseq(command.program))
        modseq = co_await modseq_of(dialogue, other.handle, *found,
                                    saved_by(*command.want, found->uids));
    dialogue.backend->close(other.handle);
    if (!found)
        co_return Searched{reply_to(found.error()), false};
    if (found->uids.empty())
        co_return Searched{std::nullopt, found->incomplete}; // RFC 7377 §2.1
    auto reply = esearch_reply(*command.want, found->uids);
    add_relevancy(reply, *command.want, found->uids.size());
    reply.mailbox_and_uid_validity.emplace(MailboxName{mailbox.name}, opened->uid_validity);
    say_esearch(dialogue, std::move(reply), command, modseq);
    co_return Searched{std::nullopt, found->incomplete};
}

/// RFC 7377 §2.2: what only the selected mailbox can be asked for.
std::optional<Reply> fault_in_sources(const Dialogue& dialogue, const command::Esearch& command)
{
    const auto& want = *command.search.want;
    const bool of_selected = std::ranges::any_of(command.sources, is_selected);
    if (!dialogue.selected && (of_selected || want.update))
        return Reply::bad("No mailbox selected");
    if (want.save)
        return Reply::bad("SAVE is for the selected mailbox alone");
    if (mentions_saved_result(command.search.program))
        return Reply::bad("A saved result is of the selected mailbox");
    if (auto fault = tag_in_use(dialogue, command.search))
        return fault;
    return fault_in(dialogue, command.search.program);
}

} // namespace

/// RFC 7377 §2.1
Task<Reply> carry_out(Dialogue& dialogue, const command::Esearch& command)
{
    if (std::ranges::all_of(command.sources, is_selected)) {
        if (!dialogue.selected)
            co_return Reply::bad("No mailbox selected");
        co_return co_await search_selected(dialogue, command.search, Correlators::tag_and_mailbox);
    }
    if (auto fault = fault_in_sources(dialogue, command))
        co_return *fault;
    if (mentions_modseq(command.search.program))
        dialogue.follow_modseqs();
    auto mailboxes = co_await dialogue.backend->list({});
    if (!mailboxes)
        co_return reply_to(mailboxes.error());
    const auto chosen = choose(*mailboxes, command.sources, dialogue.selected_name());
    bool incomplete = false;
    for (const auto& mailbox : chosen) {
        auto searched = co_await search_mailbox(dialogue, command.search, mailbox);
        if (searched.trouble)
            co_return *searched.trouble;
        incomplete |= searched.incomplete;
        if (dialogue.out.full())
            co_await dialogue.out.pass();
        if (dialogue.out.gone())
            co_return Reply::said();
    }
    if (command.search.want->update) // Of the selected mailbox, whichever were searched.
        if (auto found = co_await find(dialogue, command.search))
            keep_context(dialogue, command.search, found->uids);
    if (incomplete)
        co_return Reply::no("LIMIT", "The search took too long, and is not complete");
    co_return Reply::ok();
}

} // namespace posthouse::imap
