// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

/// What every engine promises. An engine's test makes a subclass of EngineUnderTest and
/// instantiates the suite EngineContract with a factory of it.
namespace posthouse::store {

class EngineUnderTest {
public:
    virtual ~EngineUnderTest() = default;
    virtual Engine& engine() = 0;
    virtual void reopen() = 0; // in order, nothing lost

    boost::asio::io_context io;

    template <class T>
    T run(Task<T> task)
    {
        return tests::run(io, std::move(task));
    }
    Partitions& partitions() { return engine().partitions(); }
    Blobs& blobs() { return engine().blobs(); }

    Result<Version> put(std::string partition, std::string key, std::string value,
                        std::optional<Version> expect = std::nullopt)
    {
        Commit commit;
        commit.partition = {std::move(partition)};
        commit.expect = expect;
        commit.put = {{std::move(key), std::move(value)}};
        return run(partitions().commit(std::move(commit)));
    }
    std::vector<Row> rows(std::string partition, std::string prefix = {})
    {
        auto page = run(partitions().scan({std::move(partition)}, std::move(prefix), {}, 1000));
        return page ? page->rows : std::vector<Row>{{"error", std::string(describe(page.error()))}};
    }
    std::vector<std::string> names(std::string prefix = {})
    {
        std::vector<std::string> found;
        const auto listed = run(partitions().list(std::move(prefix), {}, 1000));
        for (const PartitionId& id : listed.value())
            found.push_back(id.name);
        return found;
    }
    Result<std::string> body(BlobId id) { return run(blobs().read(id, 0, 1u << 30)); }
    Result<void> stream(BlobId id, std::string owner, std::string data)
    {
        auto sink = run(blobs().create(id, {std::move(owner)}));
        if (!sink)
            return std::unexpected(sink.error());
        for (std::size_t at = 0; at < data.size(); at += 100'000)
            if (auto written = run((*sink)->write(data.substr(at, 100'000))); !written)
                return written;
        return run((*sink)->seal());
    }
};

using MakeEngine = std::unique_ptr<EngineUnderTest> (*)();

class EngineContract : public testing::TestWithParam<MakeEngine> {
protected:
    std::unique_ptr<EngineUnderTest> under_test = GetParam()();
    EngineUnderTest& store = *under_test;
};

inline std::string pattern(std::size_t size, unsigned seed)
{
    std::string text(size, '\0');
    for (char& c : text) {
        seed = seed * 1664525u + 1013904223u;
        c = static_cast<char>(seed >> 24);
    }
    return text;
}

TEST_P(EngineContract, CommitsWholeAndSurvivesReopening)
{
    Commit commit;
    commit.partition = {"a/1"};
    commit.put = {{"k1", "v1"}, {"k2", std::string("\0v2", 3)}};
    commit.blobs = {{store.blobs().new_id(), "body"}};
    const BlobId id = commit.blobs[0].id;
    const auto version = store.run(store.partitions().commit(std::move(commit)));
    ASSERT_TRUE(version);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(store.rows("a/1"),
                  (std::vector<Row>{{"k1", "v1"}, {"k2", std::string("\0v2", 3)}}));
        EXPECT_EQ(store.body(id), "body");
        EXPECT_EQ(store.run(store.blobs().size(id)), 4u);
        EXPECT_EQ(store.run(store.partitions().version({"a/1"})), *version);
        store.reopen();
    }
}

TEST_P(EngineContract, VersionsGrowAndGuardCommits)
{
    EXPECT_EQ(store.run(store.partitions().version({"p"})), Version::none);
    const auto first = store.put("p", "k", "1", Version::none);
    ASSERT_TRUE(first);
    EXPECT_EQ(store.put("p", "k", "2", Version::none), std::unexpected(Error::conflict));
    const auto second = store.put("p", "k", "3", *first);
    ASSERT_TRUE(second);
    EXPECT_GT(*second, *first);
    EXPECT_EQ(store.put("p", "k", "4", *first), std::unexpected(Error::conflict));
    EXPECT_EQ(store.rows("p"), (std::vector<Row>{{"k", "3"}}));
    EXPECT_GT(store.put("p", "k", "5").value(), *second);
}

TEST_P(EngineContract, AppliesWaitingCommitsInTheOrderOfTheCalls)
{
    std::vector<std::string> order;
    Version last = Version::none;
    for (int i = 0; i < 20; ++i) {
        Commit commit;
        commit.partition = {"p"};
        commit.put = {{"k", std::to_string(i)}};
        boost::asio::co_spawn(store.io, store.partitions().commit(std::move(commit)),
                              [&](const std::exception_ptr&, Result<Version> version) {
                                  ASSERT_TRUE(version);
                                  EXPECT_GT(*version, last);
                                  last = *version;
                              });
    }
    store.io.run();
    EXPECT_EQ(store.rows("p"), (std::vector<Row>{{"k", "19"}}));
    EXPECT_EQ(store.run(store.partitions().version({"p"})), last);
}

TEST_P(EngineContract, GuardsOfWaitingCommitsSeeThoseBeforeThem)
{
    int applied = 0, refused = 0;
    for (int i = 0; i < 10; ++i) {
        Commit commit;
        commit.partition = {"p"};
        commit.expect = Version::none;
        commit.put = {{"k" + std::to_string(i), ""}};
        boost::asio::co_spawn(store.io, store.partitions().commit(std::move(commit)),
                              [&](const std::exception_ptr&, Result<Version> version) {
                                  version ? ++applied : ++refused;
                              });
    }
    store.io.run();
    EXPECT_EQ(applied, 1);
    EXPECT_EQ(refused, 9);
    EXPECT_EQ(store.rows("p"), (std::vector<Row>{{"k0", ""}}));
}

TEST_P(EngineContract, KeepsPartitionsApartWhateverTheirNames)
{
    const std::vector<std::string> partitions{"a", "aa",   "ab",       std::string("a\0", 2),
                                              "b", "\xff", "\xff\xff", std::string(200, 'x')};
    const std::vector<std::string> keys{"a", "\xff", "\xff\xff", "b", std::string(512, 'k')};
    for (const auto& partition : partitions)
        for (const auto& key : keys)
            ASSERT_TRUE(store.put(partition, key, partition + "=" + key));
    for (const auto& partition : partitions) {
        const auto rows = store.rows(partition);
        ASSERT_EQ(rows.size(), keys.size());
        for (const Row& row : rows)
            EXPECT_EQ(row.value, partition + "=" + row.key);
        EXPECT_EQ(store.rows(partition, "\xff").size(), 2u);
    }
    EXPECT_EQ(store.names("a").size(), 4u);
    EXPECT_EQ(store.names("\xff").size(), 2u);
    EXPECT_EQ(store.names(), (std::vector<std::string>{"a", std::string("a\0", 2), "aa", "ab", "b",
                                                       std::string(200, 'x'), "\xff", "\xff\xff"}));
}

TEST_P(EngineContract, ScansAPageAtATimeAndSaysWhenThereIsMore)
{
    Commit commit;
    commit.partition = {"p"};
    for (int i = 0; i < 1500; ++i)
        commit.put.push_back({"k" + std::to_string(10000 + i), "v"});
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    std::string after;
    std::vector<std::size_t> pages;
    bool more = true;
    while (more) {
        const auto page = store.run(store.partitions().scan({"p"}, "k", after, 5000));
        ASSERT_TRUE(page);
        pages.push_back(page->rows.size());
        after = page->rows.back().key;
        more = page->more;
    }
    EXPECT_EQ(pages, (std::vector<std::size_t>{1000, 500}));
    EXPECT_EQ(after, "k11499");
    EXPECT_EQ(store.run(store.partitions().scan({"p"}, "k", "k10009", 2))->rows[0].key, "k10010");
    EXPECT_TRUE(store.run(store.partitions().scan({"p"}, "x", "", 2))->rows.empty());
    EXPECT_TRUE(store.run(store.partitions().scan({"none"}, "", "", 2))->rows.empty());
}

TEST_P(EngineContract, ReadsTheKeysThatThereAreInTheOrderAskedFor)
{
    const auto version = store.put("p", "b", "2");
    ASSERT_TRUE(store.put("p", "a", "1"));
    const auto page = store.run(store.partitions().read({"p"}, {"b", "x", "a"}));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->rows, (std::vector<Row>{{"b", "2"}, {"a", "1"}}));
    EXPECT_GT(page->at, *version);
}

TEST_P(EngineContract, LeavesKeysOfTheLayersAboveOutOfWholeScans)
{
    ASSERT_TRUE(store.put("p", std::string("\0w", 2), "1"));
    ASSERT_TRUE(store.put("p", "\x01", "2"));
    EXPECT_EQ(store.rows("p"), (std::vector<Row>{{"\x01", "2"}}));
    EXPECT_EQ(store.rows("p", std::string(1, '\0')).size(), 1u);
}

TEST_P(EngineContract, DropsWholePartitionsAndNeverRepeatsTheirVersions)
{
    Commit commit;
    commit.partition = {"p"};
    for (int i = 0; i < 3000; ++i)
        commit.put.push_back({"k" + std::to_string(i), "v"});
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    const auto last = store.put("p", "k", "v");
    ASSERT_TRUE(store.put("pp", "k", "v"));
    ASSERT_TRUE(store.put("o", "k", "v"));
    EXPECT_EQ(store.run(store.partitions().drop({"p"}, Version(77))),
              std::unexpected(Error::conflict));
    EXPECT_TRUE(store.run(store.partitions().drop({"p"}, *last)));
    EXPECT_TRUE(store.rows("p").empty());
    EXPECT_EQ(store.names(), (std::vector<std::string>{"o", "pp"}));
    EXPECT_EQ(store.rows("pp").size(), 1u);
    store.reopen();
    EXPECT_EQ(store.run(store.partitions().version({"p"})), Version::none);
    EXPECT_GT(store.put("p", "k", "new").value(), *last);
    EXPECT_EQ(store.rows("p"), (std::vector<Row>{{"k", "new"}}));
}

TEST_P(EngineContract, DropsABlobWithTheCommitThatNamedItLast)
{
    Commit commit;
    commit.partition = {"p"};
    const BlobId kept = store.blobs().new_id(), dropped = store.blobs().new_id();
    EXPECT_NE(kept, dropped);
    commit.blobs = {{kept, pattern(5000, 1)}, {dropped, pattern(5000, 2)}};
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    Commit drop;
    drop.partition = {"p"};
    drop.drop_blobs = {dropped, dropped, BlobId{77, 77}};
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(drop))));
    EXPECT_EQ(store.body(dropped), std::unexpected(Error::not_found));
    EXPECT_EQ(store.body(kept), pattern(5000, 1));
    const auto listed = store.run(store.blobs().list({}, 10)).value();
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].id, kept);
    EXPECT_EQ(listed[0].owner.name, "p");
    EXPECT_EQ(listed[0].bytes, 5000u);
    EXPECT_TRUE(store.run(store.blobs().remove(kept)));
    EXPECT_TRUE(store.run(store.blobs().remove(kept)));
    EXPECT_TRUE(store.run(store.blobs().list({}, 10))->empty());
}

