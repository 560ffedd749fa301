// SPDX-License-Identifier: Apache-2.0
#include "store/writer.hpp"

#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace posthouse::store {
namespace {

class WriterTest : public testing::Test {
protected:
    /// Starts a mutation and leaves it under way; its result stands in results[index].
    std::size_t start(Writer& by, Writer::Mutation mutation)
    {
        const std::size_t index = results.size();
        results.emplace_back();
        boost::asio::co_spawn(io, by.apply(std::move(mutation)),
                              [this, index](const std::exception_ptr&, Result<Version> result) {
                                  results[index] = result;
                              });
        return index;
    }
    std::size_t start_put(Writer& by, std::string key, std::string value)
    {
        return start(by, [key, value](Writer::Batch& batch) { batch.put(key, value); });
    }
    void finish()
    {
        io.restart();
        io.run();
    }
    Result<Version> put(Writer& by, std::string key, std::string value)
    {
        const std::size_t index = start_put(by, std::move(key), std::move(value));
        finish();
        return results[index].value();
    }
    std::vector<Row> rows()
    {
        return tests::run(io, engine.partitions().scan({"p"}, "", "", 1000))->rows;
    }

    boost::asio::io_context io;
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
    MemoryEngine engine{io.get_executor(), disk};
    Writer writer{engine, {"p"}};
    std::vector<std::optional<Result<Version>>> results;
};

TEST_F(WriterTest, MergesWhatWaitsIntoOneCommitInTheOrderOfTheCalls)
{
    std::vector<int> order;
    for (int i = 0; i < 50; ++i)
        start(writer, [&order, i](Writer::Batch& batch) {
            order.push_back(i);
            batch.put("k", std::to_string(i));
            batch.put("k" + std::to_string(i), "");
        });
    EXPECT_TRUE(writer.idle());
    finish();
    EXPECT_EQ(engine.commits(), 2u); // The first alone, then all that came meanwhile.
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(order.size(), 50u);
    EXPECT_EQ(rows().size(), 51u);
    EXPECT_EQ(rows()[0], (Row{"k", "49"}));
    for (const auto& result : results)
        EXPECT_TRUE(result && *result);
    EXPECT_EQ(*results[1], *results[49]);
    EXPECT_LT(**results[0], **results[1]);
    EXPECT_TRUE(writer.idle());
}

TEST_F(WriterTest, TheLaterRowOfOneKeyCounts)
{
    start_put(writer, "x", "");
    start_put(writer, "a", "1");
    start(writer, [](Writer::Batch& batch) { batch.erase("a"); });
    start(writer, [](Writer::Batch& batch) { batch.erase("b"); });
    start_put(writer, "b", "2");
    finish();
    EXPECT_EQ(rows(), (std::vector<Row>{{"b", "2"}, {"x", ""}}));
}

TEST_F(WriterTest, CarriesBlobsAndHints)
{
    const BlobId id = engine.blobs().new_id();
    std::string heard;
    auto subscription = engine.hints().subscribe(
        {"p"}, [&](const PartitionId&, const std::string& payload) { heard += payload; });
    start(writer, [id](Writer::Batch& batch) {
        batch.add_blob(id, "body");
        batch.hint("h");
    });
    finish();
    EXPECT_EQ(heard, "h");
    EXPECT_EQ(tests::run(io, engine.blobs().read(id, 0, 10)), "body");
    start(writer, [id](Writer::Batch& batch) { batch.drop_blob(id); });
    finish();
    EXPECT_TRUE(disk->blobs.empty());
}

TEST_F(WriterTest, SplitsWhatOneCommitCannotHoldAndRefusesWhatNoneCan)
{
    start_put(writer, "first", "");
    for (int i = 0; i < 3; ++i)
        start(writer, [i](Writer::Batch& batch) {
            for (int k = 0; k < 40; ++k)
                batch.put(std::to_string(i) + "/" + std::to_string(k), std::string(60'000, 'v'));
        });
    const std::size_t fat = start(writer, [](Writer::Batch& batch) {
        for (int k = 0; k < 80; ++k)
            batch.put("fat" + std::to_string(k), std::string(60'000, 'v'));
    });
    const std::size_t last = start_put(writer, "last", "");
    finish();
    EXPECT_EQ(results[fat], std::unexpected(Error::too_large));
    EXPECT_TRUE(results[last]->has_value());
    EXPECT_EQ(rows().size(), 1u + 3 * 40 + 1);
    EXPECT_EQ(engine.commits(), 4u);
}

TEST_F(WriterTest, ReportsTheTrueOutcomeOfAnUnknownCommit)
{
    ASSERT_TRUE(put(writer, "a", "1"));
    engine.fail_commit(0, Fault::unknown_applied);
    const auto applied = put(writer, "b", "2");
    ASSERT_TRUE(applied);
    EXPECT_EQ(*applied, tests::run(io, engine.partitions().version({"p"})));
    engine.fail_commit(0, Fault::unknown_lost);
    EXPECT_EQ(put(writer, "c", "3"), std::unexpected(Error::unavailable));
    EXPECT_TRUE(put(writer, "d", "4"));
    EXPECT_EQ(rows(), (std::vector<Row>{{"a", "1"}, {"b", "2"}, {"d", "4"}}));
}

TEST_F(WriterTest, SettlesLaterWhatCannotBeSettledAtOnce)
{
    ASSERT_TRUE(put(writer, "a", "1"));
    engine.fail_all(Fault::unknown_lost);
    EXPECT_EQ(put(writer, "b", "2"), std::unexpected(Error::unknown));
    EXPECT_EQ(put(writer, "c", "3"), std::unexpected(Error::unavailable));
    engine.fail_all(Fault::none);
    EXPECT_TRUE(put(writer, "d", "4"));
    EXPECT_EQ(rows(), (std::vector<Row>{{"a", "1"}, {"d", "4"}}));
}

TEST_F(WriterTest, GoesOnAfterAConflictAndAfterARefusal)
{
    ASSERT_TRUE(put(writer, "a", "1"));
    Commit other;
    other.partition = {"p"};
    other.put = {{"o", ""}};
    ASSERT_TRUE(tests::run(io, engine.partitions().commit(std::move(other))));
    EXPECT_EQ(put(writer, "b", "2"), std::unexpected(Error::conflict));
    EXPECT_TRUE(put(writer, "c", "3"));
    engine.fail_commit(0, Fault::no_space);
    EXPECT_EQ(put(writer, "d", "4"), std::unexpected(Error::no_space));
    EXPECT_TRUE(put(writer, "e", "5"));
    EXPECT_EQ(rows(), (std::vector<Row>{{"a", "1"}, {"c", "3"}, {"e", "5"}, {"o", ""}}));
}

TEST_F(WriterTest, TellsOfAFailureBeforeAnyFurtherMutationRuns)
{
    std::string story;
    writer.on_failure([&] { story += "failed "; });
    const auto note = [&](std::string word, std::size_t rows) {
        start(writer, [&story, word, rows](Writer::Batch& batch) {
            story += word + " ";
            for (std::size_t k = 0; k < rows; ++k)
                batch.put(word + std::to_string(k), std::string(60'000, 'v'));
        });
    };
    engine.fail_commit(1, Fault::no_space);
    note("first", 1);
    note("second", 40); // With what follows more than one commit holds: that is carried over.
    note("third", 40);
    note("fat", 80);
    note("last", 1);
    finish();
    EXPECT_EQ(story, "first second third failed fat failed last ");
    EXPECT_FALSE(*results[1]);
    EXPECT_TRUE(*results[4]);
}

TEST_F(WriterTest, LosesNothingAcknowledgedAtAPowerCutAtAnyCommit)
{
    for (const Fault fault : {Fault::power_cut_before, Fault::power_cut_after})
        for (std::uint64_t nth = 0; nth < 5; ++nth) {
            const auto fresh = std::make_shared<MemoryDisk>();
            std::vector<std::string> acknowledged;
            {
                MemoryEngine cut(io.get_executor(), fresh);
                Writer doomed(cut, {"p"});
                cut.fail_commit(nth, fault);
                for (int i = 0; i < 10; ++i) {
                    const std::string key = std::to_string(i);
                    if (put(doomed, key, ""))
                        acknowledged.push_back(key);
                }
                EXPECT_EQ(acknowledged.size(), nth);
            }
            for (const std::string& key : acknowledged)
                EXPECT_TRUE(fresh->partitions.at("p").rows.contains(key));
            const bool applied = fault == Fault::power_cut_after;
            EXPECT_EQ(fresh->partitions["p"].rows.contains(std::to_string(nth)), applied);
        }
}

} // namespace
} // namespace posthouse::store
