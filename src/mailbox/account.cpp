// SPDX-License-Identifier: Apache-2.0
#include "mailbox/account.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr std::uint32_t inbox_id = 1;
constexpr std::size_t settled_a_commit = 500;

void append_u32(std::string& to, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        to += static_cast<char>(value >> shift & 0xff);
}

// b: mailboxes, m: messages by mailbox and uid, i: delivery ids, x: claims to give up.
std::string mailbox_key(std::uint32_t mailbox)
{
    std::string key("b");
    append_u32(key, mailbox);
    return key;
}

std::string messages_key(std::uint32_t mailbox)
{
    std::string key("m");
    append_u32(key, mailbox);
    return key;
}

std::string message_key(std::uint32_t mailbox, Uid uid)
{
    auto key = messages_key(mailbox);
    append_u32(key, static_cast<std::uint32_t>(uid));
    return key;
}

std::string delivered_key(std::uint64_t delivery)
{
    std::string key("i");
    append_u64(key, delivery);
    return key;
}

std::string release_key(const store::BlobId& blob, std::uint64_t delivery)
{
    auto key = "x" + blob.bytes();
    append_u64(key, delivery);
    return key;
}

Uid uid_in(std::string_view key)
{
    std::uint32_t value = 0;
    for (std::size_t i = 5; i < 9; ++i)
        value = value << 8 | static_cast<unsigned char>(key[i]);
    return Uid{value};
}

/// As it is read: with our own fields before it, and its body as edited.
std::uint64_t bytes_of(const Message& message)
{
    auto bytes = message.prefix().size() + message.body_bytes();
    for (const auto& edit : message.edits())
        bytes = bytes - edit.length() + edit.text().size();
    return bytes;
}

} // namespace

store::PartitionId partition_of(AccountId id)
{
    return {"a/" + base32_encode(static_cast<std::uint64_t>(id))};
}

Task<Account::Result<std::shared_ptr<Account>>> Account::open(store::Engine& engine, AccountId id,
                                                              Timestamp now)
{
    std::shared_ptr<Account> account(new Account(engine, id));
    auto& inbox = account->inbox_;
    for (;;) {
        auto page = co_await engine.partitions().read(partition_of(id), {mailbox_key(inbox_id)});
        if (!page)
            co_return std::unexpected(page.error());
        if (!page->rows.empty()) {
            if (!inbox.ParseFromString(page->rows.front().value))
                co_return std::unexpected(store::Error::corrupt);
            if (auto settled = co_await account->settle_releases(); !settled)
                co_return std::unexpected(settled.error());
            co_return account;
        }
        inbox.set_id(inbox_id);
        inbox.set_name("INBOX");
        // Seconds since 1970: greater each time an account of this name is made anew.
        inbox.set_uid_validity(static_cast<std::uint32_t>(to_microseconds(now) / 1'000'000));
        inbox.set_uid_next(1);
        // Two may open it at once. Only one makes the INBOX, as a second one would begin anew with
        // uids that have messages by then; the other reads what was made.
        store::Commit first;
        first.partition = partition_of(id);
        first.expect = page->at;
        first.put.push_back({mailbox_key(inbox_id), inbox.SerializeAsString()});
        auto made = co_await engine.partitions().commit(std::move(first));
        if (made)
            co_return account;
        if (made.error() != store::Error::conflict)
            co_return std::unexpected(made.error());
    }
}

Task<Account::Result<bool>> Account::was_delivered(std::uint64_t id)
{
    auto page = co_await engine_.partitions().read(writer_.partition(), {delivered_key(id)});
    if (!page)
        co_return std::unexpected(page.error());
    co_return !page->rows.empty();
}

