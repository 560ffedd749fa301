// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/numbers.hpp"

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
        begin_fetch(to, number, entry->uid, dialogue.enabled);
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
        dialogue.enabled.condstore = true;
    if (uids->empty())
        co_return Reply::ok();
    const auto limited = dialogue.keep_within_limit(*uids);
    const auto asked = *uids;
    auto stored = co_await dialogue.backend->store(
        selected.handle, {std::move(*uids), change_of(command.change), command.flags,
                          command.unchanged_since, selected.view.highest_modseq()});
    if (!stored)
        co_return reply_to(stored.error());
    dialogue.learn_keywords(stored->changes.keywords);
    if (command.silent)
        co_await tell_silently(dialogue, *stored);
    else
        co_await dialogue.tell_flags(stored->changes.entries);
    if (stored->modseq > selected.view.highest_modseq())
        selected.view.made(stored->modseq);
    if (selected.view.own_changes() > 100)
        selected.changed = true; // To be forgotten with the next question.
    selected.view.vanish(stored->changes.vanished);

    const bool some_are_gone =
        command.by == Numbering::sequence && !stored->changes.vanished.intersected(asked).empty();
    std::string code = limited;
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
