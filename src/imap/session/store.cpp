// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/numbers.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

namespace {

FlagChange change_of(command::StoreChange change)
{
    switch (change) {
    case command::StoreChange::replace:
        return FlagChange::replace;
    case command::StoreChange::add:
        return FlagChange::add;
    case command::StoreChange::remove:
        break;
    }
    return FlagChange::remove;
}

/// Under .SILENT the mod-sequences alone are told, if the client follows them (RFC 7162 §3.1.3),
/// and the flags only where somebody else had changed them.
Task<void> tell_silently(Dialogue& dialogue, const Stored& stored)
{
    if (stored.stale.empty() && !dialogue.enabled.condstore)
        co_return; // Nothing is to be told of any of them.
    auto& selected = *dialogue.selected;
    View::Numbers numbers(selected.view);
    mail::EntryUnpacker entries(change_fields, stored.changes.entries);
    while (auto entry = entries.next()) {
        const bool news = stored.stale.contains(entry->uid);
        const auto number = numbers.of(entry->uid);
        if (number == 0 || (!news && !dialogue.enabled.condstore))
            continue;
        auto& to = dialogue.out.text();
        dialogue.begin_fetch(to, number, entry->uid);
        if (news) {
            to += "FLAGS (";
            append_flags(to, *entry, selected, dialogue.enabled);
            to += dialogue.enabled.condstore ? ") " : ")";
        }
        if (dialogue.enabled.condstore) {
            to += "MODSEQ (";
            append_number(to, entry->modseq);
            to += ')';
        }
        to += ")\r\n";
        if (dialogue.out.full())
            co_await dialogue.out.pass();
    }
}

/// RFC 7162 §3.1.3: a conditional STORE tells of each message that it was done to, even where that
/// changed nothing.
Task<void> tell_unchanged(Dialogue& dialogue, mail::UidSet done, const Stored& stored)
{
    mail::EntryUnpacker changed(change_fields, stored.changes.entries);
    while (const auto entry = changed.next())
        done.remove(entry->uid);
    if (done.empty())
        co_return;
    constexpr auto fields = static_cast<std::uint8_t>(mail::EntryField::modseq);
    auto& selected = *dialogue.selected;
    const auto packed =
        co_await dialogue.backend->entries(selected.handle, std::move(done), fields);
    if (!packed)
        co_return;
    View::Numbers numbers(selected.view);
    for (mail::EntryUnpacker entries(fields, *packed); const auto entry = entries.next();) {
        const auto number = numbers.of(entry->uid);
        if (number == 0)
            continue;
        auto& to = dialogue.out.text();
        dialogue.begin_fetch(to, number, entry->uid);
        to += "MODSEQ (";
        append_number(to, entry->modseq);
        to += "))\r\n";
        if (dialogue.out.full())
            co_await dialogue.out.pass();
    }
}

} // namespace

/// RFC 9051 §6.4.6, RFC 7162 §3.1.3
Task<Reply> carry_out(Dialogue& dialogue, const command::Store& command)
{
    auto& selected = *dialogue.selected;
    auto uids = dialogue.uids_meant(command.by, command.messages);
    if (!uids)
        co_return Reply::bad("Invalid messageset");
    if (!selected.may_store())
        co_return Reply::no({}, "Mailbox is read-only");
    if (command.unchanged_since)
        dialogue.follow_modseqs();
    if (uids->empty())
        co_return Reply::ok();
    const auto limited = dialogue.keep_within_limit(*uids);
    const auto asked = *uids;
    const auto tell = command.silent && !dialogue.enabled.condstore ? StoreOrder::Tell::stale
                                                                    : StoreOrder::Tell::changed;
    auto stored = co_await dialogue.backend->store(
        selected.handle, {std::move(*uids), change_of(command.change), command.flags,
                          command.unchanged_since, selected.view.highest_modseq(), tell});
    if (!stored)
        co_return reply_to(stored.error());
    dialogue.learn_keywords(stored->changes.keywords);
    if (command.silent)
        co_await tell_silently(dialogue, *stored);
    else
        co_await dialogue.tell_flags(stored->changes.entries);
    if (command.unchanged_since)
        co_await tell_unchanged(dialogue, asked.without(stored->modified), *stored);
    selected.view.made(stored->modseqs);
    if (selected.view.own_changes() > 100)
        selected.changed = true; // To be forgotten with the next question.
    selected.view.vanish(stored->changes.vanished);

    const bool some_are_gone =
        command.by == Numbering::sequence && !stored->changes.vanished.intersected(asked).empty();
    std::string code = limited;
    if (!stored->modified.empty() && !limited.empty())
        dialogue.say(fmt::format("OK [{}] Not all of them", limited));
    if (!stored->modified.empty()) {
        const auto which = command.by == Numbering::uid
                               ? stored->modified
                               : selected.view.numbers_of(stored->modified);
        code = "MODIFIED " + which.text();
    }
    if (some_are_gone)
        co_return Reply::no(code.empty() ? "EXPUNGEISSUED" : code,
                            "Some of the messages no longer exist");
    co_return Reply::ok(code, stored->modified.empty() ? "" : "Conditional STORE failed for some");
}

} // namespace posthouse::imap