Task<Account::Result<void>> Account::deliver(Delivery delivery, Timestamp now)
{
    const auto done_key = delivered_key(delivery.id);
    auto before = co_await was_delivered(delivery.id);
    if (!before)
        co_return std::unexpected(before.error());
    if (*before)
        co_return Result<void>{};

    delivery.message.set_delivery(delivery.id);
    Delivered mark;
    mark.set_at(to_microseconds(now));
    auto applied = co_await writer_.apply([this, &delivery, &done_key, &mark](auto& batch) {
        // The uid is drawn when the commit's turn comes, so uids grow in the order of commits.
        const auto uid = Uid{inbox_.uid_next()};
        expects(inbox_.uid_next() != 0);
        inbox_.set_uid_next(inbox_.uid_next() + 1);
        batch.put(mailbox_key(inbox_id), inbox_.SerializeAsString());
        batch.put(message_key(inbox_id, uid), delivery.message.SerializeAsString());
        batch.put(done_key, mark.SerializeAsString());
        for (std::size_t i = 0; i < settled_a_commit && !settled_.empty(); ++i) {
            batch.erase(delivered_key(settled_.back()));
            settled_.pop_back();
        }
        batch.hint("inbox");
    });
    if (!applied)
        co_return std::unexpected(applied.error());
    co_return Result<void>{};
}

Task<Account::Result<Account::Snapshot>> Account::snapshot()
{
    Snapshot shot{UidValidity{inbox_.uid_validity()}, {}};
    std::string after;
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), messages_key(inbox_id),
                                                       after, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& row : page->rows) {
            Message message;
            if (!message.ParseFromString(row.value))
                continue; // A damaged record hides one message, not the mailbox.
            shot.messages.push_back(
                {uid_in(row.key), bytes_of(message)});
        }
        if (!page->more)
            co_return shot;
        after = page->rows.back().key;
    }
}

Task<Account::Result<Message>> Account::message(Uid uid)
{
    auto page =
        co_await engine_.partitions().read(writer_.partition(), {message_key(inbox_id, uid)});
    if (!page)
        co_return std::unexpected(page.error());
    if (page->rows.empty())
        co_return std::unexpected(store::Error::not_found);
    Message message;
    if (!message.ParseFromString(page->rows.front().value))
        co_return std::unexpected(store::Error::corrupt);
    co_return message;
}

Task<Account::Result<void>> Account::expunge(std::vector<Uid> uids)
{
    struct Doomed {
        std::string key;
        store::BlobId body;
        std::uint64_t delivery = 0;
        bool shared = false;
    };
    std::vector<Doomed> doomed;
    for (const auto uid : uids) {
        auto found = co_await message(uid);
        if (!found && found.error() == store::Error::not_found)
            continue;
        if (!found)
            co_return std::unexpected(found.error());
        const auto body = store::BlobId::from_bytes(found->body());
        if (!body)
            co_return std::unexpected(store::Error::corrupt);
        doomed.push_back(
            {message_key(inbox_id, uid), *body, found->delivery(), found->shared_body()});
    }
    if (doomed.empty())
        co_return Result<void>{};
    auto applied = co_await writer_.apply([&doomed](auto& batch) {
        for (const auto& message : doomed) {
            batch.erase(message.key);
            if (message.shared)
                batch.put(release_key(message.body, message.delivery), {});
            else
                batch.drop_blob(message.body);
        }
        batch.hint("inbox");
    });
    if (!applied)
        co_return std::unexpected(applied.error());
    const bool shared = std::ranges::any_of(doomed, &Doomed::shared);
    if (shared)
        co_return co_await settle_releases();
    co_return Result<void>{};
}

Task<Account::Result<void>> Account::settle_releases()
{
    SharedBodies bodies(engine_);
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), "x", {}, 100);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& row : page->rows) {
            const auto blob = store::BlobId::from_bytes(std::string_view(row.key).substr(1, 16));
            if (!blob)
                co_return std::unexpected(store::Error::corrupt);
            const auto delivery = read_u64(std::string_view(row.key).substr(17));
            auto released = co_await bodies.release(*blob, SharedBodies::claim_of(id_, delivery));
            if (!released)
                co_return std::unexpected(released.error());
        }
        if (page->rows.empty())
            co_return Result<void>{};
        auto erased = co_await writer_.apply([&rows = page->rows](auto& batch) {
            for (const auto& row : rows)
                batch.erase(row.key);
        });
        if (!erased)
            co_return std::unexpected(erased.error());
    }
}

} // namespace posthouse::mailbox
