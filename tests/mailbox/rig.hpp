// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/account.hpp"
#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace posthouse::mailbox::tests {

inline constexpr AccountId ada{7};

inline Timestamp at(int seconds)
{
    return Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

/// An account on a disk in memory, that can be closed and opened again.
struct Rig {
    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::MemoryEngine> engine =
        std::make_unique<store::MemoryEngine>(io.get_executor(), disk);
    std::shared_ptr<Account> account;
    Duration keep{};          ///< expunged messages
    Timestamp clock = at(10); ///< of what is expunged

    Rig() { reopen(); }

    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    /// What a restart has.
    void reopen()
    {
        account.reset();
        engine = std::make_unique<store::MemoryEngine>(io.get_executor(), disk);
        auto opened = run(Account::open(*engine, ada, at(0)));
        if (opened)
            keep_in(**opened);
        if (opened && run((*opened)->settle()))
            account = *opened;
    }
    void keep_in(Account& opened)
    {
        opened.keep_expunged(keep, [this] { return clock; });
    }
    void keep_expunged(Duration duration)
    {
        keep = duration;
        keep_in(*account);
    }
    /// "INBOX:1,2 Box:7", the oldest first.
    std::string graced()
    {
        std::string all;
        Account::GracedPage page;
        do {
            auto next = run(account->graced({}, page.next));
            EXPECT_TRUE(next);
            page = next.value_or(Account::GracedPage());
            for (const auto& one : page.messages)
                all += (all.empty() ? "" : " ") + one.mailbox + ":" + std::to_string(one.entry.uid);
        } while (!page.next.empty());
        return all;
    }
    Account::Undeleted undelete(Account::WantedBack wanted = {},
                                Account::UidsBack uids = Account::UidsBack::kept)
    {
        auto back = run(account->undelete(std::move(wanted), uids, clock));
        EXPECT_TRUE(back);
        return back.value_or(Account::Undeleted());
    }

    Account::NewMessage message(const std::string& text, mail::Flags flags = {})
    {
        Account::NewMessage made;
        const auto blob = engine->blobs().new_id();
        made.message.set_body(blob.bytes());
        made.message.set_body_bytes(text.size());
        made.size = text.size();
        made.data = text;
        made.summary = "summary of " + text;
        made.flags = std::move(flags);
        made.internal_date = to_microseconds(at(1));
        return made;
    }
    std::uint32_t append(MailboxId to, const std::string& text, mail::Flags flags = {})
    {
        std::vector<Account::NewMessage> one;
        one.push_back(message(text, std::move(flags)));
        auto added = run(account->append(to, std::move(one), at(2)));
        EXPECT_TRUE(added);
        return added ? added->uids.smallest() : 0;
    }
    MailboxId create(const std::string& name)
    {
        auto made = run(account->create(name, {}, at(3)));
        EXPECT_TRUE(made) << describe(made.error());
        return made.value_or(MailboxId{});
    }
    std::vector<Entry> entries(MailboxId id)
    {
        EXPECT_TRUE(run(account->load(id)));
        const auto span = account->entries(id);
        return {span.begin(), span.end()};
    }
    std::string uids(MailboxId id)
    {
        mail::UidSet set;
        for (const auto& entry : entries(id))
            set.add(entry.uid);
        return set.text();
    }
    Result<Account::Stored> store(MailboxId id, const std::string& set, Account::FlagChange change,
                                  mail::Flags flags)
    {
        Account::StoreOrder order;
        order.uids = *mail::UidSet::parse(set);
        order.change = change;
        order.flags = std::move(flags);
        return run(account->store(id, std::move(order)));
    }
    /// The text of a message, through its record; "" where it is none.
    std::string text(MailboxId id, std::uint32_t uid)
    {
        auto found = run(account->message(id, Uid{uid}));
        if (!found)
            return {};
        auto body = run(engine->blobs().read(*store::BlobId::from_bytes(found->body()), 0, 1000));
        return body.value_or("");
    }
};

inline mail::Flags seen()
{
    return {.system = mail::SystemFlag::seen, .keywords = {}};
}
inline mail::Flags deleted()
{
    return {.system = mail::SystemFlag::deleted, .keywords = {}};
}

} // namespace posthouse::mailbox::tests
