// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/backup.hpp"
#include "archive/restore.hpp"
#include "archive/store_id.hpp"
#include "archive/verify.hpp"
#include "directory/accounts.hpp"
#include "mailbox/account.hpp"
#include "spool/spool.hpp"
#include "store/memory_engine.hpp"
#include "tests/archive/memory_disk.hpp"
#include "tests/store/coroutine.hpp"

#include <gtest/gtest.h>

namespace posthouse::archive::tests {

inline Timestamp at(int seconds)
{
    return Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

/// A moment of an engine that this process has.
class EngineSource final : public Source {
public:
    EngineSource(boost::asio::io_context& io, store::Engine& engine) : io_(io)
    {
        SeededRandom random(reinterpret_cast<std::uintptr_t>(&engine));
        id_ = posthouse::tests::run(io_, archive::store_id(engine, random)).value();
        moment_ = std::move(posthouse::tests::run(io_, engine.snapshot()).value());
    }
    /// Called before each request.
    std::function<void()> meanwhile = [] {};

    const std::string& store_id() const override { return id_; }
    Result<std::vector<Partition>> partitions(const std::string& after) override
    {
        meanwhile();
        std::vector<Partition> found;
        for (const auto& name : run(moment_->list({}, after, 10)).value())
            found.push_back({name.name, static_cast<std::uint64_t>(
                                            run(moment_->scan(name, {}, {}, 0)).value().at)});
        return found;
    }
    Result<store::Page> rows(const std::string& partition, const std::string& after) override
    {
        meanwhile();
        return run(moment_->scan({partition}, {}, after, 50)).value();
    }
    Result<std::vector<store::Blobs::Listed>> bodies(store::BlobId after) override
    {
        meanwhile();
        return run(moment_->list_blobs(after, 20)).value();
    }
    Result<std::vector<std::string>> read(const std::vector<store::BlobId>& ids) override
    {
        meanwhile();
        std::vector<std::string> bodies;
        for (std::size_t i = 0; i < ids.size() && i < 3; ++i) {
            bodies.push_back(run(moment_->read_blob(ids[i], 0, Limits::body_piece)).value());
            ++bodies_read;
        }
        return bodies;
    }
    Result<std::string> read(store::BlobId id, std::uint64_t offset, std::size_t length) override
    {
        meanwhile();
        return run(moment_->read_blob(id, offset, length)).value();
    }
    std::size_t bodies_read = 0;

private:
    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io_, std::move(task));
    }
    boost::asio::io_context& io_;
    std::string id_;
    std::unique_ptr<store::Snapshot> moment_;
};

/// A store and a repository, both in memory.
struct Rig {
    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::MemoryEngine> engine =
        std::make_unique<store::MemoryEngine>(io.get_executor(), disk);
    MemoryDisk archive;
    SeededRandom random{17};
    int clock = 0;

    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    std::unique_ptr<Repository> open(Repository::Purpose purpose = Repository::Purpose::write)
    {
        auto opened = Repository::open(archive, "/backups", purpose);
        EXPECT_TRUE(opened) << opened.error().text;
        return opened ? std::move(*opened) : nullptr;
    }
    Result<Backup::Taken> back_up(EngineSource& source)
    {
        auto opened = Repository::open(archive, "/backups", Repository::Purpose::write);
        if (!opened)
            return std::unexpected(opened.error());
        Backup backup(source, **opened, {.server = "mx", .version = "1", .taken_at = at(++clock)},
                      {});
        return backup.run([this] { return at(++clock); });
    }
    Result<Backup::Taken> back_up()
    {
        EngineSource source(io, *engine);
        return back_up(source);
    }
    Verify::Report verify(Verify::Depth depth = Verify::Depth::full)
    {
        const auto repository = open(Repository::Purpose::read);
        Verify verify(*repository, depth, [](const auto&) {});
        auto report = verify.run(repository->backups().value());
        EXPECT_TRUE(report) << report.error().text;
        return report ? *report : Verify::Report();
    }
    /// Into a new store; its disk.
    std::shared_ptr<store::MemoryDisk> restore(const std::string& name, Restore::Options options)
    {
        auto to = std::make_shared<store::MemoryDisk>();
        store::MemoryEngine fresh(io.get_executor(), to);
        const auto repository = open(Repository::Purpose::read);
        const auto manifest = repository->manifest(repository->find(name).value());
        Restore restoring(*repository, *manifest, options, [](const auto&) {});
        const auto done = run(restoring.run(fresh, random));
        EXPECT_TRUE(done) << done.error().text;
        return to;
    }
    std::shared_ptr<mailbox::Account> account(std::uint64_t id)
    {
        return run(mailbox::Account::open(*engine, mailbox::AccountId{id}, at(0))).value();
    }
    mailbox::Account::NewMessage message(const std::string& text)
    {
        mailbox::Account::NewMessage made;
        made.message.set_body(engine->blobs().new_id().bytes());
        made.message.set_body_bytes(text.size());
        made.size = text.size();
        made.data = text;
        made.internal_date = to_microseconds(at(1));
        return made;
    }
    std::uint32_t append(mailbox::Account& to, const std::string& text,
                         mailbox::MailboxId box = mailbox::inbox)
    {
        std::vector<mailbox::Account::NewMessage> one;
        one.push_back(message(text));
        const auto added = run(to.append(box, std::move(one), at(2)));
        EXPECT_TRUE(added);
        return added ? added->uids.smallest() : 0;
    }
    void mark_seen(mailbox::Account& in, std::uint32_t first, std::uint32_t last)
    {
        mailbox::Account::StoreOrder order;
        order.uids = mail::UidSet::range(first, last);
        order.flags.system = mail::SystemFlag::seen;
        EXPECT_TRUE(run(in.store(mailbox::inbox, std::move(order))));
    }
};

/// What a backup is of: the rest may differ.
inline std::map<std::string, std::map<std::string, std::string, std::less<>>>
rows_of(const store::MemoryDisk& disk)
{
    std::map<std::string, std::map<std::string, std::string, std::less<>>> all;
    for (const auto& [name, partition] : disk.partitions)
        if (is_backed_up(name)) {
            auto rows = partition.rows;
            std::erase_if(rows, [](const auto& row) { return row.first.starts_with('\0'); });
            if (!rows.empty())
                all[name] = std::move(rows);
        }
    return all;
}

inline std::map<store::BlobId, std::pair<std::string, std::string>>
bodies_of(const store::MemoryDisk& disk)
{
    std::map<store::BlobId, std::pair<std::string, std::string>> all;
    for (const auto& [id, blob] : disk.blobs)
        all[id] = {blob.owner.name, blob.data};
    return all;
}

} // namespace posthouse::archive::tests
