// SPDX-License-Identifier: Apache-2.0
#include "archive/account_rows.hpp"

#include "mail/message_entry.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/marks.hpp"
#include "mailbox/records.pb.h"

#include <algorithm>
#include <vector>

namespace posthouse::archive {
namespace {

constexpr std::uint32_t last_uid = ~std::uint32_t{0} - AccountRows::uids_skipped;
// Room for the mailboxes of one account that get a UIDVALIDITY of their own at its restoring.
constexpr std::uint32_t validities_skipped = 1u << 14;

} // namespace

bool AccountRows::Present::add(const store::Row& row)
{
    if (row.key == mailbox::key::account) {
        mailbox::AccountRecord record;
        if (!record.ParseFromString(row.value))
            return false;
        modseq = record.modseq();
        last_email = record.last_email();
        last_mailbox = record.last_mailbox();
        last_uid_validity = record.last_uid_validity();
    } else if (row.key.starts_with('b')) {
        mailbox::Mailbox record;
        if (!record.ParseFromString(row.value))
            return false;
        if (!record.doomed())
            boxes[record.name()] = {record.uid_validity(), record.uid_next()};
    }
    return true;
}

AccountRows::Fate AccountRows::take(store::Row& row)
{
    if (row.key.empty())
        return Fate::damaged;
    const char kind = row.key.front();
    if (options_.deliveries == Deliveries::dropped && kind == 'i')
        return Fate::drop;
    if (options_.numbers == Numbers::exact)
        return Fate::keep;
    switch (kind) {
    case 'A':
        return row.key == mailbox::key::account ? take_account(row) : Fate::keep;
    case 'b':
        return take_mailbox(row);
    case 'p':
        return mailbox::key::is_marks(row.key) ? take_marks(row) : take_page(row);
    case 'v': // The trail begins anew at the restoring.
        return Fate::drop;
    default:
        return Fate::keep;
    }
}

AccountRows::Fate AccountRows::take_account(store::Row& row)
{
    mailbox::AccountRecord record;
    if (!record.ParseFromString(row.value))
        return Fate::damaged;
    const auto& present = options_.present;
    base_ = std::max(record.modseq(), present.modseq) + modseqs_skipped;
    record.set_modseq(base_);
    record.set_last_email(std::max(record.last_email(), present.last_email) + emails_skipped);
    record.set_last_mailbox(std::max(record.last_mailbox(), present.last_mailbox) +
                            mailboxes_skipped);
    next_validity_ = std::max(record.last_uid_validity(), present.last_uid_validity);
    record.set_last_uid_validity(next_validity_ + validities_skipped);
    record.SerializeToString(&row.value);
    return Fate::keep;
}

/// A new UIDVALIDITY where the name has another one by now, or where UIDs come to their end.
AccountRows::Fate AccountRows::take_mailbox(store::Row& row)
{
    mailbox::Mailbox record;
    if (!record.ParseFromString(row.value))
        return Fate::damaged;
    auto next = record.uid_next();
    const auto present = options_.present.boxes.find(record.name());
    bool other = false;
    if (present != options_.present.boxes.end()) {
        other = present->second.uid_validity != record.uid_validity();
        next = std::max(next, present->second.uid_next);
    }
    if (other || next > last_uid)
        record.set_uid_validity(++next_validity_);
    record.set_uid_next(next > last_uid ? next : next + uids_skipped);
    record.set_first_recent(std::min(record.first_recent(), record.uid_next()));
    record.set_highest_modseq(base_);
    record.set_trail_since(base_);
    record.SerializeToString(&row.value);
    return Fate::keep;
}

AccountRows::Fate AccountRows::take_page(store::Row& row)
{
    mail::EntryUnpacker unpacker(mail::all_entry_fields, row.value);
    mail::EntryPacker packer(mail::all_entry_fields);
    std::string packed;
    last_page_ = row.key;
    page_size_ = 0;
    while (auto entry = unpacker.next()) {
        ++page_size_;
        entry->modseq = base_;
        packer.append(*entry, packed);
    }
    if (unpacker.damaged())
        return Fate::damaged;
    row.value = std::move(packed);
    return Fate::keep;
}

AccountRows::Fate AccountRows::take_marks(store::Row& row) const
{
    std::vector<mail::MessageEntry> marked(page_size_);
    if (!mailbox::key::is_marks_of(row.key, last_page_) ||
        !mailbox::unpack_marks(row.value, marked))
        return Fate::damaged;
    for (auto& entry : marked)
        entry.modseq = base_;
    row.value = mailbox::packed_marks(marked);
    return Fate::keep;
}

} // namespace posthouse::archive