TEST_P(EngineContract, RefusesABlobThatIsThere)
{
    Commit commit;
    commit.partition = {"p"};
    commit.blobs = {{store.blobs().new_id(), "1"}};
    Commit again = commit;
    again.blobs[0].data = "2";
    const BlobId id = commit.blobs[0].id;
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    EXPECT_EQ(store.run(store.partitions().commit(std::move(again))),
              std::unexpected(Error::exists));
    EXPECT_EQ(store.body(id), "1");
}

TEST_P(EngineContract, StreamsLargeBodies)
{
    for (const std::size_t size : {0u, 1u, 65536u, 65537u, 3'000'000u}) {
        const BlobId id = store.blobs().new_id();
        const std::string data = pattern(size, 3);
        ASSERT_TRUE(store.stream(id, "a/1", data));
        EXPECT_TRUE(store.body(id) == data);
        EXPECT_EQ(store.run(store.blobs().size(id)), size);
        EXPECT_EQ(store.run(store.blobs().read(id, size, 10)), "");
        if (size > 70'000) {
            EXPECT_EQ(store.run(store.blobs().read(id, 65'530, 20)), data.substr(65'530, 20));
            EXPECT_EQ(store.run(store.blobs().read(id, size - 5, 20)), data.substr(size - 5));
        }
    }
    store.reopen();
    const auto listed = store.run(store.blobs().list({}, 10)).value();
    ASSERT_EQ(listed.size(), 5u);
    EXPECT_EQ(listed[4].bytes, 3'000'000u);
    EXPECT_EQ(listed[4].owner.name, "a/1");
    EXPECT_TRUE(store.body(listed[4].id) == pattern(3'000'000, 3));
    EXPECT_TRUE(store.run(store.blobs().remove(listed[4].id)));
    EXPECT_EQ(store.body(listed[4].id), std::unexpected(Error::not_found));
    EXPECT_EQ(store.run(store.blobs().list({}, 10))->size(), 4u);
}

TEST_P(EngineContract, AnUnsealedBodyLeavesNoTrace)
{
    const BlobId id = store.blobs().new_id();
    {
        auto sink = store.run(store.blobs().create(id, {"p"}));
        ASSERT_TRUE(sink);
        ASSERT_TRUE(store.run((*sink)->write(pattern(1'000'000, 4))));
    }
    EXPECT_EQ(store.body(id), std::unexpected(Error::not_found));
    EXPECT_TRUE(store.run(store.blobs().list({}, 10))->empty());
}

TEST_P(EngineContract, NeverRepeatsABlobId)
{
    const BlobId before = store.blobs().new_id();
    store.reopen();
    EXPECT_GT(store.blobs().new_id(), before);
}

TEST_P(EngineContract, PublishesHintsAfterTheCommit)
{
    std::vector<std::string> heard;
    auto subscription = store.engine().hints().subscribe(
        {"p"}, [&](const PartitionId& id, const std::string& text) {
            heard.push_back(id.name + ":" + text);
        });
    Commit commit;
    commit.partition = {"p"};
    commit.hint = "new mail";
    Commit again = commit, other = commit, refused = commit;
    other.partition = {"q"};
    refused.expect = Version(99);
    (void)store.run(store.partitions().commit(std::move(refused)));
    EXPECT_TRUE(heard.empty());
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(other))));
    EXPECT_EQ(heard, (std::vector<std::string>{"p:new mail"}));
    subscription.reset();
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(again))));
    EXPECT_EQ(heard.size(), 1u);
}

