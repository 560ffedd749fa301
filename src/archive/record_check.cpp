// SPDX-License-Identifier: Apache-2.0
#include "archive/record_check.hpp"

#include "base/text.hpp"
#include "directory/records.pb.h"
#include "mail/message_entry.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/marks.hpp"
#include "mailbox/records.pb.h"
#include "mailbox/summary.pb.h"
#include "spool/records.pb.h"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::archive {
namespace {

constexpr std::size_t id_bytes = 8;

bool has_id(const store::Row& row)
{
    return row.key.size() >= 1 + id_bytes;
}

std::string letter_name(const store::Row& row)
{
    return has_id(row) ? "letter " + base32_encode(read_u64(std::string_view(row.key).substr(1)))
                       : std::string("letter without a name");
}

} // namespace

RecordCheck::RecordCheck(std::string partition, BodyBytes body_bytes, OnFault on_fault)
    : partition_(std::move(partition)),
      body_bytes_(std::move(body_bytes)),
      on_fault_(std::move(on_fault))
{
}

template <class Record>
bool RecordCheck::parse(const store::Row& row, Record& record, std::string_view what)
{
    if (record.ParseFromString(row.value))
        return true;
    on_fault_(std::string(what), "its record cannot be read");
    return false;
}

void RecordCheck::add(const store::Row& row)
{
    has_rows_ = true;
    if (row.key.empty())
        return on_fault_("a row", "it has no key");
    if (partition_.starts_with("a/"))
        account_row(row);
    else if (partition_.starts_with("q/"))
        queue_row(row);
    else if (partition_.starts_with("d/"))
        directory_row(row);
}

void RecordCheck::body(const std::string& where, const std::string& bytes, std::uint64_t size)
{
    const auto id = store::BlobId::from_bytes(bytes);
    if (!id)
        return on_fault_(where, "it names no body");
    const auto there = body_bytes_(*id);
    if (!there)
        on_fault_(where, "its body is not in the backup");
    else if (*there != size)
        on_fault_(where,
                  fmt::format("its body has {} bytes, and its record says {}", *there, size));
}

// ---- accounts -------------------------------------------------------------------------------

std::string RecordCheck::box_name(std::uint32_t id) const
{
    const auto found = boxes_.find(id);
    return found == boxes_.end() ? fmt::format("mailbox number {}", id)
                                 : "mailbox " + printable(found->second.name, 200);
}

void RecordCheck::account_row(const store::Row& row)
{
    switch (row.key.front()) {
    case 'A': {
        mailbox::AccountRecord record;
        if (!parse(row, record, "the account"))
            return;
        has_account_ = true;
        account_messages_ = record.messages();
        account_bytes_ = record.bytes();
        return;
    }
    case 'b':
        return mailbox_row(row);
    case 'e': {
        mailbox::Message record;
        if (!has_id(row))
            return on_fault_("a message", "its key is too short");
        const auto email = read_u64(std::string_view(row.key).substr(1));
        const auto where = fmt::format("email {}", email);
        if (!parse(row, record, where))
            return;
        emails_.push_back(email);
        return body(where, record.body(), record.body_bytes());
    }
    case 'p':
        return mailbox::key::is_marks(row.key) ? marks_row(row) : page_row(row);
    case 's': {
        mailbox::MessageSummary record;
        if (has_id(row))
            parse(
                row, record,
                fmt::format("summary of email {}", read_u64(std::string_view(row.key).substr(1))));
        return;
    }
    default:
        return;
    }
}

void RecordCheck::mailbox_row(const store::Row& row)
{
    mailbox::Mailbox record;
    if (!parse(row, record, "a mailbox"))
        return;
    if (row.key != mailbox::key::mailbox(mailbox::MailboxId{record.id()}))
        return on_fault_("mailbox " + printable(record.name(), 200), "its key is another's");
    boxes_[record.id()] = {.name = record.name(),
                           .uid_next = record.uid_next(),
                           .messages = record.messages(),
                           .unseen = record.unseen(),
                           .bytes = record.bytes(),
                           .doomed = record.doomed()};
}

