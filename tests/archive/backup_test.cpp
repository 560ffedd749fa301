// SPDX-License-Identifier: Apache-2.0
#include "tests/archive/rig.hpp"

#include <rapidcheck.h>

#include <algorithm>

namespace posthouse::archive {
namespace {

using namespace tests;

std::string text_of(std::size_t size, std::uint64_t seed)
{
    SeededRandom random(seed);
    std::string text;
    while (text.size() < size)
        text += random_token(random, 8) + " line\r\n";
    text.resize(size);
    return text;
}

/// Something that users and senders do.
void live(Rig& rig, int steps)
{
    for (int i = 0; i < steps; ++i) {
        const auto number = rig.random.below(4) + 1;
        const auto account = rig.account(number);
        switch (rig.random.below(6)) {
        case 0: {
            (void)rig.run(account->create("Box" + std::to_string(rig.random.below(3)), {}, at(1)));
            break;
        }
        case 1: {
            ASSERT_TRUE(rig.run(account->load(mailbox::inbox)));
            mail::UidSet some;
            for (const auto& entry : account->entries(mailbox::inbox))
                if (rig.random.below(3) == 0)
                    some.add(entry.uid);
            if (!some.empty())
                (void)rig.run(account->expunge(mailbox::inbox, some));
            break;
        }
        case 2: {
            ASSERT_TRUE(rig.run(account->load(mailbox::inbox)));
            const auto box = account->find("Box0");
            mail::UidSet some;
            for (const auto& entry : account->entries(mailbox::inbox))
                some.add(entry.uid);
            if (box && !some.empty())
                (void)rig.run(account->copy(mailbox::inbox, some, *box, at(3)));
            break;
        }
        case 3: {
            spool::LetterIds ids(rig.random);
            spool::Spool spool(*rig.engine);
            ASSERT_TRUE(rig.run(spool.open(rig.random)));
            spool::Spool::NewLetter letter;
            letter.id = ids.next(at(4));
            letter.recipients = {"ann@example.org"};
            letter.body = text_of(rig.random.below(5000), rig.random.next());
            letter.record.set_body(rig.engine->blobs().new_id().bytes());
            letter.record.set_body_bytes(letter.body->size());
            ASSERT_TRUE(rig.run(spool.accept(std::move(letter))));
            break;
        }
        default:
            rig.append(*account, text_of(rig.random.below(30'000), rig.random.next()));
        }
    }
}

TEST(Backup, ComesBackAsItWas)
{
    rc::check([](std::uint64_t seed) {
        Rig rig;
        rig.random = SeededRandom(seed);
        live(rig, 20);
        const auto first = rig.back_up();
        RC_ASSERT(first.has_value());
        const auto rows = rows_of(*rig.disk);
        const auto bodies = bodies_of(*rig.disk);
        live(rig, 10);
        const auto second = rig.back_up();
        RC_ASSERT(second.has_value());
        const auto report = rig.verify();
        for (const auto& fault : report.faults)
            RC_FAIL(fault.where + ": " + fault.what);
        const Restore::Options exact{.numbers = AccountRows::Numbers::exact};
        const auto restored = rig.restore(first->name, exact);
        RC_ASSERT(rows_of(*restored) == rows);
        RC_ASSERT(bodies_of(*restored) == bodies);
        const auto later = rig.restore(second->name, exact);
        RC_ASSERT(rows_of(*later) == rows_of(*rig.disk));
        RC_ASSERT(bodies_of(*later) == bodies_of(*rig.disk));
    });
}

TEST(Backup, StoresWhatIsNewAndNothingTwice)
{
    Rig rig;
    const auto account = rig.account(1);
    for (int i = 0; i < 300; ++i)
        rig.append(*account, text_of(5000, static_cast<std::uint64_t>(i)));
    const auto first = rig.back_up();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->new_bodies, 300u);
    {
        EngineSource source(rig.io, *rig.engine);
        const auto again = rig.back_up(source);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->new_bodies, 0u);
        EXPECT_EQ(again->new_partitions, 0u);
        EXPECT_EQ(again->progress.bytes_read, 0u);
        EXPECT_EQ(source.bodies_read, 0u);
    }
    rig.append(*account, text_of(5000, 1000));
    EngineSource source(rig.io, *rig.engine);
    const auto third = rig.back_up(source);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->new_bodies, 1u);
    EXPECT_EQ(source.bodies_read, 1u);
    EXPECT_LT(third->progress.bytes_written, first->progress.bytes_written / 4);
    EXPECT_EQ(rig.verify().fault_count, 0u);
}

TEST(Backup, ShowsOneMomentWhileLettersComeAndGo)
{
    Rig rig;
    const auto account = rig.account(1);
    for (int i = 0; i < 60; ++i)
        rig.append(*account, text_of(2000, static_cast<std::uint64_t>(i)));
    const auto rows = rows_of(*rig.disk);
    const auto bodies = bodies_of(*rig.disk);
    EngineSource source(rig.io, *rig.engine);
    int changes = 0;
    source.meanwhile = [&] {
        rig.append(*account, text_of(1000, 5000u + static_cast<unsigned>(changes)));
        mail::UidSet one;
        one.add(static_cast<std::uint32_t>(++changes));
        EXPECT_TRUE(rig.run(account->expunge(mailbox::inbox, one)));
    };
    const auto taken = rig.back_up(source);
    ASSERT_TRUE(taken) << taken.error().text;
    EXPECT_GT(changes, 10);
    EXPECT_EQ(rig.verify().fault_count, 0u);
    const auto restored = rig.restore("latest", {.numbers = AccountRows::Numbers::exact});
    EXPECT_EQ(rows_of(*restored), rows);
    EXPECT_EQ(bodies_of(*restored), bodies);
}

TEST(Backup, KeepsLargeBodiesInPieces)
{
    Rig rig;
    const auto account = rig.account(1);
    auto one = rig.message("");
    const auto large = text_of(3'300'000, 5);
    const auto id = *store::BlobId::from_bytes(one.message.body());
    auto sink = rig.run(rig.engine->blobs().create(id, mailbox::partition_of({})));
    ASSERT_TRUE(sink);
    ASSERT_TRUE(rig.run((*sink)->write(large)));
    ASSERT_TRUE(rig.run((*sink)->seal()));
    one.data.reset();
    one.message.set_body_bytes(large.size());
    std::vector<mailbox::Account::NewMessage> all;
    all.push_back(std::move(one));
    ASSERT_TRUE(rig.run(account->append(mailbox::inbox, std::move(all), at(1))));
    ASSERT_TRUE(rig.back_up());
    EXPECT_EQ(rig.verify().fault_count, 0u);
    const auto restored = rig.restore("latest", {});
    EXPECT_EQ(restored->blobs.at(id).data, large);
}

/// Ended at each step, by a kill or a power cut: what was there is there, and another run works.
class BrokenOff : public testing::TestWithParam<bool> {};

TEST_P(BrokenOff, AtAnyStepLeavesEarlierBackupsWhole)
{
    Rig rig;
    const auto account = rig.account(1);
    for (int i = 0; i < 30; ++i)
        rig.append(*account, text_of(3000, static_cast<std::uint64_t>(i)));
    ASSERT_TRUE(rig.back_up());
    for (int i = 30; i < 60; ++i)
        rig.append(*account, text_of(3000, static_cast<std::uint64_t>(i)));
    const auto before = rig.archive.operations();
    {
        Rig dry; // How many steps are there?
        (void)dry;
    }
    bool ended = false;
    std::uint64_t steps = 0;
    for (; !ended && steps < 200; ++steps) {
        rig.archive.stop_at(steps);
        const auto taken = rig.back_up();
        ended = taken.has_value();
        if (GetParam())
            rig.archive.power_cut();
        else
            rig.archive.go_on();
        const auto report = rig.verify();
        EXPECT_EQ(report.fault_count, 0u) << "at step " << steps;
        EXPECT_GE(report.backups, 1u);
    }
    EXPECT_TRUE(ended);
    EXPECT_GT(steps, 5u);
    EXPECT_GT(rig.archive.operations(), before);
    const auto restored = rig.restore("latest", {.numbers = AccountRows::Numbers::exact});
    EXPECT_EQ(rows_of(*restored), rows_of(*rig.disk));
    EXPECT_EQ(bodies_of(*restored), bodies_of(*rig.disk));
}
INSTANTIATE_TEST_SUITE_P(Backup, BrokenOff, testing::Bool());

TEST(Backup, ForgetsWhatNoOtherBackupNeeds)
{
    Rig rig;
    const auto account = rig.account(1);
    for (int round = 0; round < 4; ++round) {
        mail::UidSet old;
        ASSERT_TRUE(rig.run(account->load(mailbox::inbox)));
        for (const auto& entry : account->entries(mailbox::inbox))
            old.add(entry.uid);
        if (!old.empty())
            ASSERT_TRUE(rig.run(account->expunge(mailbox::inbox, old)));
        for (int i = 0; i < 40; ++i)
            rig.append(*account, text_of(4000, static_cast<std::uint64_t>(round * 100 + i)));
        ASSERT_TRUE(rig.back_up());
    }
    const auto repository = rig.open();
    const auto before = repository->bytes_stored();
    const auto names = repository->backups().value();
    ASSERT_EQ(names.size(), 4u);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(repository->forget(names[static_cast<std::size_t>(i)]));
    const auto pruned = repository->prune();
    ASSERT_TRUE(pruned) << pruned.error().text;
    EXPECT_GT(pruned->bytes_freed, before / 2);
    EXPECT_LT(repository->bytes_stored(), before / 2);
    auto& files = rig.archive.files();
    (void)files;
    const auto left = repository->backups().value();
    EXPECT_EQ(left, std::vector<std::string>{names.back()});
}

TEST(Backup, RefusesToForgetWhileAManifestCannotBeRead)
{
    Rig rig;
    rig.append(*rig.account(1), "one");
    ASSERT_TRUE(rig.back_up());
    rig.append(*rig.account(1), "two");
    ASSERT_TRUE(rig.back_up());
    for (auto& [path, node] : rig.archive.files())
        if (path.starts_with("/backups/backups/")) {
            node->data[node->data.size() / 2] ^= 1;
            break;
        }
    EXPECT_FALSE(rig.open()->prune());
}

TEST(Backup, IsShutOutByAnotherCommandAtWork)
{
    Rig rig;
    const auto first = rig.open();
    const auto second = Repository::open(rig.archive, "/backups", Repository::Purpose::read);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Fault::Kind::locked);
}

TEST(Backup, TakesNoDirectoryThatHasOtherThings)
{
    Rig rig;
    ASSERT_TRUE(rig.archive.create("/backups/holiday.jpg"));
    const auto opened = Repository::open(rig.archive, "/backups", Repository::Purpose::write);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Fault::Kind::refused);
}

TEST(Backup, ReadsNothingOfAnotherStoresIds)
{
    Rig rig, other;
    rig.append(*rig.account(1), "of the first");
    ASSERT_TRUE(rig.back_up());
    other.append(*other.account(1), "of another!!"); // the same blob id, as long
    EngineSource source(other.io, *other.engine);
    const auto taken = rig.back_up(source);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->new_bodies, 1u);
    const auto restored = rig.restore("latest", {});
    ASSERT_EQ(restored->blobs.size(), 1u);
    EXPECT_EQ(restored->blobs.begin()->second.data, "of another!!");
}

} // namespace
} // namespace posthouse::archive