TEST_P(EngineContract, ASnapshotShowsOneMomentWhateverHappensMeanwhile)
{
    Commit commit;
    commit.partition = {"a/1"};
    commit.put = {{"k1", "v1"}, {"k2", "v2"}};
    commit.blobs = {{store.blobs().new_id(), "small"}};
    const BlobId small = commit.blobs[0].id, large = store.blobs().new_id();
    const auto version = store.run(store.partitions().commit(std::move(commit)));
    const std::string data = pattern(2'500'000, 7);
    ASSERT_TRUE(store.stream(large, "a/1", data));
    ASSERT_TRUE(store.put("a/2", "k", "v"));
    auto moment = store.run(store.engine().snapshot());
    ASSERT_TRUE(moment);

    Commit later;
    later.partition = {"a/1"};
    later.put = {{"k1", "changed"}, {"k3", "new"}};
    later.erase = {"k2"};
    later.drop_blobs = {small, large};
    later.blobs = {{store.blobs().new_id(), "later"}};
    const BlobId unseen = later.blobs[0].id;
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(later))));
    ASSERT_TRUE(store.put("a/3", "k", "v"));
    const auto second = store.run(store.partitions().version({"a/2"}));
    ASSERT_TRUE(store.run(store.partitions().drop({"a/2"}, *second)));
    // What removes a large body behind its commit comes before what removes this one.
    const BlobId other = store.blobs().new_id();
    ASSERT_TRUE(store.stream(other, "a/1", data));
    ASSERT_TRUE(store.run(store.blobs().remove(other)));

    auto& then = **moment;
    const auto page = store.run(then.scan({"a/1"}, {}, {}, 1000)).value();
    EXPECT_EQ(page.rows, (std::vector<Row>{{"k1", "v1"}, {"k2", "v2"}}));
    EXPECT_EQ(page.at, *version);
    EXPECT_EQ(store.run(then.list({}, {}, 10)).value(),
              (std::vector<PartitionId>{{"a/1"}, {"a/2"}}));
    EXPECT_EQ(store.run(then.scan({"a/2"}, {}, {}, 10)).value().rows,
              (std::vector<Row>{{"k", "v"}}));
    EXPECT_EQ(store.run(then.scan({"a/3"}, {}, {}, 10)).value().at, Version::none);
    const auto bodies = store.run(then.list_blobs({}, 10)).value();
    ASSERT_EQ(bodies.size(), 2u);
    EXPECT_EQ(bodies[0].id, small);
    EXPECT_EQ(bodies[1].id, large);
    EXPECT_EQ(bodies[1].bytes, data.size());
    EXPECT_EQ(store.run(then.read_blob(small, 0, 100)), "small");
    EXPECT_EQ(store.run(then.read_blob(large, 0, 1u << 30)), data);
    EXPECT_EQ(store.run(then.read_blob(large, 1'000'000, 10)), data.substr(1'000'000, 10));
    EXPECT_EQ(store.run(then.read_blob(unseen, 0, 10)), std::unexpected(Error::not_found));
    EXPECT_EQ(store.body(large), std::unexpected(Error::not_found));
    moment->reset();
    EXPECT_EQ(store.rows("a/1"), (std::vector<Row>{{"k1", "changed"}, {"k3", "new"}}));
}

