// SPDX-License-Identifier: Apache-2.0
// Large bodies that nobody names: docs/store.md, L3 to L8.
#include "keeper/body_sweep.hpp"

#include "archive/store_id.hpp"
#include "store/rocksdb/engine.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/store/rocksdb/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::keeper {
namespace {

using store::BlobId;
using store::Fault;
using store::MemoryDisk;
using store::MemoryEngine;
using store::PartitionId;

constexpr BodySweep::Pace at_once{.first = {}, .every = std::chrono::hours(1), .pause = {}};
const std::string large(100 * 1024, 'x');

/// A store, opened once; what is sealed in it and named by nobody else stands for what a crash
/// left.
struct Opened {
    explicit Opened(std::shared_ptr<MemoryDisk> on) : disk(std::move(on)) {}
    std::shared_ptr<MemoryDisk> disk;
    boost::asio::io_context io;
    MemoryEngine engine{io.get_executor(), disk};
    BodySweep sweep{engine, io.get_executor(), at_once};

    template <class T>
    T await(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    BlobId seal(const std::string& owner = "q/00")
    {
        const auto id = engine.blobs().new_id();
        auto sink = await(engine.blobs().create(id, {owner}));
        EXPECT_TRUE(sink && await((*sink)->write(large)) && await((*sink)->seal()));
        return id;
    }
    void put(const std::string& partition, std::string key, std::string value)
    {
        store::Commit commit;
        commit.partition = {partition};
        commit.put.push_back({std::move(key), std::move(value)});
        EXPECT_TRUE(await(engine.partitions().commit(std::move(commit))));
    }
    std::uint64_t removed()
    {
        const auto swept = await(sweep.sweep());
        EXPECT_TRUE(swept);
        return swept ? swept->removed : 0;
    }
};

std::string letter_of(BlobId body)
{
    spool::Letter letter;
    letter.set_body(body.bytes());
    return letter.SerializeAsString();
}

std::string message_of(BlobId body)
{
    mailbox::Message message;
    message.set_body(body.bytes());
    return message.SerializeAsString();
}

TEST(BodySweep, RemovesWhatAnEarlierRunHasLeftWithoutAName)
{
    const auto disk = std::make_shared<MemoryDisk>();
    BlobId left;
    {
        Opened before(disk);
        left = before.seal();
    }
    Opened run(disk);
    const auto swept = run.await(run.sweep.sweep());
    ASSERT_TRUE(swept);
    EXPECT_EQ(swept->bodies, 1U);
    EXPECT_EQ(swept->removed, 1U);
    EXPECT_EQ(swept->bytes, large.size());
    EXPECT_FALSE(disk->blobs.contains(left));
}

TEST(BodySweep, LeavesABodyWhoseCommitIsStillToCome)
{
    const auto disk = std::make_shared<MemoryDisk>();
    Opened run(disk);
    const auto on_its_way = run.seal(), forgotten = run.seal();
    EXPECT_EQ(run.removed(), 0U);
    run.put("q/00", "l1", letter_of(on_its_way));
    EXPECT_EQ(run.removed(), 1U) << "a day later it has no name still";
    EXPECT_TRUE(disk->blobs.contains(on_its_way));
    EXPECT_FALSE(disk->blobs.contains(forgotten));
}

TEST(BodySweep, LeavesWhatIsNamedWhereverThatIs)
{
    const auto disk = std::make_shared<MemoryDisk>();
    std::vector<BlobId> named;
    {
        Opened before(disk);
        for (int i = 0; i < 7; ++i)
            named.push_back(before.seal());
        before.put("q/63", "l12345678", letter_of(named[0]));
        before.put("q/63", "x" + named[1].bytes(), "");
        before.put("a/1", "e12345678", message_of(named[2]));
        before.put("a/2", "m12345678", message_of(named[3])); // an account in the first format
        const std::string aside(archive::restore_prefix);
        before.put(aside + "1", "e12345678", message_of(named[4]));
        before.put(aside + "2", "m12345678", message_of(named[5]));
        mailbox::SharedBodies bodies(before.engine);
        EXPECT_TRUE(before.await(bodies.claim(named[6], mailbox::SharedBodies::queue_claim)));
        (void)before.seal("a/3");
    }
    Opened run(disk);
    EXPECT_EQ(run.removed(), 1U);
    for (const auto id : named)
        EXPECT_TRUE(disk->blobs.contains(id)) << id.sequence;
}

TEST(BodySweep, LooksThroughMoreRowsThanAPageHas)
{
    const auto disk = std::make_shared<MemoryDisk>();
    std::vector<BlobId> named;
    {
        Opened before(disk);
        (void)before.seal();
        for (std::size_t i = 0; i < 2 * BodySweep::Limits::rows_a_page + 1; ++i) {
            named.push_back(before.seal());
            before.put("a/1", fmt::format("e{:08}", i), message_of(named.back()));
        }
        (void)before.seal();
    }
    Opened run(disk);
    EXPECT_EQ(run.removed(), 2U);
    EXPECT_EQ(disk->blobs.size(), named.size());
}

TEST(BodySweep, RemovesNothingWhereARowCannotBeRead)
{
    const auto disk = std::make_shared<MemoryDisk>();
    {
        Opened before(disk);
        (void)before.seal();
        before.put("a/1", "e12345678", "\xff\xff\xff");
    }
    Opened run(disk);
    const auto swept = run.await(run.sweep.sweep());
    ASSERT_FALSE(swept);
    EXPECT_EQ(swept.error(), store::Error::corrupt);
    EXPECT_EQ(disk->blobs.size(), 1U);
}

// ---- the embedded engine ------------------------------------------------------------------------

TEST(BodySweep, TakesNoBodyFromABackupThatIsReadingIt)
{
    posthouse::tests::TemporaryDirectory directory;
    boost::asio::io_context io;
    const auto open = [&] {
        store::rocksdb::OpenOptions options;
        options.executor = io.get_executor();
        options.data_dir = directory.path();
        options.min_free_bytes = 0;
        auto engine = store::rocksdb::open(std::move(options));
        EXPECT_TRUE(engine);
        return std::move(*engine);
    };
    BlobId left;
    {
        const auto engine = open();
        left = engine->blobs().new_id();
        auto sink = posthouse::tests::run(io, engine->blobs().create(left, {"q/00"}));
        ASSERT_TRUE(sink && posthouse::tests::run(io, (*sink)->write(large)) &&
                    posthouse::tests::run(io, (*sink)->seal()));
    }
    const auto engine = open();
    auto backup = posthouse::tests::run(io, engine->snapshot());
    ASSERT_TRUE(backup);
    BodySweep sweep(*engine, io.get_executor(), at_once);
    const auto swept = posthouse::tests::run(io, sweep.sweep());
    ASSERT_TRUE(swept);
    EXPECT_EQ(swept->removed, 1U);
    EXPECT_EQ(posthouse::tests::run(io, engine->blobs().size(left)).error(),
              store::Error::not_found);
    const auto listed = posthouse::tests::run(io, (*backup)->list_blobs({}, 10));
    ASSERT_TRUE(listed && listed->size() == 1);
    const auto read = posthouse::tests::run(io, (*backup)->read_blob(left, 0, large.size() + 1));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, large);
}

// ---- the power goes
// -------------------------------------------------------------------------------

/// Three large letters, to one mailbox, to several, and to one elsewhere; one of them expunged.
std::uint64_t live(const std::shared_ptr<MemoryDisk>& disk, std::optional<std::uint64_t> cut,
                   std::size_t& acknowledged)
{
    boost::asio::io_context io;
    MemoryEngine engine(io.get_executor(), disk);
    if (cut)
        engine.fail_commit(*cut, Fault::power_cut_after);
    tests::Rig rig(io, engine);
    bool ended = false;
    boost::asio::co_spawn(
        io,
        [](tests::Rig& r, std::size_t& count, bool& done) -> Task<void> {
            const std::vector<std::string> ann{"ann@example.org"};
            const std::vector<std::string> both{"ann@example.org", "ben@example.org"};
            if (co_await r.open(both)) {
                count += (co_await r.upload("cy@remote.test", ann, large)) ? 1 : 0;
                count += (co_await r.upload("cy@remote.test", both, large)) ? 1 : 0;
                (void)co_await r.upload("cy@remote.test", {"far@remote.test"}, large);
            }
            done = true;
        }(rig, acknowledged, ended),
        boost::asio::detached);
    const auto is_done = [&] {
        return ended && (cut ? engine.commits() > *cut
                             : std::ranges::none_of(disk->partitions, [](const auto& entry) {
                                   return entry.first.starts_with("q/") &&
                                          std::ranges::any_of(entry.second.rows, [](auto& row) {
                                              return row.first[0] == 'l' || row.first[0] == 'x';
                                          });
                               }));
    };
    const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
    while (!is_done() && Instant::clock::now() < deadline)
        io.run_one_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(is_done());
    return engine.commits();
}

TEST(BodySweep, WhereverThePowerGoesNamedBodiesStayAndTheOthersGo)
{
    std::size_t all = 0;
    const auto commits = live(std::make_shared<MemoryDisk>(), std::nullopt, all);
    ASSERT_EQ(all, 2U);
    std::uint64_t orphans = 0;
    for (std::uint64_t cut = 0; cut < commits; ++cut) {
        SCOPED_TRACE(fmt::format("cut after commit {} of {}", cut, commits));
        auto disk = std::make_shared<MemoryDisk>();
        std::size_t acknowledged = 0;
        live(disk, cut, acknowledged);
        {
            Opened run(disk);
            const auto removed = run.removed();
            EXPECT_LE(removed, 1U);
            orphans += removed;
            EXPECT_EQ(run.removed(), 0U);
        }
        // Every letter goes its way still, with its body; what ends leaves nothing.
        boost::asio::io_context io;
        MemoryEngine engine(io.get_executor(), disk);
        tests::Rig rig(io, engine);
        ASSERT_TRUE(posthouse::tests::run(io, rig.open({"ann@example.org", "ben@example.org"})));
        std::vector<std::string> bodies;
        const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
        while (Instant::clock::now() < deadline) {
            bodies = posthouse::tests::run(io, rig.inbox("ann@example.org"));
            if (bodies.size() >= acknowledged)
                break;
            io.run_one_for(std::chrono::milliseconds(10));
        }
        EXPECT_GE(bodies.size(), acknowledged);
        for (const auto& body : bodies)
            EXPECT_EQ(body, large);
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GE(orphans, 3U) << "each that was sealed and not accepted";
}

} // namespace
} // namespace posthouse::keeper
