// SPDX-License-Identifier: Apache-2.0
#include "keeper/housekeeping.hpp"

#include "base/log.hpp"
#include "mailbox/keys.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace posthouse::keeper {

Task<void> Housekeeping::run()
{
    bool passing = false;
    for (int round = 1;; ++round) {
        timer_.expires_after(every);
        auto [error] =
            co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error)
            co_return;
        office_.open_accounts.set_memory(office_.config().mailboxes.index_memory);
        office_.open_accounts.shrink();
        co_await make_room();
        passing = passing || round % rounds_a_pass == 1;
        Gone gone;
        if (passing)
            passing = co_await tend_some(wall_clock(), gone);
    }
}

Task<Housekeeping::Gone> Housekeeping::tend(Timestamp now)
{
    Gone gone;
    after_.clear();
    while (co_await tend_some(now, gone)) {
    }
    co_return gone;
}

Task<bool> Housekeeping::tend_some(Timestamp now, Gone& gone)
{
    auto page = co_await office_.accounts.list(after_, accounts_a_round);
    if (!page)
        co_return false;
    for (const auto& account : page->accounts)
        co_await tend_account(mailbox::AccountId{static_cast<std::uint64_t>(account.id)}, now,
                              gone);
    after_ = page->after;
    co_return !after_.empty();
}

/// Most accounts need nothing: that shows without opening them.
Task<void> Housekeeping::tend_account(mailbox::AccountId id, Timestamp now, Gone& gone)
{
    namespace key = mailbox::key;
    const auto& config = office_.config().mailboxes;
    const bool expires = std::ranges::any_of(
        config.folders, [](const auto& folder) { return folder.expire_after.count() > 0; });
    const auto keep_since = now - config.undelete;
    const auto partition = mailbox::partition_of(id);
    auto& partitions = office_.engine.partitions();
    const auto rows = co_await partitions.read(partition, {key::account, key::upkeep});
    const auto graced = co_await partitions.scan(partition, key::all_graced, {}, 1);
    if (!rows || !graced || rows->rows.empty() || rows->rows.front().key != key::account)
        co_return; // It has no mailboxes yet; or another time.
    const bool due = !graced->rows.empty() &&
                     from_microseconds(key::graced_at(graced->rows.front().key)) < keep_since;
    const bool upkeep = mailbox::upkeep_is_due(
        rows->rows.front().value, rows->rows.size() > 1 ? rows->rows[1].value : std::string(), now);
    if (!expires && !due && !upkeep)
        co_return;
    auto account = co_await office_.open_accounts.open(id);
    if (!account)
        co_return;
    if (expires)
        gone.expired += co_await expire_account(**account, now);
    if (due)
        if (const auto dropped = co_await (*account)->drop_graced(keep_since);
            dropped && *dropped > 0) {
            gone.dropped += *dropped;
            log::info("mailbox.grace_over",
                      {{"account", static_cast<std::uint64_t>(id)}, {"messages", *dropped}});
        }
    if (upkeep)
        (void)co_await (*account)->upkeep(now);
}

/// Expunged messages that can be brought back have what room the others leave them.
Task<void> Housekeeping::make_room()
{
    for (const auto& account : office_.open_accounts.wanting_room())
        if (const auto dropped = co_await account->make_room(); dropped && *dropped > 0)
            log::info("mailbox.grace_cut", {{"account", static_cast<std::uint64_t>(account->id())},
                                            {"messages", *dropped}});
}

Task<std::uint64_t> Housekeeping::expire_account(mailbox::Account& account, Timestamp now)
{
    std::uint64_t count = 0;
    const auto folders = office_.config().mailboxes.folders; // They may be configured anew.
    for (const auto& folder : folders) {
        if (folder.expire_after.count() <= 0)
            continue;
        const auto box = account.find(folder.name);
        if (!box || !co_await account.load(*box))
            continue;
        const auto before = to_microseconds(now - folder.expire_after);
        mail::UidSet old;
        for (const auto& entry : account.entries(*box))
            if (entry.save_date < before)
                old.add(entry.uid);
        if (old.empty())
            continue;
        if (const auto gone = co_await account.expunge(*box, std::move(old))) {
            count += gone->size();
            log::info("mailbox.expired", {{"account", static_cast<std::uint64_t>(account.id())},
                                          {"mailbox", folder.name},
                                          {"messages", gone->size()}});
        }
    }
    co_return count;
}

} // namespace posthouse::keeper
