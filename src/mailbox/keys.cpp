// SPDX-License-Identifier: Apache-2.0
#include "mailbox/keys.hpp"

#include "base/text.hpp"

namespace posthouse::mailbox::key {
namespace {

std::string with_u32(char kind, std::uint32_t value)
{
    std::string key(1, kind);
    append_u32(key, value);
    return key;
}

std::string with_u64(char kind, std::uint64_t value)
{
    std::string key(1, kind);
    append_u64(key, value);
    return key;
}

std::uint32_t number(MailboxId id)
{
    return static_cast<std::uint32_t>(id);
}

} // namespace

std::string mailbox(MailboxId id)
{
    return with_u32('b', number(id));
}
std::string pages(MailboxId id)
{
    return with_u32('p', number(id));
}
std::string page(MailboxId id, std::uint32_t page)
{
    auto key = pages(id);
    append_u32(key, page);
    return key;
}
std::string marks(MailboxId id, std::uint32_t number)
{
    return page(id, number) + 'm';
}
bool is_marks(std::string_view key)
{
    return key.size() == 10 && key.back() == 'm';
}
bool is_marks_of(std::string_view marks, std::string_view page)
{
    return is_marks(marks) && marks.substr(0, 9) == page;
}
std::uint32_t page_number(std::string_view key)
{
    return key.size() < 9 ? 0 : read_u32(key.substr(5, 4));
}
std::string email(std::uint64_t id)
{
    return with_u64('e', id);
}
std::string summary(std::uint64_t id)
{
    return with_u64('s', id);
}
std::string folds(std::uint64_t page)
{
    return with_u64('f', page);
}
std::string names(std::uint64_t page)
{
    return with_u64('n', page);
}
std::string trail(MailboxId id)
{
    return with_u32('v', number(id));
}
std::string vanished(MailboxId id, std::uint64_t modseq, std::uint32_t part)
{
    auto key = trail(id);
    append_u64(key, modseq);
    append_u32(key, part);
    return key;
}
std::string subscription(std::string_view name)
{
    return "u" + std::string(name);
}
std::string all_metadata(MailboxId id)
{
    return with_u32('d', number(id));
}
std::string metadata(MailboxId id, std::string_view entry)
{
    return all_metadata(id) + std::string(entry);
}
std::string uidls(MailboxId id)
{
    return with_u32('l', number(id));
}
std::string uidl(MailboxId id, std::uint32_t uid)
{
    auto key = uidls(id);
    append_u32(key, uid);
    return key;
}
std::string all_seen(MailboxId id)
{
    return with_u32('r', number(id));
}
std::string seen_by(MailboxId id, AccountId reader)
{
    auto key = all_seen(id);
    append_u64(key, static_cast<std::uint64_t>(reader));
    return key;
}
std::string seen_page(MailboxId id, AccountId reader, std::uint32_t page)
{
    auto key = seen_by(id, reader);
    append_u32(key, page);
    return key;
}
std::string thread(std::uint64_t message_id_hash)
{
    return with_u64('t', message_id_hash);
}
std::string delivered(std::uint64_t delivery)
{
    return with_u64('i', delivery);
}
std::string release(const store::BlobId& blob, std::uint64_t delivery)
{
    auto key = "x" + blob.bytes();
    append_u64(key, delivery);
    return key;
}
std::string graced(std::int64_t microseconds, std::uint64_t modseq, std::uint32_t part)
{
    auto key = with_u64('g', static_cast<std::uint64_t>(microseconds));
    append_u64(key, modseq);
    append_u32(key, part);
    return key;
}
std::int64_t graced_at(std::string_view key)
{
    return key.size() < 9 ? 0 : static_cast<std::int64_t>(read_u64(key.substr(1)));
}
std::string import(std::string_view id)
{
    return "j" + std::string(id);
}
std::string imported_mailbox(std::string_view id, MailboxId mailbox)
{
    auto key = import(id) + 'm';
    append_u32(key, number(mailbox));
    return key;
}
std::string imported_letters(std::string_view id, MailboxId mailbox)
{
    auto key = import(id) + 'l';
    append_u32(key, number(mailbox));
    return key;
}
std::string imported_letters(std::string_view id, MailboxId mailbox, std::uint64_t modseq)
{
    auto key = imported_letters(id, mailbox);
    append_u64(key, modseq);
    return key;
}
std::string old_messages(MailboxId id)
{
    return with_u32('m', number(id));
}

} // namespace posthouse::mailbox::key