TEST_P(EngineContract, ASnapshotEndsAPageThatIsLargeEnough)
{
    const std::string value(60'000, 'v');
    for (int i = 0; i < 12; ++i)
        ASSERT_TRUE(store.put("p", std::string(1, static_cast<char>('a' + i)), value));
    auto moment = store.run(store.engine().snapshot());
    ASSERT_TRUE(moment);
    std::size_t rows = 0;
    for (std::string after;;) {
        const auto page = store.run((*moment)->scan({"p"}, {}, after, 1000)).value();
        ASSERT_FALSE(page.rows.empty());
        EXPECT_LE(page.rows.size(), 5u);
        rows += page.rows.size();
        after = page.rows.back().key;
        if (!page.more)
            break;
    }
    EXPECT_EQ(rows, 12u);
    EXPECT_EQ(store.run((*moment)->scan({"p"}, {}, {}, 3)).value().rows.size(), 3u);
}

TEST_P(EngineContract, SkipsIdsForGood)
{
    const auto early = store.blobs().new_id();
    const BlobId past{early.incarnation + 20, 5};
    ASSERT_TRUE(store.run(store.blobs().skip_ids(past)));
    EXPECT_GT(store.blobs().new_id(), past);
    ASSERT_TRUE(store.run(store.blobs().skip_ids(early))); // Nothing goes back.
    EXPECT_GT(store.blobs().new_id(), past);
    store.reopen();
    EXPECT_GT(store.blobs().new_id(), past);
}

TEST_P(EngineContract, ABodyMayBelongToAnotherPartitionThanItsCommits)
{
    Commit commit;
    commit.partition = {"r/1"};
    commit.blobs = {{store.blobs().new_id(), "body", {"a/1"}}};
    ASSERT_TRUE(store.run(store.partitions().commit(std::move(commit))));
    const auto listed = store.run(store.blobs().list({}, 10)).value();
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].owner.name, "a/1");
}

