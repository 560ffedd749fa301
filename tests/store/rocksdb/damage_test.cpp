// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "store/rocksdb/engine.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/store/rocksdb/power_cut_environment.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::store::rocksdb {
namespace {

using testing::HasSubstr;
using Kind = OpenFailure::Kind;

/// An engine on a disk in memory whose bytes the test may change.
class Damage : public testing::Test {
protected:
    std::expected<void, OpenFailure> open(Salvage salvage = Salvage::no)
    {
        engine.reset();
        OpenOptions options;
        options.executor = io.get_executor();
        options.data_dir = "/data";
        options.salvage = salvage;
        options.min_free_bytes = min_free;
        options.row_memtable_bytes = options.body_memtable_bytes = 1u << 20;
        options.cache_bytes = 64 * 1024;
        options.environment = tests::power_cut_environment(disk);
        auto opened = rocksdb::open(std::move(options));
        if (!opened)
            return std::unexpected(opened.error());
        engine = std::move(*opened);
        return {};
    }
    Result<Version> put(std::string partition, std::string key, std::string value)
    {
        Commit commit;
        commit.partition = {std::move(partition)};
        commit.put = {{std::move(key), std::move(value)}};
        return tests::run(io, engine->partitions().commit(std::move(commit)));
    }
    Result<BlobId> put_blob(std::size_t size)
    {
        Commit commit;
        commit.partition = {"b"};
        const BlobId id = engine->blobs().new_id();
        std::string data(size, '\0');
        SeededRandom random(id.sequence);
        for (char& c : data)
            c = static_cast<char>(random.next());
        commit.blobs.push_back({id, std::move(data)});
        auto done = tests::run(io, engine->partitions().commit(std::move(commit)));
        if (!done)
            return std::unexpected(done.error());
        return id;
    }
    Result<std::string> row(std::string partition, std::string key)
    {
        auto page = tests::run(io, engine->partitions().read({std::move(partition)}, {key}));
        if (!page)
            return std::unexpected(page.error());
        return page->rows.empty() ? "absent" : page->rows[0].value;
    }
    Result<std::string> body(BlobId id)
    {
        return tests::run(io, engine->blobs().read(id, 0, 1u << 30));
    }
    std::string& file(std::string_view ending)
    {
        for (const std::string& path : disk->paths("/data/"))
            if (path.ends_with(ending)) {
                tests::PowerCutDisk::FilePtr found;
                (void)disk->find(path, found);
                if (!found->data.empty())
                    return found->data;
            }
        throw std::runtime_error("no such file: " + std::string(ending));
    }
    /// Rows k0 to k9 and so on in one log, then closed.
    std::string& log_of_ten() { return log_of(10); }
    std::string& log_of(int rows)
    {
        EXPECT_TRUE(open());
        for (int i = 0; i < rows; ++i)
            EXPECT_TRUE(
                put("p", fmt::format("k{}", i), std::string(500, static_cast<char>('0' + i))));
        engine.reset();
        return file(".log");
    }