void RecordCheck::page_row(const store::Row& row)
{
    if (row.key.size() != 9)
        return on_fault_("an index page", "its key is too short");
    const auto id = read_u32(std::string_view(row.key).substr(1));
    const auto page = read_u32(std::string_view(row.key).substr(5));
    const auto box = boxes_.find(id);
    if (box == boxes_.end())
        return on_fault_(box_name(id), "it has an index page and no record");
    last_page_.clear();
    last_page_key_ = row.key;
    mail::EntryUnpacker unpacker(mail::all_entry_fields, row.value);
    while (const auto entry = unpacker.next()) {
        const auto where = [&] { return fmt::format("{}, UID {}", box_name(id), entry->uid); };
        if (entry->uid / mailbox::key::page_uids != page || entry->uid <= box->second.last_uid)
            on_fault_(where(), "its place in the index is wrong");
        if (entry->uid >= box->second.uid_next)
            on_fault_(where(), "it is not below UIDNEXT");
        if (!std::ranges::binary_search(emails_, entry->email))
            on_fault_(where(), "its message has no record");
        last_page_.push_back(*entry);
        box->second.last_uid = entry->uid;
        ++box->second.found;
        box->second.found_unseen += entry->flags.has(mail::SystemFlag::seen) ? 0 : 1;
        box->second.found_bytes += entry->size;
    }
    if (unpacker.damaged())
        on_fault_(box_name(id), fmt::format("its index page {} cannot be read", page));
}

void RecordCheck::marks_row(const store::Row& row)
{
    const auto id = read_u32(std::string_view(row.key).substr(1, 4));
    const auto page = mailbox::key::page_number(row.key);
    const auto box = boxes_.find(id);
    if (box == boxes_.end())
        return on_fault_(box_name(id), "it has marks and no record");
    const auto unseen = [this] {
        return std::ranges::count_if(last_page_, [](const mail::MessageEntry& entry) {
            return !entry.flags.has(mail::SystemFlag::seen);
        });
    };
    const auto before = unseen();
    if (!mailbox::key::is_marks_of(row.key, last_page_key_) ||
        !mailbox::unpack_marks(row.value, last_page_))
        return on_fault_(box_name(id), fmt::format("the marks of index page {} are damaged", page));
    box->second.found_unseen += static_cast<std::uint32_t>(unseen() - before);
}

void RecordCheck::finish()
{
    if (!partition_.starts_with("a/"))
        return;
    if (has_rows_ && !has_account_ && !boxes_.empty())
        on_fault_("the account", "it has no record");
    std::uint64_t messages = 0, bytes = 0;
    bool doomed = false;
    for (const auto& [id, box] : boxes_) {
        doomed |= box.doomed; // Its messages are on their way out.
        messages += box.found;
        bytes += box.found_bytes;
        if (!box.doomed && (box.found != box.messages || box.found_unseen != box.unseen ||
                            box.found_bytes != box.bytes))
            on_fault_(box_name(id),
                      fmt::format("its index has {} messages ({} unseen, {} bytes) and its record "
                                  "says {} ({}, {})",
                                  box.found, box.found_unseen, box.found_bytes, box.messages,
                                  box.unseen, box.bytes));
    }
    if (has_account_ && !doomed && (messages != account_messages_ || bytes != account_bytes_))
        on_fault_("the account",
                  fmt::format("its mailboxes have {} messages of {} bytes and its record says {} "
                              "of {}",
                              messages, bytes, account_messages_, account_bytes_));
}

// ---- the queue, the directory -----------------------------------------------------------------

void RecordCheck::queue_row(const store::Row& row)
{
    const auto any = [&](auto record) { parse(row, record, letter_name(row)); };
    switch (row.key.front()) {
    case 'l': {
        spool::Letter letter;
        if (parse(row, letter, letter_name(row)))
            body(letter_name(row), letter.body(), letter.body_bytes());
        return;
    }
    case 'r':
    case 'g':
        return any(spool::Letter());
    case 'd':
        return any(spool::Delivery());
    case 'e':
        return any(spool::TraceEvent());
    case 'f':
        return any(spool::NoticeDue());
    case 'k':
        return any(spool::Closing());
    case 'y':
        return any(spool::Expansion());
    case 'z': {
        spool::FinishedLetter record;
        parse(row, record, "the story of a letter that has ended");
        return;
    }
    default:
        return;
    }
}

void RecordCheck::directory_row(const store::Row& row)
{
    if (row.key.starts_with('a')) {
        directory::AccountRecord record;
        if (parse(row, record, "account " + printable(row.key.substr(1), 200)) && record.id() == 0)
            on_fault_("account " + printable(row.key.substr(1), 200), "it has no id");
    } else if (row.key.starts_with('l')) {
        directory::AliasRecord record;
        parse(row, record, "alias " + printable(row.key.substr(1), 200));
    }
}

} // namespace posthouse::archive
