// SPDX-License-Identifier: Apache-2.0
#include "archive/account_parts.hpp"

#include "base/text.hpp"
#include "directory/accounts.hpp"
#include "directory/records.pb.h"
#include "mail/message_entry.hpp"
#include "mailbox/records.pb.h"

#include <fmt/format.h>

namespace posthouse::archive {
namespace {

std::optional<store::BlobId> body_id(const store::Row& row)
{
    mailbox::Message message;
    if (!message.ParseFromString(row.value))
        return std::nullopt;
    return store::BlobId::from_bytes(message.body());
}

} // namespace

bool is_message(const store::Row& row)
{
    return row.key.starts_with('e');
}

void append_part(std::string& to, const AccountPart& part)
{
    append_row(to, part.row);
    if (!is_message(part.row))
        return;
    mail::append_varint(to, part.upload);
    if (part.upload == 0)
        mail::append_bytes(to, part.body);
}

std::optional<AccountPart> take_part(std::string_view& from)
{
    AccountPart part;
    const auto key = mail::take_bytes(from);
    const auto value = key ? mail::take_bytes(from) : std::nullopt;
    if (!value || key->empty() || key->size() > store::Limits::key ||
        value->size() > store::Limits::value)
        return std::nullopt;
    part.row = {std::string(*key), std::string(*value)};
    if (!is_message(part.row))
        return part;
    const auto upload = mail::take_varint(from);
    if (!upload)
        return std::nullopt;
    part.upload = *upload;
    if (part.upload != 0)
        return part;
    const auto body = mail::take_bytes(from);
    if (!body || body->size() > store::Limits::small_blob)
        return std::nullopt;
    part.body = *body;
    return part;
}

Result<AccountInBackup> AccountInBackup::find(Repository& repository, const Manifest& manifest,
                                              const std::string& address)
{
    const auto wanted = mail::Mailbox::parse(address);
    if (!wanted)
        return fault(Fault::Kind::absent, fmt::format("{} is no address", printable(address)));
    auto key = "a" + directory::account_key(*wanted);
    const auto alias_key = "l" + directory::account_key(*wanted);
    std::string owner;
    AccountInBackup found;
    for (int round = 0; round < 2 && found.record_.empty(); ++round) {
        for (const auto& partition : manifest.partitions) {
            if (!partition.name.starts_with("d/"))
                continue;
            PartitionRows rows(repository, partition.chunks);
            for (;;) {
                const auto row = rows.next();
                if (!row)
                    return std::unexpected(row.error());
                if (!*row)
                    break;
                directory::AliasRecord alias;
                if ((*row)->key == key)
                    found.record_ = (*row)->value;
                else if ((*row)->key == alias_key && alias.ParseFromString((*row)->value))
                    owner = alias.account();
            }
        }
        key = "a" + owner;
    }
    directory::AccountRecord record;
    if (found.record_.empty())
        return fault(Fault::Kind::absent,
                     fmt::format("the backup has no account {}", wanted->text()));
    if (!record.ParseFromString(found.record_) || record.id() == 0)
        return fault(Fault::Kind::damaged,
                     fmt::format("the record of {} cannot be read", wanted->text()));
    found.address_ = record.address();
    found.partition_ = manifest.find(directory::partition_name(directory::AccountId{record.id()}));
    if (found.partition_ != nullptr)
        if (auto done = found.find_bodies(repository, manifest); !done)
            return std::unexpected(done.error());
    return found;
}

/// Before anything is written, so that a damaged account is told of while nothing is lost.
Result<void> AccountInBackup::find_bodies(Repository& repository, const Manifest& manifest)
{
    PartitionRows rows(repository, partition_->chunks);
    for (;;) {
        const auto row = rows.next();
        if (!row)
            return std::unexpected(row.error());
        if (!*row)
            break;
        if (!is_message(**row))
            continue;
        const auto id = body_id(**row);
        if (!id)
            return fault(Fault::Kind::damaged,
                         fmt::format("a message of {} cannot be read", address_));
        ++messages_;
        bodies_[*id];
    }
    BodyTable table(repository, manifest.body_chunks);
    std::size_t missing = bodies_.size();
    while (missing != 0) {
        auto body = table.next();
        if (!body)
            return std::unexpected(body.error());
        if (!*body)
            return fault(Fault::Kind::damaged,
                         fmt::format("{} bodies of {} are not in the backup", missing, address_));
        const auto wanted = bodies_.find((*body)->id);
        if (wanted == bodies_.end())
            continue;
        wanted->second = std::move(**body);
        --missing;
    }
    return {};
}

const StoredBody* AccountInBackup::body(const store::Row& message) const
{
    const auto id = body_id(message);
    const auto found = id ? bodies_.find(*id) : bodies_.end();
    return found == bodies_.end() ? nullptr : &found->second;
}

} // namespace posthouse::archive
