// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>

namespace posthouse::mailbox {

/// Format 0 had an INBOX alone, and a row for each UID that held the message. A commit at a time,
/// so that a power cut between them leaves a mailbox that is half the one and half the other, and
/// is gone on with: the account's row comes last.
Task<Result<void>> Account::modernise()
{
    State state = std::move(state_);
    state_ = {};
    auto& record = state.boxes[inbox].record;
    auto pages = co_await rows_under(key::pages(inbox));
    if (!pages)
        co_return std::unexpected(pages.error());
    auto emails = co_await engine_.partitions().scan(writer_.partition(), "e", {}, 1);
    if (!emails)
        co_return std::unexpected(from_store(emails.error()));
    auto& box = state.boxes[inbox];
    for (const auto& row : *pages) {
        mail::EntryUnpacker unpacker(mail::all_entry_fields, row.value);
        while (const auto entry = unpacker.next()) {
            box.entries.push_back(*entry);
            state.record.set_last_email(std::max(state.record.last_email(), entry->email));
            state.record.set_modseq(std::max(state.record.modseq(), entry->modseq));
        }
    }
    box.loaded = true;
    record.set_id(1);
    record.set_messages(0);
    record.set_bytes(0);
    record.set_unseen(0);
    for (const auto& entry : box.entries) {
        record.set_messages(record.messages() + 1);
        record.set_unseen(record.unseen() + 1);
        record.set_bytes(record.bytes() + entry.size);
    }
    state.record.set_messages(record.messages());
    state.record.set_bytes(record.bytes());
    state.record.set_last_mailbox(1);
    state.record.set_last_uid_validity(record.uid_validity());
    if (record.object_id() == 0)
        record.set_object_id(static_cast<std::uint64_t>(record.uid_validity()) << 32 | 1);
    record.set_first_recent(record.uid_next());
    for (;;) {
        auto old = co_await engine_.partitions().scan(writer_.partition(), key::old_messages(inbox),
                                                      {}, 300);
        if (!old)
            co_return std::unexpected(from_store(old.error()));
        Delta delta(state);
        delta.next_modseq();
        for (const auto& row : old->rows) {
            delta.erase_row(row.key);
            Message message;
            if (row.key.size() != 9 || !message.ParseFromString(row.value))
                continue;
            auto size = message.prefix().size() + message.body_bytes();
            for (const auto& edit : message.edits())
                size = size - edit.length() + edit.text().size();
            message.clear_summary();
            Entry entry;
            entry.uid = read_u32(std::string_view(row.key).substr(5));
            entry.modseq = delta.account().modseq();
            entry.size = size;
            entry.internal_date = message.internal_date();
            entry.save_date = message.internal_date();
            delta.account().set_last_email(delta.account().last_email() + 1);
            entry.email = entry.thread = delta.account().last_email();
            delta.put_row(key::email(entry.email), message.SerializeAsString());
            delta.put(inbox, entry);
        }
        auto* there = delta.box(inbox);
        there->set_highest_modseq(delta.account().modseq());
        there->set_trail_since(delta.account().modseq());
        const bool last = !old->more;
        delta.account().set_format(last ? 1 : 0);
        auto applied = co_await writer_.apply([&](auto& batch) {
            delta.write(batch);
            if (!last)
                batch.erase(key::account); // It says that all is done.
        });
        if (!applied)
            co_return std::unexpected(from_store(applied.error()));
        (void)std::move(delta).publish(state);
        if (last)
            break;
    }
    state_ = std::move(state);
    co_return Result<void>{};
}

} // namespace posthouse::mailbox
