// SPDX-License-Identifier: Apache-2.0
// What an account had goes with it. It is many commits: a row says that they are to come, from
// before the directory forgets the account until all of them are through.
#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/admin.hpp"
#include "keeper/text_indexing.hpp"

namespace posthouse::keeper {
namespace {

const store::PartitionId removals{"n/removals"};

std::string row_of(mailbox::AccountId id)
{
    return base32_encode(static_cast<std::uint64_t>(id));
}

Task<store::Result<void>> commit_removals(store::Engine& engine, store::Commit commit)
{
    commit.partition = removals;
    const auto done = co_await engine.partitions().commit(std::move(commit));
    if (!done)
        co_return std::unexpected(done.error());
    co_return store::Result<void>{};
}

Task<store::Result<void>> forget_removal(store::Engine& engine, std::string row)
{
    store::Commit commit;
    commit.erase.push_back(std::move(row));
    co_return co_await commit_removals(engine, std::move(commit));
}

} // namespace

Task<store::Result<void>> Admin::note_removal(const directory::Account& account)
{
    store::Commit commit;
    commit.put.push_back(
        {row_of(mailbox::AccountId{static_cast<std::uint64_t>(account.id)}), account.address});
    co_return co_await commit_removals(office_.engine, std::move(commit));
}

Task<mailbox::Result<void>> Admin::erase_removed(mailbox::AccountId id)
{
    auto erased = co_await erase_text_index(id);
    if (erased)
        erased = co_await erase_mailbox(id);
    if (house_.texts != nullptr)
        house_.texts->forget(id);
    if (!erased)
        co_return erased;
    if (const auto done = co_await forget_removal(office_.engine, row_of(id)); !done)
        co_return std::unexpected(mailbox::from_store(done.error()));
    co_return mailbox::Result<void>{};
}

/// An account that is there is there to stay: its removal never came so far, or it was brought back
/// from a backup.
Task<void> Admin::finish_removals()
{
    for (std::string after;;) {
        const auto page = co_await office_.engine.partitions().scan(removals, {}, after,
                                                                    store::Limits::page_rows);
        if (!page)
            co_return;
        for (const auto& row : page->rows) {
            const auto number = base32_decode(row.key);
            const auto address = mail::Mailbox::parse(row.value);
            if (!number || !address)
                continue;
            const auto there = co_await office_.accounts.find(*address);
            const auto restoring = co_await office_.engine.partitions().version(
                {std::string(archive::restore_prefix) + row.key});
            if (!there || !restoring || *restoring != store::Version::none)
                continue;
            if (*there && static_cast<std::uint64_t>((*there)->id) == *number) {
                (void)co_await forget_removal(office_.engine, row.key);
            } else if (auto erased = co_await erase_removed(mailbox::AccountId{*number}); !erased) {
                log::error("account.not_erased",
                           {{"address", row.value}, {"reason", mailbox::describe(erased.error())}});
            }
        }
        if (!page->more)
            co_return;
        after = page->rows.back().key;
    }
}

Task<mailbox::Result<void>> Admin::erase_mailbox(mailbox::AccountId id)
{
    const auto partition = mailbox::partition_of(id);
    auto version = co_await office_.engine.partitions().version(partition);
    if (!version)
        co_return std::unexpected(mailbox::from_store(version.error()));
    if (*version == store::Version::none)
        co_return mailbox::Result<void>{};
    auto account = co_await office_.open_accounts.open(id);
    if (!account)
        co_return std::unexpected(account.error());
    if (auto emptied = co_await (*account)->empty(); !emptied)
        co_return emptied;
    office_.open_accounts.forget(id);
    version = co_await office_.engine.partitions().version(partition);
    if (!version)
        co_return std::unexpected(mailbox::from_store(version.error()));
    auto dropped = co_await office_.engine.partitions().drop(partition, *version);
    if (!dropped)
        co_return std::unexpected(mailbox::from_store(dropped.error()));
    co_return mailbox::Result<void>{};
}

Task<mailbox::Result<void>> Admin::erase_text_index(mailbox::AccountId id)
{
    if (house_.texts != nullptr)
        co_return co_await house_.texts->erase(id);
    auto& partitions = office_.engine.partitions();
    const auto partition = textindex::partition_of(static_cast<std::uint64_t>(id));
    const auto version = co_await partitions.version(partition);
    if (!version)
        co_return std::unexpected(mailbox::from_store(version.error()));
    if (*version != store::Version::none)
        if (auto dropped = co_await partitions.drop(partition, *version); !dropped)
            co_return std::unexpected(mailbox::from_store(dropped.error()));
    co_return mailbox::Result<void>{};
}

} // namespace posthouse::keeper
