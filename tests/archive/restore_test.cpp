// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mailbox/shared_bodies.hpp"
#include "tests/archive/rig.hpp"

namespace posthouse::archive {
namespace {

using namespace tests;

struct Outcome {
    Result<Restore::Progress> done;
    std::shared_ptr<store::MemoryDisk> disk;
};

Outcome restore_into(Rig& rig, std::shared_ptr<store::MemoryDisk> disk, Restore::Options options)
{
    store::MemoryEngine engine(rig.io.get_executor(), disk);
    const auto repository = rig.open(Repository::Purpose::read);
    const auto manifest = repository->manifest(repository->find("latest").value());
    Restore restore(*repository, *manifest, options, [](const auto&) {});
    return {rig.run(restore.run(engine, rig.random)), disk};
}

/// A letter that waits in the queue; its body is shared with the account if there is one.
store::BlobId queue(Rig& rig, const std::string& body, std::optional<std::uint64_t> account = {})
{
    spool::Spool spool(*rig.engine);
    EXPECT_TRUE(rig.run(spool.open(rig.random)));
    spool::LetterIds ids(rig.random);
    spool::Spool::NewLetter letter;
    letter.id = ids.next(at(1));
    letter.recipients = {"ann@example.org"};
    const auto id = rig.engine->blobs().new_id();
    letter.record.set_body(id.bytes());
    letter.record.set_body_bytes(body.size());
    letter.body = body;
    EXPECT_TRUE(rig.run(spool.accept(std::move(letter))));
    if (!account)
        return id;
    mailbox::SharedBodies shared(*rig.engine);
    const mailbox::AccountId who{*account};
    EXPECT_TRUE(rig.run(shared.claim(id, mailbox::SharedBodies::claim_of(who, 77))));
    auto message = rig.message(body);
    message.data.reset();
    message.message.set_body(id.bytes());
    message.message.set_shared_body(true);
    message.message.set_delivery(77);
    EXPECT_TRUE(rig.run(rig.account(*account)->deliver(77, std::move(message), at(2))));
    return id;
}

bool has_partition(const store::MemoryDisk& disk, std::string_view prefix)
{
    const auto found = disk.partitions.lower_bound(prefix);
    return found != disk.partitions.end() && found->first.starts_with(prefix);
}

TEST(Restore, RefusesAStoreThatIsInUse)
{
    Rig rig;
    rig.append(*rig.account(1), "one");
    ASSERT_TRUE(rig.back_up());
    const auto outcome = restore_into(rig, rig.disk, {});
    ASSERT_FALSE(outcome.done);
    EXPECT_EQ(outcome.done.error().kind, Fault::Kind::refused);
    EXPECT_EQ(rig.disk->blobs.size(), 1u);
}

TEST(Restore, BringsTheQueueBackOrLeavesIt)
{
    Rig rig;
    queue(rig, "waits for another host");
    const auto shared = queue(rig, "waits, and is in a mailbox", 1);
    ASSERT_TRUE(rig.back_up());
    EXPECT_EQ(rig.verify().fault_count, 0u);
    const auto whole = restore_into(rig, std::make_shared<store::MemoryDisk>(), {});
    ASSERT_TRUE(whole.done) << whole.done.error().text;
    EXPECT_TRUE(has_partition(*whole.disk, "q/"));
    EXPECT_EQ(whole.disk->blobs.size(), 2u);

    const auto without = restore_into(rig, std::make_shared<store::MemoryDisk>(),
                                      {.queue = Restore::Queue::without});
    ASSERT_TRUE(without.done);
    EXPECT_FALSE(has_partition(*without.disk, "q/"));
    ASSERT_EQ(without.disk->blobs.size(), 1u);
    EXPECT_EQ(without.disk->blobs.begin()->first, shared);
    // The queue's claim would have kept the body for ever.
    store::MemoryEngine engine(rig.io.get_executor(), without.disk);
    auto account = rig.run(mailbox::Account::open(engine, mailbox::AccountId{1}, at(3))).value();
    ASSERT_TRUE(rig.run(account->empty()));
    EXPECT_TRUE(without.disk->blobs.empty());
    EXPECT_FALSE(has_partition(*without.disk, "b/"));
}

TEST(Restore, GivesNoNumberThatTheOldStoreMayHaveGiven)
{
    Rig rig;
    const auto account = rig.account(1);
    rig.append(*account, "one");
    rig.append(*account, "two");
    rig.mark_seen(*account, 2, 2);
    ASSERT_TRUE(rig.back_up());
    rig.append(*account, "lost with the disk");
    const auto known = account->state().record.modseq();
    const auto highest_blob = rig.disk->blobs.rbegin()->first;
    const auto validity = account->mailbox(mailbox::inbox)->uid_validity();

    const auto outcome = restore_into(rig, std::make_shared<store::MemoryDisk>(), {});
    ASSERT_TRUE(outcome.done);
    rig.engine = std::make_unique<store::MemoryEngine>(rig.io.get_executor(), outcome.disk);
    EXPECT_GT(rig.engine->blobs().new_id(), highest_blob);
    const auto back = rig.account(1);
    EXPECT_EQ(back->mailbox(mailbox::inbox)->uid_validity(), validity);
    // A client that saw the third letter learns that it is gone, and of all the others again.
    const auto changes = rig.run(back->changes(mailbox::inbox, known));
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->vanished.contains(3));
    EXPECT_TRUE(changes->changed.contains(1));
    EXPECT_TRUE(changes->changed.contains(2));
    const auto entries = back->entries(mailbox::inbox);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_FALSE(entries[0].flags.has(mail::SystemFlag::seen));
    EXPECT_TRUE(entries[1].flags.has(mail::SystemFlag::seen));
    EXPECT_GT(rig.append(*back, "new"), AccountRows::uids_skipped);
}

/// The power goes before or after every commit of it.
class RestoreCut : public testing::TestWithParam<store::Fault> {};

TEST_P(RestoreCut, LeavesAStoreThatSaysSoAndIsRestoredAgain)
{
    Rig rig;
    for (int i = 0; i < 5; ++i)
        rig.append(*rig.account(static_cast<std::uint64_t>(i % 2 + 1)),
                   "letter " + std::to_string(i));
    queue(rig, "waits");
    ASSERT_TRUE(rig.back_up());
    bool ended = false;
    std::uint64_t cuts = 0;
    for (; !ended && cuts < 100; ++cuts) {
        auto disk = std::make_shared<store::MemoryDisk>();
        {
            store::MemoryEngine engine(rig.io.get_executor(), disk);
            engine.fail_commit(cuts, GetParam());
            const auto repository = rig.open(Repository::Purpose::read);
            const auto manifest = repository->manifest(repository->find("latest").value());
            Restore restore(*repository, *manifest, {.numbers = AccountRows::Numbers::exact},
                            [](const auto&) {});
            ended = rig.run(restore.run(engine, rig.random)).has_value();
        }
        const bool marked = has_partition(*disk, restoring_partition);
        const bool whole = rows_of(*disk) == rows_of(*rig.disk);
        EXPECT_TRUE(ended || marked || whole || rows_of(*disk).empty()) << "cut " << cuts;
        if (marked) {
            const auto again = restore_into(rig, disk, {.numbers = AccountRows::Numbers::exact});
            ASSERT_TRUE(again.done) << "cut " << cuts << ": " << again.done.error().text;
        }
        if (marked || ended) {
            EXPECT_EQ(rows_of(*disk), rows_of(*rig.disk)) << "cut " << cuts;
            EXPECT_EQ(bodies_of(*disk), bodies_of(*rig.disk)) << "cut " << cuts;
            EXPECT_FALSE(has_partition(*disk, restoring_partition));
        }
    }
    EXPECT_TRUE(ended);
    EXPECT_GT(cuts, 5u);
}
INSTANTIATE_TEST_SUITE_P(Restore, RestoreCut,
                         testing::Values(store::Fault::power_cut_before,
                                         store::Fault::power_cut_after));

} // namespace
} // namespace posthouse::archive
