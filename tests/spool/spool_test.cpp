// SPDX-License-Identifier: Apache-2.0
#include "spool/spool.hpp"

#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"

#include <gtest/gtest.h>

namespace posthouse::spool {
namespace {

using namespace std::chrono_literals;
using posthouse::tests::run;

const Timestamp noon = from_microseconds(1'770'000'000'000'000);

/// A queue on a disk of its own.
struct Queue {
    Queue() { EXPECT_TRUE(run(io, spool.open(random)).has_value()); }

    Spool::NewLetter letter(LetterId id, std::size_t recipients = 1)
    {
        Spool::NewLetter made;
        made.id = id;
        for (std::size_t i = 0; i < recipients; ++i)
            made.recipients.push_back("r" + std::to_string(i) + "@example.org");
        made.record.set_sender("s@example.org");
        made.record.set_body(engine.blobs().new_id().bytes());
        made.body = "body";
        return made;
    }
    Delivery delivery(LetterId id, const std::string& destination, Timestamp due,
                      std::uint32_t priority = 1)
    {
        Delivery made;
        made.set_id(spool.delivery_ids().make(id, destination, destination).value);
        made.set_destination(destination);
        made.set_due(to_microseconds(due));
        made.set_priority(priority);
        return made;
    }
    LetterId route(const std::vector<std::pair<std::string, Timestamp>>& places)
    {
        const auto id = ids.next(noon);
        auto made = letter(id);
        const auto record = made.record;
        EXPECT_TRUE(run(io, spool.accept(std::move(made))).has_value());
        std::vector<Delivery> deliveries;
        for (const auto& [destination, due] : places)
            deliveries.push_back(delivery(id, destination, due));
        EXPECT_TRUE(
            run(io, spool.add_deliveries(id, deliveries, {}, Spool::LastPage{record})).has_value());
        return id;
    }
    std::size_t hints(std::size_t shard, Timestamp now)
    {
        return run(io, spool.hints(shard, now))->size();
    }

    boost::asio::io_context io;
    SeededRandom random{7};
    store::MemoryEngine engine{io.get_executor()};
    Spool spool{engine};
    LetterIds ids{random};
};

TEST(Spool, GivesBackEveryRecipientOfALargeEnvelope)
{
    Queue queue;
    const auto id = queue.ids.next(noon);
    ASSERT_TRUE(run(queue.io, queue.spool.accept(queue.letter(id, 950))).has_value());
    const auto stored = run(queue.io, queue.spool.letter(id));
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(stored->recipients.size(), 950u);
    EXPECT_EQ(stored->recipients[949], "r949@example.org");
    EXPECT_FALSE(stored->routed);
}

TEST(Spool, FindsAnAcceptedLetterUntilItIsRouted)
{
    Queue queue;
    const auto id = queue.ids.next(noon);
    auto made = queue.letter(id);
    const auto record = made.record;
    ASSERT_TRUE(run(queue.io, queue.spool.accept(std::move(made))).has_value());
    const auto unsorted = [&] {
        return *run(queue.io, queue.spool.letters(id.shard(), keys::unsorted_prefix, {}, 10));
    };
    EXPECT_EQ(unsorted(), std::vector{id});
    ASSERT_TRUE(
        run(queue.io, queue.spool.add_deliveries(id, {queue.delivery(id, "smtp:a.test", noon)}, {},
                                                 std::nullopt)));
    EXPECT_EQ(unsorted(), std::vector{id}); // Not before the last page.
    ASSERT_TRUE(run(queue.io, queue.spool.add_deliveries(id, {}, {}, Spool::LastPage{record})));
    EXPECT_TRUE(unsorted().empty());
}

TEST(Spool, ReadsDueRowsByPriorityAndTimeAndSaysWhenTheNextIsDue)
{
    Queue queue;
    queue.route({{"smtp:a.test", noon + 10s}});
    queue.route({{"smtp:a.test", noon - 10s}});
    queue.route({{"smtp:a.test", noon - 20s}});
    queue.route({{"smtp:a.test.", noon - 30s}}); // Another destination, though its key is near.
    const auto page = run(queue.io, queue.spool.due("smtp:a.test", noon, 10));
    ASSERT_EQ(page->due.size(), 2u);
    EXPECT_EQ(page->due[0].due, noon - 20s);
    EXPECT_EQ(page->next, noon + 10s);
    const auto first = run(queue.io, queue.spool.due("smtp:a.test", noon, 1));
    ASSERT_EQ(first->due.size(), 1u);
    EXPECT_EQ(first->next, noon - 10s);
}

TEST(Spool, KeepsAHintForWhateverIsDueHoweverOftenItIsSwept)
{
    Queue queue;
    const auto id = queue.route({{"smtp:a.test", noon}});
    const auto shard = id.shard();
    ASSERT_EQ(queue.hints(shard, noon), 1u);
    // Hours pass; each sweep finds the row undelivered and moves the hint along.
    for (auto now = noon; now < noon + 2h; now += 8s) {
        auto hints = run(queue.io, queue.spool.hints(shard, now));
        ASSERT_FALSE(hints->empty()) << (now - noon).count();
        ASSERT_TRUE(run(queue.io, queue.spool.renew_hints(shard, std::move(*hints), now)));
    }
    // Deferred into the future: found again when that time's bucket begins.
    auto deliveries = run(queue.io, queue.spool.deliveries(id));
    Spool::Update update{(*deliveries)[0], noon};
    update.record.set_due(to_microseconds(noon + 5h));
    ASSERT_TRUE(run(queue.io, queue.spool.record(id, {update}, {})));
    auto hints = run(queue.io, queue.spool.hints(shard, noon + 3h));
    ASSERT_TRUE(run(queue.io, queue.spool.renew_hints(shard, std::move(*hints), noon + 3h)));
    EXPECT_EQ(queue.hints(shard, noon + 3h + 64s), 0u);
    EXPECT_EQ(queue.hints(shard, noon + 5h), 1u);
    EXPECT_TRUE(run(queue.io, queue.spool.due("smtp:a.test", noon + 4h, 10))->due.empty());
    EXPECT_EQ(run(queue.io, queue.spool.due("smtp:a.test", noon + 5h, 10))->due.size(), 1u);
}

TEST(Spool, LeavesOnlyTheStoryOfALetterThatHasEnded)
{
    Queue queue;
    const auto id = queue.route({{"smtp:a.test", noon}, {"smtp:b.test", noon}});
    Spool::Ending ending;
    ending.letter = run(queue.io, queue.spool.letter(id))->letter;
    ending.deliveries = *run(queue.io, queue.spool.deliveries(id));
    ending.old_dues = {noon, noon};
    ending.story.set_sender("s@example.org");
    ASSERT_TRUE(run(queue.io, queue.spool.finish(id, ending, noon)));
    EXPECT_EQ(run(queue.io, queue.spool.letter(id)).error(), store::Error::not_found);
    EXPECT_TRUE(run(queue.io, queue.spool.due("smtp:a.test", noon, 10))->due.empty());
    EXPECT_TRUE(queue.engine.disk()->blobs.empty());
    const auto story = run(queue.io, queue.spool.finished(id, noon, 14));
    ASSERT_TRUE(story->has_value());
    EXPECT_EQ((*story)->sender(), "s@example.org");
    while (*run(queue.io, queue.spool.forget_days_before(id.shard(), keys::day_of(noon) + 1))) {
    }
    EXPECT_FALSE(run(queue.io, queue.spool.finished(id, noon, 14))->has_value());
}

TEST(Spool, SaysWithoutHarmThatThereIsNoRoom)
{
    Queue queue;
    queue.engine.fail_all(store::Fault::no_space);
    const auto id = queue.ids.next(noon);
    EXPECT_EQ(run(queue.io, queue.spool.accept(queue.letter(id))).error(), store::Error::no_space);
    queue.engine.fail_all(store::Fault::none);
    EXPECT_EQ(run(queue.io, queue.spool.letter(id)).error(), store::Error::not_found);
    EXPECT_TRUE(run(queue.io, queue.spool.accept(queue.letter(id))).has_value());
}

TEST(LetterIds, AreTextInTheOrderOfTimeAndStayInTheirSiblingsShard)
{
    SeededRandom random(3);
    LetterIds ids(random);
    auto last = ids.next(noon);
    for (int i = 1; i < 1000; ++i) {
        const auto id = ids.next(noon + std::chrono::milliseconds(i));
        EXPECT_LT(last.text(), id.text());
        EXPECT_EQ(LetterId::parse(id.text()), id);
        EXPECT_EQ(ids.next_beside(id, noon + 1h).shard(), id.shard());
        last = id;
    }
}

} // namespace
} // namespace posthouse::spool
