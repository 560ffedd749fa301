// SPDX-License-Identifier: Apache-2.0
// An account that has come whole from a backup takes its place.
#include "keeper/account_restore.hpp"

#include "archive/account_parts.hpp"
#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "textindex/text_index.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthouse::keeper {
namespace {

constexpr std::size_t copied_bytes = 2u << 20;
const std::string first_row = "!"; // the record's; an account's rows come behind it

store::PartitionId aside(mailbox::AccountId id)
{
    return {std::string(archive::restore_prefix) + base32_encode(static_cast<std::uint64_t>(id))};
}

/// The account is shut as long as this lives, and on if it is not to be seen.
struct Closing {
    OpenAccounts& accounts;
    mailbox::AccountId id;
    bool presentable = true;
    Closing(OpenAccounts& a, mailbox::AccountId i) : accounts(a), id(i) { accounts.shut(id); }
    ~Closing()
    {
        if (presentable)
            accounts.reopen(id);
    }
    Closing(const Closing&) = delete;
};

store::Error store_error(mailbox::Error error)
{
    return error == mailbox::Error::no_space  ? store::Error::no_space
           : error == mailbox::Error::corrupt ? store::Error::corrupt
                                              : store::Error::unavailable;
}

/// Of the letters that are there now: others are going to have their numbers.
Task<store::Result<void>> erase_index(store::Engine& engine, mailbox::AccountId id)
{
    const auto partition = textindex::partition_of(static_cast<std::uint64_t>(id));
    const auto version = co_await engine.partitions().version(partition);
    if (!version)
        co_return std::unexpected(version.error());
    if (*version == store::Version::none)
        co_return store::Result<void>{};
    co_return co_await engine.partitions().drop(partition, *version);
}

} // namespace

/// Each step may be repeated from its stage.
Task<store::Result<void>> AccountRestore::go_on(Record record,
                                                std::vector<std::string>& lost_aliases)
{
    const mailbox::AccountId id{record.account()};
    Closing closing(office_.open_accounts, id);
    if (house_.sessions != nullptr)
        house_.sessions->close_account(id, "The account is being restored from a backup");
    if (!co_await wait_until_free(id)) {
        record.set_stage(Record::WRITING); // Nothing was done, and no start shall do it.
        auto kept = co_await keep(record);
        co_return std::unexpected(kept ? store::Error::unavailable : kept.error());
    }
    closing.presentable = false;
    if (record.stage() == Record::WHOLE) {
        if (auto cleared = co_await clear(id); !cleared)
            co_return cleared;
        record.set_stage(Record::CLEARED);
        if (auto kept = co_await keep(record); !kept)
            co_return kept;
    }
    if (auto copied = co_await copy(id); !copied)
        co_return copied;
    if (!record.record().empty())
        if (auto entered = co_await enter(record, lost_aliases); !entered)
            co_return entered;
    const auto version = co_await office_.engine.partitions().version(aside(id));
    if (!version)
        co_return std::unexpected(version.error());
    // Not before: a start would copy once more, over what has come to the account meanwhile.
    auto dropped = co_await office_.engine.partitions().drop(aside(id), *version);
    closing.presentable = dropped.has_value();
    if (dropped)
        log::info("account.restored", {{"address", record.address()}});
    co_return dropped;
}

