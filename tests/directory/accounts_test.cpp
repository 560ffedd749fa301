// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts.hpp"

#include "directory/password.hpp"
#include "store/memory_engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <utility>

namespace posthouse::directory {
namespace {

constexpr Timestamp now = Timestamp(std::chrono::seconds(1'700'000'000));

mail::Mailbox box(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

template <class T>
Task<> keep(Task<T> task, std::optional<T>& to)
{
    to = co_await std::move(task);
}

/// A store whose reads may come back late: with what was true when they were asked.
class LateEngine final : public store::Engine, store::Partitions {
public:
    explicit LateEngine(store::Engine& inner) : inner_(inner) {}
    int late = 0; // So many turns of the executor

    store::Partitions& partitions() override { return *this; }
    store::Blobs& blobs() override { return inner_.blobs(); }
    store::Hints& hints() override { return inner_.hints(); }

private:
    Task<store::Result<store::Page>> read(store::PartitionId id,
                                          std::vector<std::string> keys) override
    {
        const int turns = std::exchange(late, 0); // The next one only
        auto page = co_await inner_.partitions().read(std::move(id), std::move(keys));
        for (int i = 0; i < turns; ++i)
            co_await boost::asio::post(boost::asio::use_awaitable);
        co_return page;
    }
    Task<store::Result<store::Version>> commit(store::Commit commit) override
    {
        return inner_.partitions().commit(std::move(commit));
    }
    Task<store::Result<store::Page>> scan(store::PartitionId id, std::string prefix,
                                          std::string after, std::size_t limit) override
    {
        return inner_.partitions().scan(std::move(id), std::move(prefix), std::move(after), limit);
    }
    Task<store::Result<store::Version>> version(store::PartitionId id) override
    {
        return inner_.partitions().version(std::move(id));
    }
    Task<store::Result<void>> drop(store::PartitionId id, store::Version expect) override
    {
        return inner_.partitions().drop(std::move(id), expect);
    }
    Task<store::Result<std::vector<store::PartitionId>>> list(std::string prefix, std::string after,
                                                              std::size_t limit) override
    {
        return inner_.partitions().list(std::move(prefix), std::move(after), limit);
    }

    store::Engine& inner_;
};

class AccountsTest : public testing::Test {
protected:
    AccountsTest() { reopen(); }

    void reopen()
    {
        accounts.reset();
        engine.reset();
        engine.emplace(io.get_executor(), disk);
        accounts.emplace(*engine, random, 100);
        accounts->set_domains(
            {*mail::Domain::parse("example.org"), *mail::Domain::parse("example.net")});
    }

    template <class T>
    void start(Task<T> task, std::optional<T>& to)
    {
        boost::asio::co_spawn(io, keep(std::move(task), to), boost::asio::detached);
    }

    void finish()
    {
        io.restart();
        io.run();
    }

    template <class T>
    T run(Task<T> task)
    {
        std::optional<T> result;
        start(std::move(task), result);
        finish();
        return std::move(result.value());
    }

    Account added(std::string_view address)
    {
        return run(accounts->add(box(address), "", now)).value();
    }
    std::optional<AccountId> id_of(std::string_view address)
    {
        return run(accounts->id_of(box(address))).value();
    }

    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    SeededRandom random{1};
    std::optional<store::MemoryEngine> engine;
    std::optional<Accounts> accounts;
    const std::string verifier = *hash_password(Secret("x"), PasswordCost::least);
};

using AccountsDeathTest = AccountsTest;

TEST_F(AccountsTest, KeepsAnAccountAcrossAReopening)
{
    const auto account = run(accounts->add(box("Fritz@Example.org"), verifier, now)).value();
    EXPECT_EQ(account.address, "Fritz@example.org");
    EXPECT_NE(account.id, AccountId{});
    reopen();
    EXPECT_EQ(run(accounts->find(box("fritz@example.org"))).value(), account);
    EXPECT_EQ(account.created, now);
    EXPECT_EQ(account.verifier, verifier);
    EXPECT_EQ(partition_name(account.id).size(), 15u);
}

TEST_F(AccountsTest, FindsAnAddressWhateverItsCase)
{
    const auto id = added("Fritz@example.org").id;
    EXPECT_EQ(id_of("fRITZ@EXAMPLE.org"), id);
    EXPECT_EQ(id_of("fritz@example.net"), std::nullopt);
    EXPECT_EQ(run(accounts->add(box("FRITZ@example.org"), "", now)).error(), Error::exists);
}

TEST_F(AccountsTest, TakesOnlyFitAddressesOfItsDomains)
{
    EXPECT_EQ(run(accounts->add(box("a@example.com"), "", now)).error(), Error::foreign);
    EXPECT_EQ(run(accounts->add(box("\"a b\"@example.org"), "", now)).error(), Error::bad_address);
    EXPECT_EQ(run(accounts->add(box("a@example.org"), "secret", now)).error(), Error::bad_verifier);
    EXPECT_EQ(id_of("a@example.org"), std::nullopt);
}

TEST_F(AccountsTest, ChangesPasswordAndAccessAndNothingElse)
{
    auto account = added("fritz@example.org");
    EXPECT_TRUE(run(accounts->set_password(box("FRITZ@example.org"), {.verifier = verifier})));
    EXPECT_TRUE(run(accounts->set_access(box("fritz@example.org"), Accounts::Access::disabled)));
    account.verifier = verifier;
    account.disabled = true;
    account.version += 2;
    EXPECT_EQ(run(accounts->find(box("fritz@example.org"))).value(), account);
    EXPECT_EQ(run(accounts->set_password(box("fritz@example.org"), {.verifier = "x"})).error(),
              Error::bad_verifier);
    EXPECT_EQ(
        run(accounts->set_password(box("nobody@example.org"), {.verifier = verifier})).error(),
        Error::not_found);
}

TEST_F(AccountsTest, NeverGivesAnIdTwice)
{
    const auto first = added("fritz@example.org");
    EXPECT_EQ(run(accounts->remove(box("fritz@example.org"))).value(), first);
    EXPECT_EQ(id_of("fritz@example.org"), std::nullopt);
    EXPECT_EQ(run(accounts->remove(box("fritz@example.org"))).error(), Error::not_found);

    disk->partitions[partition_name(first.id)].version =
        store::Version{1};    // Its mailbox is still there.
    random = SeededRandom(1); // The same draw again.
    EXPECT_NE(added("fritz@example.org").id, first.id);
}

TEST_F(AccountsTest, ListsAllAccountsInPages)
{
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i)
        names.insert(added("user" + std::to_string(i) + "@example.org").address);
    for (const std::size_t limit : {1u, 7u, 100u, 5000u}) {
        std::vector<std::string> listed;
        std::string after;
        do {
            auto page = run(accounts->list(after, limit)).value();
            EXPECT_LE(page.accounts.size(), limit);
            for (const auto& account : page.accounts)
                listed.push_back(account.address);
            after = page.after;
        } while (!after.empty());
        EXPECT_EQ(listed.size(), names.size()) << limit;
        EXPECT_EQ(std::set(listed.begin(), listed.end()), names) << limit;
    }
}

TEST_F(AccountsTest, SpreadsOverSixteenPartitions)
{
    for (int i = 0; i < 300; ++i)
        added("user" + std::to_string(i) + "@example.org");
    EXPECT_EQ(disk->partitions.size(), 16u);
    EXPECT_TRUE(disk->partitions.contains("d/00"));
    EXPECT_TRUE(disk->partitions.contains("d/15"));
}

// The shard of an address is part of the store's format: if this fails, accounts are lost.
TEST_F(AccountsTest, KeepsAnAddressWhereItAlwaysWas)
{
    added("fritz@example.org");
    added("user1@example.org");
    const auto holds = [&](const std::string& partition, const std::string& row) {
        return disk->partitions.contains(partition) &&
               disk->partitions.at(partition).rows.contains(row);
    };
    EXPECT_TRUE(holds("d/09", "afritz@example.org"));
    EXPECT_TRUE(holds("d/08", "auser1@example.org"));
}

TEST_F(AccountsTest, AnswersFromMemoryWhatWasAskedBefore)
{
    added("fritz@example.org");
    EXPECT_EQ(id_of("nobody@example.org"), std::nullopt);
    disk->partitions.clear(); // Nothing can be read any more,
    EXPECT_TRUE(id_of("fritz@example.org").has_value());
    EXPECT_FALSE(id_of("nobody@example.org").has_value());
    reopen(); // and a fresh one knows nothing.
    EXPECT_FALSE(id_of("fritz@example.org").has_value());
}

TEST_F(AccountsTest, ForgetsAnAbsenceOnceTheAccountIsMade)
{
    EXPECT_EQ(id_of("fritz@example.org"), std::nullopt);
    const auto id = added("fritz@example.org").id;
    EXPECT_EQ(id_of("fritz@example.org"), id);
    EXPECT_TRUE(run(accounts->remove(box("fritz@example.org"))));
    EXPECT_EQ(id_of("fritz@example.org"), std::nullopt);
}

TEST_F(AccountsTest, RemembersTheTruthHoweverReadsAndChangesInterleave)
{
    for (int lead = 0; lead < 12; ++lead) {
        reopen();
        const auto address = "user" + std::to_string(lead) + "@example.org";
        std::optional<Result<std::optional<AccountId>>> seen;
        std::optional<Result<Account>> made;
        start(accounts->id_of(box(address)), seen);
        io.restart();
        for (int i = 0; i < lead; ++i)
            io.run_one();
        start(accounts->add(box(address), "", now), made);
        finish();
        EXPECT_EQ(id_of(address), made->value().id) << lead;

        seen.reset();
        made.reset();
        reopen();
        start(accounts->remove(box(address)), made);
        io.restart();
        for (int i = 0; i < lead; ++i)
            io.run_one();
        start(accounts->id_of(box(address)), seen);
        finish();
        EXPECT_EQ(id_of(address), std::nullopt) << lead;
    }
}

TEST_F(AccountsTest, NeverRemembersWhatALateReadSaw)
{
    LateEngine late(*engine);
    Accounts slow(late, random);
    slow.set_domains({*mail::Domain::parse("example.org")});
    std::optional<Result<std::optional<AccountId>>> seen;
    std::optional<Result<Account>> made;
    late.late = 100;
    start(slow.id_of(box("fritz@example.org")), seen);
    start(slow.add(box("fritz@example.org"), "", now), made);
    finish();
    EXPECT_EQ(seen->value(), std::nullopt); // True when it was asked.
    EXPECT_EQ(run(slow.id_of(box("fritz@example.org"))).value(), made->value().id);
}

TEST_F(AccountsTest, LetsOnlyOneOfTwoChangesOfAnAddressWin)
{
    std::optional<Result<Account>> one, other;
    start(accounts->add(box("fritz@example.org"), "", now), one);
    start(accounts->add(box("FRITZ@example.org"), "", now), other);
    finish();
    EXPECT_TRUE(one->has_value());
    EXPECT_EQ(other->error(), Error::unavailable);
    EXPECT_EQ(id_of("fritz@example.org"), one->value().id);
}

TEST_F(AccountsTest, SaysWhatBecameOfAFailedCommit)
{
    using store::Fault;
    const struct {
        Fault fault;
        Error error;
    } cases[] = {{Fault::no_space, Error::no_space}, {Fault::unavailable, Error::unavailable}};
    for (const auto& [fault, error] : cases) {
        engine->fail_commit(0, fault);
        EXPECT_EQ(run(accounts->add(box("fritz@example.org"), "", now)).error(), error);
        EXPECT_EQ(id_of("fritz@example.org"), std::nullopt);
    }
    engine->fail_commit(0, Fault::unknown_applied);
    EXPECT_TRUE(run(accounts->add(box("a@example.org"), "", now)));
    engine->fail_commit(0, Fault::unknown_lost);
    EXPECT_EQ(run(accounts->add(box("b@example.org"), "", now)).error(), Error::unavailable);
    EXPECT_EQ(id_of("b@example.org"), std::nullopt);
    EXPECT_TRUE(run(accounts->add(box("b@example.org"), "", now)));
}

TEST_F(AccountsTest, RemembersNothingWhileAnOutcomeIsOpen)
{
    const auto address = "fritz@example.org";
    engine->fail_all(store::Fault::unknown_lost);
    EXPECT_EQ(run(accounts->add(box(address), "", now)).error(), Error::unknown);
    EXPECT_EQ(id_of(address), std::nullopt); // For now; it may yet come.
    engine->fail_all(store::Fault::none);

    // It does come, as far as this store is concerned: the row of another engine's disk.
    store::MemoryEngine other(io.get_executor(), disk);
    Accounts writer(other, random);
    writer.set_domains({*mail::Domain::parse("example.org")});
    const auto id = run(writer.add(box(address), "", now)).value().id;
    EXPECT_EQ(id_of(address), id);
}

TEST_F(AccountsTest, SaysThatADamagedRowIsDamaged)
{
    added("fritz@example.org");
    for (auto& [name, partition] : disk->partitions)
        for (auto& [key, value] : partition.rows)
            value = "\xff\xff";
    reopen();
    EXPECT_EQ(run(accounts->find(box("fritz@example.org"))).error(), Error::broken);
    EXPECT_EQ(run(accounts->id_of(box("fritz@example.org"))).error(), Error::broken);
    EXPECT_EQ(run(accounts->list("", 10)).error(), Error::broken);
}

} // namespace
} // namespace posthouse::directory
