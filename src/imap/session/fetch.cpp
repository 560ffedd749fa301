// SPDX-License-Identifier: Apache-2.0
#include "imap/search_reply.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/fetching.hpp"
#include "imap/session/numbers.hpp"

#include <utility>

namespace posthouse::imap {

namespace {

/// BODY[] and the like set \Seen: once, for all, before they are sent, so that what is sent tells
/// of it (RFC 9051 §6.4.5).
Task<void> set_seen(Dialogue& dialogue, const mail::UidSet& uids, FetchPlan& plan)
{
    auto& selected = *dialogue.selected;
    if (!selected.may_store() || !selected.may('s'))
        co_return;
    const auto fields = static_cast<std::uint8_t>(mail::EntryField::flags);
    auto packed = co_await dialogue.backend->entries(selected.handle, uids, fields);
    if (!packed)
        co_return;
    mail::UidSet unseen;
    mail::EntryUnpacker entries(fields, *packed);
    while (const auto entry = entries.next())
        if (!entry->flags.has(mail::SystemFlag::seen))
            unseen.add(entry->uid);
    if (unseen.empty())
        co_return;
    auto stored = co_await dialogue.backend->store(
        selected.handle, {std::move(unseen),
                          FlagChange::add,
                          {.system = mail::SystemFlag::seen, .keywords = {}},
                          {},
                          0});
    if (!stored)
        co_return; // Reading is what was asked for.
    dialogue.learn_keywords(stored->changes.keywords);
    selected.view.made(stored->modseqs);
    plan.add(FetchItem::Kind::flags);
    if (dialogue.enabled.condstore)
        plan.add(FetchItem::Kind::modseq);
}

/// RFC 7162 §3.2.6, and what changed at all: asked for at once instead of message by message.
Task<std::optional<Reply>> keep_changed(Dialogue& dialogue, const command::Fetch& command,
                                        mail::UidSet& uids)
{
    auto& selected = *dialogue.selected;
    auto changes = co_await dialogue.backend->changes(selected.handle, *command.changed_since);
    if (!changes)
        co_return reply_to(changes.error());
    if (command.vanished) {
        // `*` is not less than what the client can have known.
        auto gone = changes->vanished.without(selected.view.uids())
                        .intersected(command.messages.resolved(selected.view.uid_next() - 1));
        if (!gone.empty())
            dialogue.say("VANISHED (EARLIER) " + gone.text());
    }
    mail::UidSet changed;
    mail::EntryUnpacker entries(change_fields, changes->entries);
    while (const auto entry = entries.next())
        changed.add(entry->uid);
    uids = uids.intersected(changed);
    dialogue.learn_keywords(changes->keywords);
    co_return std::nullopt;
}

/// RFC 9394 §3.2
mail::UidSet cut(const mail::UidSet& all, const command::PartialRange& range)
{
    const auto [first, last] = partial_span(range, all.size());
    return first_of(all, last).without(first_of(all, first));
}

} // namespace

/// RFC 9051 §6.4.5
Task<Reply> carry_out(Dialogue& dialogue, const command::Fetch& command)
{
    auto uids = dialogue.uids_meant(command.by, command.messages);
    if (!uids)
        co_return Reply::bad("Invalid messageset");
    if (command.vanished && !dialogue.enabled.qresync)
        co_return Reply::bad("QRESYNC was not enabled");
    auto plan = plan_of(command.items);
    if (command.changed_since)
        plan.add(FetchItem::Kind::modseq);
    if (plan.has_modseq)
        dialogue.follow_modseqs();
    if (dialogue.enabled.qresync)
        plan.add(FetchItem::Kind::uid); // RFC 7162 §3.2.4
    if (command.changed_since)
        if (auto trouble = co_await keep_changed(dialogue, command, *uids))
            co_return *trouble;
    if (command.partial)
        *uids = cut(*uids, *command.partial);
    const auto limited = dialogue.keep_within_limit(*uids);
    if (uids->empty())
        co_return Reply::ok();
    if (plan.sets_seen)
        co_await set_seen(dialogue, *uids, plan);
    Fetching fetching(dialogue, std::move(plan));
    if (command.changed_since)
        fetching.only_changed_since(*command.changed_since);
    co_await fetching.send(std::move(*uids));
    if (fetching.unknown_encoding())
        co_return Reply::no("UNKNOWN-CTE", "A part's encoding is not known");
    if (fetching.damaged() != 0)
        co_return Reply::no("SERVERBUG", "Some messages could not be read");
    if (fetching.missing() != 0 && command.by == Numbering::sequence)
        co_return Reply::no("EXPUNGEISSUED", "Some of the requested messages no longer exist");
    co_return Reply::ok(limited);
}

} // namespace posthouse::imap