/// Nobody opens it any more; who has it gives it back when his operation ends.
Task<bool> AccountRestore::wait_until_free(mailbox::AccountId id)
{
    boost::asio::steady_timer timer(office_.executor());
    const auto until = Instant::clock::now() + Limits::patience;
    while (!office_.open_accounts.is_free(id)) {
        if (Instant::clock::now() >= until)
            co_return false;
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    office_.open_accounts.forget(id);
    co_return true;
}

/// What the account has now goes, with its bodies and claims.
Task<store::Result<void>> AccountRestore::clear(mailbox::AccountId id)
{
    auto unindexing = house_.erase_index ? house_.erase_index(id) : erase_index(office_.engine, id);
    if (auto unindexed = co_await std::move(unindexing); !unindexed)
        co_return unindexed;
    const auto partition = mailbox::partition_of(id);
    auto version = co_await office_.engine.partitions().version(partition);
    if (!version)
        co_return std::unexpected(version.error());
    if (*version == store::Version::none)
        co_return store::Result<void>{};
    {
        auto account = co_await mailbox::Account::open(office_.engine, id, wall_clock());
        if (!account)
            co_return std::unexpected(store_error(account.error()));
        if (auto settled = co_await (*account)->settle(); !settled)
            co_return std::unexpected(store_error(settled.error()));
        if (auto emptied = co_await (*account)->empty(); !emptied)
            co_return std::unexpected(store_error(emptied.error()));
    }
    version = co_await office_.engine.partitions().version(partition);
    if (!version)
        co_return std::unexpected(version.error());
    co_return co_await office_.engine.partitions().drop(partition, *version);
}

/// Into a partition that has nothing but, perhaps, what an earlier try has copied.
Task<store::Result<void>> AccountRestore::copy(mailbox::AccountId id)
{
    const auto partition = mailbox::partition_of(id);
    const auto there = co_await office_.engine.partitions().version(partition);
    if (!there)
        co_return std::unexpected(there.error());
    if (*there != store::Version::none)
        if (auto dropped = co_await office_.engine.partitions().drop(partition, *there); !dropped)
            co_return dropped;
    store::Commit commit;
    std::size_t bytes = 0;
    for (auto after = first_row;;) {
        auto page = co_await office_.engine.partitions().scan(aside(id), {}, after, 200);
        if (!page)
            co_return std::unexpected(page.error());
        for (auto& row : page->rows) {
            after = row.key;
            bytes += row.key.size() + row.value.size();
            commit.put.push_back(std::move(row));
            if (bytes < copied_bytes && (&row != &page->rows.back() || page->more) &&
                commit.put.size() < store::Limits::commit_rows / 2)
                continue;
            commit.partition = partition;
            const auto done =
                co_await office_.engine.partitions().commit(std::exchange(commit, {}));
            if (!done)
                co_return std::unexpected(done.error());
            bytes = 0;
        }
        if (!page->more)
            co_return store::Result<void>{};
    }
}

/// From here on mail is taken for it, and its owner logs in.
Task<store::Result<void>> AccountRestore::enter(const Record& record,
                                                std::vector<std::string>& lost_aliases)
{
    const auto address = mail::Mailbox::parse(record.address());
    if (!address)
        co_return std::unexpected(store::Error::corrupt);
    const auto entered = co_await office_.accounts.put_back(
        *address, directory::AccountId{record.account()}, record.record());
    if (!entered)
        co_return std::unexpected(entered.error() == directory::Error::no_space
                                      ? store::Error::no_space
                                      : store::Error::unavailable);
    lost_aliases = *entered;
    co_return store::Result<void>{};
}

/// With the bodies that its rows name, a page a commit.
Task<store::Result<void>> AccountRestore::remove_aside(mailbox::AccountId id)
{
    for (;;) {
        auto page =
            co_await office_.engine.partitions().scan(aside(id), "e", {}, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(page.error());
        if (page->rows.empty())
            break;
        store::Commit commit;
        commit.partition = aside(id);
        for (auto& row : page->rows) {
            mailbox::Message message;
            const auto body = message.ParseFromString(row.value)
                                  ? store::BlobId::from_bytes(message.body())
                                  : std::nullopt;
            if (body)
                commit.drop_blobs.push_back(*body);
            commit.erase.push_back(std::move(row.key));
        }
        if (auto done = co_await office_.engine.partitions().commit(std::move(commit)); !done)
            co_return std::unexpected(done.error());
    }
    const auto version = co_await office_.engine.partitions().version(aside(id));
    if (!version)
        co_return std::unexpected(version.error());
    if (*version == store::Version::none)
        co_return store::Result<void>{};
    co_return co_await office_.engine.partitions().drop(aside(id), *version);
}

} // namespace posthouse::keeper