TEST_P(EngineContract, KeepsItsLimits)
{
    const auto refused = std::unexpected(Error::too_large);
    EXPECT_EQ(store.put(std::string(201, 'p'), "k", "v"), refused);
    EXPECT_EQ(store.put("", "k", "v"), refused);
    EXPECT_EQ(store.put("p", std::string(513, 'k'), "v"), refused);
    EXPECT_EQ(store.put("p", "k", std::string(64 * 1024 + 1, 'v')), refused);
    Commit many;
    many.partition = {"p"};
    many.put.resize(Limits::commit_rows + 1);
    EXPECT_EQ(store.run(store.partitions().commit(std::move(many))), refused);
    Commit wide;
    wide.partition = {"p"};
    for (int i = 0; i < 65; ++i)
        wide.put.push_back({std::to_string(i), std::string(64 * 1024, 'v')});
    EXPECT_EQ(store.run(store.partitions().commit(std::move(wide))), refused);
    Commit fat;
    fat.partition = {"p"};
    fat.blobs = {{store.blobs().new_id(), std::string(Limits::small_blob + 1, 'b')}};
    EXPECT_EQ(store.run(store.partitions().commit(std::move(fat))), refused);
    Commit talkative;
    talkative.partition = {"p"};
    talkative.hint = std::string(Limits::hint + 1, 'h');
    EXPECT_EQ(store.run(store.partitions().commit(std::move(talkative))), refused);
    EXPECT_EQ(store.run(store.partitions().read({"p"}, std::vector<std::string>(1001))), refused);
    EXPECT_EQ(store.run(store.partitions().version({"p"})), Version::none);
}

} // namespace posthouse::store
