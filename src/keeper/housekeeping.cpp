// SPDX-License-Identifier: Apache-2.0
#include "keeper/housekeeping.hpp"

#include "base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace posthouse::keeper {

Task<void> Housekeeping::run()
{
    for (int round = 1;; ++round) {
        timer_.expires_after(every);
        auto [error] =
            co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error)
            co_return;
        office_.open_accounts.set_memory(office_.config().mailboxes.index_memory);
        office_.open_accounts.shrink();
        if (round % expiry_every == 1)
            (void)co_await expire(wall_clock());
    }
}

Task<std::uint64_t> Housekeeping::expire(Timestamp now)
{
    const auto expires = [](const auto& folder) { return folder.expire_after.count() > 0; };
    if (std::ranges::none_of(office_.config().mailboxes.folders, expires))
        co_return 0;
    std::uint64_t gone = 0;
    std::string after;
    for (;;) {
        auto page = co_await office_.accounts.list(after, 200);
        if (!page)
            co_return gone; // Another time.
        for (const auto& account : page->accounts)
            gone += co_await expire_account(
                mailbox::AccountId{static_cast<std::uint64_t>(account.id)}, now);
        if (page->after.empty())
            co_return gone;
        after = page->after;
    }
}

Task<std::uint64_t> Housekeeping::expire_account(mailbox::AccountId id, Timestamp now)
{
    std::uint64_t count = 0;
    auto account = co_await office_.open_accounts.open(id);
    if (!account)
        co_return count;
    const auto folders = office_.config().mailboxes.folders; // They may be configured anew.
    for (const auto& folder : folders) {
        if (folder.expire_after.count() <= 0)
            continue;
        const auto box = (*account)->find(folder.name);
        if (!box || !co_await (*account)->load(*box))
            continue;
        const auto before = to_microseconds(now - folder.expire_after);
        mail::UidSet old;
        for (const auto& entry : (*account)->entries(*box))
            if (entry.save_date < before)
                old.add(entry.uid);
        if (old.empty())
            continue;
        if (const auto gone = co_await (*account)->expunge(*box, std::move(old))) {
            count += gone->size();
            log::info("mailbox.expired", {{"account", static_cast<std::uint64_t>(id)},
                                          {"mailbox", folder.name},
                                          {"messages", gone->size()}});
        }
    }
    co_return count;
}

} // namespace posthouse::keeper