    boost::asio::io_context io;
    std::shared_ptr<tests::PowerCutDisk> disk = std::make_shared<tests::PowerCutDisk>();
    std::uint64_t min_free = 0;
    std::unique_ptr<Engine> engine;
};

TEST_F(Damage, C2ATornEndOfTheLogIsDropped)
{
    for (const std::size_t cut : {1u, 100u, 480u, 535u}) {
        disk = std::make_shared<tests::PowerCutDisk>();
        std::string& log = log_of_ten();
        log.resize(log.size() - cut);
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().text;
        EXPECT_EQ(row("p", "k8"), std::string(500, '8'));
        EXPECT_EQ(row("p", "k9"), "absent");
        ASSERT_TRUE(put("p", "k9", "again"));
        ASSERT_TRUE(open());
        EXPECT_EQ(row("p", "k9"), "again");
    }
}

TEST_F(Damage, C2AnEndOfTheLogThatIsGarbageIsDropped)
{
    std::string& log = log_of_ten();
    log[log.size() - 300] ^= '\1';
    log += std::string(5000, '\0');
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(row("p", "k8"), std::string(500, '8'));
    EXPECT_EQ(row("p", "k9"), "absent");
}

TEST_F(Damage, BeforeTheEndOfTheLogRefusesToOpenUntilSalvageIsAskedFor)
{
    log_of(72); // 40 KB: two blocks of the log
    const auto whole = std::make_shared<std::string>(file(".log"));
    // In a payload, in a length, in a checksum, in a type.
    const std::size_t second = whole->find(std::string(500, '4'));
    const std::size_t third = whole->find(std::string(500, '5'));
    ASSERT_NE(second, std::string::npos);
    for (std::size_t at = second + 450; at < third; at += 7) {
        SCOPED_TRACE(at);
        std::string& log = file(".log");
        log = *whole;
        log[at] ^= '\x15';
        const auto opened = open();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Kind::corrupt);
        EXPECT_THAT(opened.error().text, HasSubstr(".log is damaged at byte"));
        EXPECT_THAT(opened.error().text, HasSubstr("salvage"));
    }
    const auto salvaged = open(Salvage::yes);
    ASSERT_TRUE(salvaged) << salvaged.error().text;
    EXPECT_EQ(row("p", "k3"), std::string(500, '3'));
    // RocksDB goes on with the next block of 32 KiB.
    EXPECT_EQ(row("p", "k70"), std::string(500, '0' + 70));
    ASSERT_TRUE(put("p", "new", "1"));
    ASSERT_TRUE(open());
    EXPECT_EQ(row("p", "new"), "1");
}

TEST_F(Damage, OfOneRowOrBodyIsReportedForThatOneOnly)
{
    ASSERT_TRUE(open());
    for (int i = 0; i < 2000; ++i)
        ASSERT_TRUE(put("p", fmt::format("k{:05}", i), fmt::format("{:0300}", i * 7919)));
    std::vector<BlobId> bodies;
    for (int i = 0; i < 5; ++i)
        bodies.push_back(put_blob(30'000).value());
    ASSERT_TRUE(open()); // Recovery writes tables and blob files.
    ASSERT_TRUE(open());
    std::string& table = file(".sst");
    table[table.size() / 3] ^= '\1';
    std::string& blobs = file(".blob");
    blobs[blobs.size() / 2] ^= '\1';
    ASSERT_TRUE(open());
    int damaged = 0, whole = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto value = row("p", fmt::format("k{:05}", i));
        if (value) {
            EXPECT_EQ(*value, fmt::format("{:0300}", i * 7919));
            ++whole;
        } else {
            EXPECT_EQ(value.error(), Error::corrupt);
            ++damaged;
        }
    }
    EXPECT_GT(damaged, 0);
    EXPECT_LT(damaged, 200);
    EXPECT_EQ(damaged + whole, 2000);
    EXPECT_EQ(body(bodies[2]), std::unexpected(Error::corrupt));
    EXPECT_TRUE(body(bodies[1]));
    EXPECT_TRUE(body(bodies[3]));
    EXPECT_TRUE(put("p", "k", "v"));
}

TEST_F(Damage, MetByACompactionFencesTheStoreAndSalvageGoesOn)
{
    ASSERT_TRUE(open());
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(put("p", fmt::format("k{:05}", i), fmt::format("{:0300}", i * 7919)));
    ASSERT_TRUE(open()); // Recovery writes a table.
    std::string& table = file(".sst");
    table[table.size() / 3] ^= '\1';
    Result<Version> last = Version::none;
    for (int i = 0; i < 6; ++i) { // Each opening adds a table; four are compacted.
        if (!open())
            break; // The incarnation could not be counted: fenced before it was open.
        last = put("p", fmt::format("k{:05}", i), "new");
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (engine && last && std::chrono::steady_clock::now() < until)
        last = put("p", "k", "v");
    if (engine) {
        EXPECT_EQ(last, std::unexpected(Error::fenced));
    }
    ASSERT_TRUE(open(Salvage::yes));
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(put("p", "k", std::string(20'000, 'v')));
    EXPECT_EQ(row("p", "k"), std::string(20'000, 'v'));
}

TEST_F(Damage, OfALargeBodyIsReportedForItsBlockOnly)
{
    ASSERT_TRUE(open());
    const BlobId id = engine->blobs().new_id();
    auto sink = tests::run(io, engine->blobs().create(id, {"p"}));
    ASSERT_TRUE(sink);
    ASSERT_TRUE(tests::run(io, (*sink)->write(std::string(300'000, 'x'))));
    ASSERT_TRUE(tests::run(io, (*sink)->seal()));
    file(hex(id.bytes()))[70'000] ^= '\1';
    EXPECT_EQ(body(id), std::unexpected(Error::corrupt));
    EXPECT_EQ(tests::run(io, engine->blobs().read(id, 0, 60'000)), std::string(60'000, 'x'));
    EXPECT_EQ(tests::run(io, engine->blobs().read(id, 200'000, 60'000)), std::string(60'000, 'x'));
}

TEST_F(Damage, C6AFullDiskRefusesCommitsAndRecoversByItself)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(put("p", "before", "1"));
    disk->set_capacity(disk->used() + 2'000'000);
    int accepted = 0;
    Result<BlobId> refused = put_blob(100'000);
    for (; refused && accepted < 100; ++accepted)
        refused = put_blob(100'000);
    EXPECT_EQ(refused, std::unexpected(Error::no_space));
    EXPECT_GT(accepted, 3);
    EXPECT_EQ(put("p", "during", "1"), std::unexpected(Error::no_space));
    EXPECT_EQ(row("p", "before"), "1");
    disk->set_capacity(1u << 30);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    Result<Version> after = std::unexpected(Error::no_space);
    while (!after && std::chrono::steady_clock::now() < until)
        after = put("p", "after", "1");
    ASSERT_TRUE(after);
    EXPECT_EQ(row("p", "during"), "absent");
    ASSERT_TRUE(open());
    EXPECT_EQ(row("p", "during"), "absent");
    EXPECT_EQ(row("p", "after"), "1");
}

TEST_F(Damage, C7AFailedSyncIsUnknownAndNothingIsWrittenBehindIt)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(put("p", "before", "1"));
    disk->fail_syncs(EIO);
    EXPECT_EQ(put("p", "during", "1"), std::unexpected(Error::unknown));
    disk->fail_syncs(0);
    EXPECT_EQ(put("p", "behind", "1"), std::unexpected(Error::fenced));
    EXPECT_EQ(row("p", "before"), "1");
    ASSERT_TRUE(open());
    EXPECT_EQ(row("p", "before"), "1");
    EXPECT_EQ(row("p", "behind"), "absent");
    ASSERT_TRUE(put("p", "after", "1"));
}

TEST_F(Damage, KeepsTheLastRoomForWhatFreesSome)
{
    min_free = 1u << 20;
    ASSERT_TRUE(open());
    const auto id = put_blob(1000);
    ASSERT_TRUE(id);
    disk->set_capacity(disk->used() + 500'000);
    ASSERT_TRUE(open()); // Looks at once.
    EXPECT_EQ(put_blob(1000), std::unexpected(Error::no_space));
    EXPECT_EQ(tests::run(io, engine->blobs().create({9, 9}, {"b"})).error(), Error::no_space);
    Commit erase;
    erase.partition = {"b"};
    erase.drop_blobs = {*id};
    EXPECT_TRUE(tests::run(io, engine->partitions().commit(std::move(erase))));
    EXPECT_EQ(body(*id), std::unexpected(Error::not_found));
}

TEST_F(Damage, RefusesADirectoryOfANewerVersionAndOneThatIsInUse)
{
    ASSERT_TRUE(open());
    {
        OpenOptions second;
        second.executor = io.get_executor();
        second.data_dir = "/data";
        second.environment = tests::power_cut_environment(disk);
        const auto opened = rocksdb::open(std::move(second));
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Kind::locked);
    }
    engine.reset();
    file("/format") = "posthouse store 2\n";
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Kind::newer_version);
    EXPECT_THAT(opened.error().text, HasSubstr("newer"));
    file("/format") = "something else\n";
    opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Kind::corrupt);
    disk->set_capacity(0);
    file("/format") = "posthouse store 1\n";
    opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Kind::no_space);
}

} // namespace
} // namespace posthouse::store::rocksdb
