// SPDX-License-Identifier: Apache-2.0
#include "tests/mailbox/rig.hpp"

namespace posthouse::mailbox {
namespace {

using namespace tests;
using FlagChange = Account::FlagChange;

TEST(Account, KeepsMessagesFlagsAndKeywordsAcrossARestart)
{
    Rig rig;
    EXPECT_EQ(rig.append(inbox, "one"), 1U);
    EXPECT_EQ(
        rig.append(inbox, "two", {.system = mail::SystemFlag::flagged, .keywords = {"$Junk"}}), 2U);
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, seen()));
    const auto before = rig.entries(inbox);
    rig.reopen();
    EXPECT_EQ(rig.entries(inbox), before);
    EXPECT_EQ(rig.text(inbox, 2), "two");
    const auto* box = rig.account->mailbox(inbox);
    EXPECT_EQ(box->keywords(0), "$Junk");
    EXPECT_EQ(box->messages(), 2U);
    EXPECT_EQ(box->unseen(), 1U);
    EXPECT_EQ(box->bytes(), 6U);
    EXPECT_EQ(rig.run(rig.account->summaries({before[1].email}))->front(), "summary of two");
}

TEST(Account, GivesEveryCommitAGreaterModseqAndTellsWhatCameAfterOne)
{
    Rig rig;
    rig.append(inbox, "one");
    rig.append(inbox, "two");
    const auto since = rig.account->mailbox(inbox)->highest_modseq();
    rig.append(inbox, "three");
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, seen()));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("2"))));
    for (const bool reopened : {false, true}) {
        if (reopened)
            rig.reopen();
        const auto changed = *rig.run(rig.account->changes(inbox, since));
        EXPECT_EQ(changed.changed.text(), "1,3");
        EXPECT_EQ(changed.vanished.text(), "2");
        EXPECT_EQ(changed.modseq, rig.account->mailbox(inbox)->highest_modseq());
        const auto nothing = *rig.run(rig.account->changes(inbox, changed.modseq));
        EXPECT_TRUE(nothing.changed.empty() && nothing.vanished.empty());
    }
}

TEST(Account, LeavesAloneWhatWasChangedSince)
{
    Rig rig;
    rig.append(inbox, "one");
    rig.append(inbox, "two");
    const auto since = rig.account->mailbox(inbox)->highest_modseq();
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, seen()));
    Account::StoreOrder order;
    order.uids = *mail::UidSet::parse("1:2");
    order.flags = deleted();
    order.unchanged_since = since;
    const auto stored = *rig.run(rig.account->store(inbox, order));
    EXPECT_EQ(stored.refused.text(), "1");
    EXPECT_EQ(stored.changed.text(), "2");
}

TEST(Account, ChangesNothingWhereNothingChanges)
{
    Rig rig;
    rig.append(inbox, "one", seen());
    const auto commits = rig.engine->commits();
    const auto stored = *rig.store(inbox, "1", FlagChange::add, seen());
    EXPECT_TRUE(stored.changed.empty());
    EXPECT_EQ(rig.engine->commits(), commits);
}

TEST(Account, SharesABodyAmongCopiesAndDropsItWithTheLast)
{
    Rig rig;
    rig.append(inbox, "one");
    const auto other = rig.create("Other");
    const auto copied = *rig.run(rig.account->copy(inbox, *mail::UidSet::parse("1"), other, at(5)));
    EXPECT_EQ(copied.to.text(), "1");
    EXPECT_EQ(rig.disk->blobs.size(), 1U);
    EXPECT_EQ(rig.entries(inbox)[0].email, rig.entries(other)[0].email);
    rig.reopen();
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("1"))));
    EXPECT_EQ(rig.text(other, 1), "one");
    rig.reopen();
    ASSERT_TRUE(rig.run(rig.account->expunge(other, *mail::UidSet::parse("1"))));
    EXPECT_TRUE(rig.disk->blobs.empty());
    EXPECT_EQ(rig.account->state().record.bytes(), 0U);
}

TEST(Account, MovesInOneCommit)
{
    Rig rig;
    for (const auto* text : {"one", "two", "three"})
        rig.append(inbox, text, {.system = mail::SystemFlag::seen, .keywords = {"$Work"}});
    const auto other = rig.create("Other");
    ASSERT_TRUE(rig.store(other, "1", FlagChange::add, {}));
    const auto commits = rig.engine->commits();
    const auto moved =
        *rig.run(rig.account->move(inbox, *mail::UidSet::parse("1,3"), other, at(5)));
    EXPECT_EQ(rig.engine->commits(), commits + 1);
    EXPECT_EQ(moved.from.text(), "1,3");
    EXPECT_EQ(moved.to.text(), "1:2");
    EXPECT_EQ(rig.uids(inbox), "2");
    EXPECT_EQ(rig.text(other, 2), "three");
    EXPECT_EQ(rig.account->mailbox(other)->keywords(0), "$Work");
    EXPECT_EQ(rig.entries(other)[1].keywords, 1U);
}

TEST(Account, ChangesTenThousandFlagsInFewRows)
{
    Rig rig;
    for (int round = 0; round < 20; ++round) {
        std::vector<Account::NewMessage> many;
        for (int i = 0; i < 500; ++i)
            many.push_back(rig.message("x"));
        ASSERT_TRUE(rig.run(rig.account->append(inbox, std::move(many), at(1))));
    }
    const auto commits = rig.engine->commits();
    const auto stored = *rig.store(inbox, "1:10000", FlagChange::add, seen());
    EXPECT_EQ(stored.changed.text(), "1:10000");
    EXPECT_EQ(rig.engine->commits(), commits + 1);
    EXPECT_EQ(rig.account->mailbox(inbox)->unseen(), 0U);
}

TEST(Account, RemembersADeliveryEvenOfAnExpungedLetter)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->deliver(42, rig.message("one"), at(1))));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("1"))));
    ASSERT_TRUE(rig.run(rig.account->deliver(42, rig.message("one"), at(2))));
    EXPECT_EQ(rig.uids(inbox), "");
    rig.account->forget_delivery(42);
    rig.append(inbox, "two");
    EXPECT_FALSE(*rig.run(rig.account->was_delivered(42)));
}

TEST(Account, FindsTheThreadOfAReplyWhicheverComesFirst)
{
    Rig rig;
    auto add = [&](std::vector<std::uint64_t> threading) {
        std::vector<Account::NewMessage> one;
        one.push_back(rig.message("x"));
        one.back().threading = std::move(threading);
        EXPECT_TRUE(rig.run(rig.account->append(inbox, std::move(one), at(1))));
        return rig.entries(inbox).back().thread;
    };
    const auto first = add({100});
    EXPECT_EQ(add({200, 100}), first);
    EXPECT_EQ(add({300, 999, 200}), first);
    EXPECT_NE(add({0}), first);
    const auto reply = add({500, 400});
    EXPECT_EQ(add({400}), reply);
}

TEST(Account, MakesParentsAndNeverGivesAUidvalidityTwice)
{
    Rig rig;
    rig.create("Work/2026/May");
    EXPECT_TRUE(rig.account->find("Work/2026"));
    EXPECT_EQ(rig.run(rig.account->create("Work", {}, at(4))).error(), Error::exists);
    for (const auto* bad : {"", "/x", "x/", "a//b", "a\tb", "\xff"})
        EXPECT_EQ(rig.run(rig.account->create(bad, {}, at(4))).error(), Error::bad_name) << bad;
    const auto work = *rig.account->find("Work");
    const auto validity = rig.account->mailbox(work)->uid_validity();
    const auto may = *rig.account->find("Work/2026/May");
    ASSERT_TRUE(rig.run(rig.account->remove(may)));
    EXPECT_FALSE(rig.account->find("Work/2026/May"));
    const auto again = rig.create("Work/2026/May");
    EXPECT_GT(rig.account->mailbox(again)->uid_validity(), validity);
    EXPECT_EQ(rig.run(rig.account->remove(inbox)).error(), Error::cannot);
}

TEST(Account, RenamesWithWhatIsBelowAndInboxByMovingWhatIsInIt)
{
    Rig rig;
    const auto a = rig.create("a");
    rig.create("a/b");
    rig.append(a, "one");
    ASSERT_TRUE(rig.run(rig.account->rename(a, "x/y", at(9))));
    EXPECT_EQ(rig.account->find("x/y"), a);
    EXPECT_TRUE(rig.account->find("x/y/b") && rig.account->find("x"));
    EXPECT_FALSE(rig.account->find("a") || rig.account->find("a/b"));
    EXPECT_EQ(rig.text(a, 1), "one");
    EXPECT_EQ(rig.run(rig.account->rename(a, "x/y/z", at(9))).error(), Error::cannot);
    rig.append(inbox, "letter");
    ASSERT_TRUE(rig.run(rig.account->rename(inbox, "Old", at(9))));
    EXPECT_EQ(rig.uids(inbox), "");
    EXPECT_EQ(rig.text(*rig.account->find("Old"), 1), "letter");
}

TEST(Account, GoesOnRemovingWhatACrashLeftHalfRemoved)
{
    Rig rig;
    const auto box = rig.create("Box");
    rig.append(box, "one");
    rig.engine->fail_commit(1, store::Fault::power_cut_before);
    (void)rig.run(rig.account->remove(box));
    rig.reopen();
    ASSERT_TRUE(rig.account);
    EXPECT_FALSE(rig.account->find("Box"));
    EXPECT_EQ(rig.account->state().boxes.size(), 1U);
    EXPECT_TRUE(rig.disk->blobs.empty());
    EXPECT_EQ(rig.account->state().record.messages(), 0U);
}

TEST(Account, IsFullByBytesOrByCountAndStillTakesWhatTheQueueAccepted)
{
    Rig rig;
    rig.account->set_quota({.bytes = 10, .messages = 0});
    rig.append(inbox, "12345");
    std::vector<Account::NewMessage> one;
    one.push_back(rig.message("678901"));
    EXPECT_EQ(rig.run(rig.account->append(inbox, std::move(one), at(1))).error(),
              Error::over_quota);
    ASSERT_TRUE(rig.run(rig.account->deliver(1, rig.message("678901"), at(1))));
    EXPECT_TRUE(rig.account->is_full());
    EXPECT_EQ(rig.run(rig.account->copy(inbox, *mail::UidSet::parse("1"), inbox, at(1))).error(),
              Error::over_quota);
}

TEST(Account, ReplacesInOneCommitOrNotAtAll)
{
    Rig rig;
    rig.append(inbox, "draft");
    std::vector<Account::NewMessage> one;
    one.push_back(rig.message("better"));
    const auto added =
        *rig.run(rig.account->append(inbox, std::move(one), at(1), Account::Gone{inbox, 1}));
    EXPECT_EQ(added.uids.text(), "2");
    EXPECT_EQ(rig.uids(inbox), "2");
    EXPECT_EQ(rig.disk->blobs.size(), 1U);
    one.clear();
    one.push_back(rig.message("lost"));
    EXPECT_EQ(
        rig.run(rig.account->append(inbox, std::move(one), at(1), Account::Gone{inbox, 1})).error(),
        Error::nonexistent);
    EXPECT_EQ(rig.uids(inbox), "2");
}

TEST(Account, CountsWhatIsReplacedAsGoneWhereTheQuotaIsFull)
{
    Rig rig;
    rig.append(inbox, "12345");
    rig.append(inbox, "12345");
    rig.account->set_quota({.bytes = 11, .messages = 2});
    const auto replace = [&](std::string text, std::uint32_t uid) {
        std::vector<Account::NewMessage> one;
        one.push_back(rig.message(std::move(text)));
        return rig.run(
            rig.account->append(inbox, std::move(one), at(1), Account::Gone{inbox, uid}));
    };
    EXPECT_TRUE(replace("123456", 1));
    EXPECT_EQ(replace("1234567", 2).error(), Error::over_quota);
    EXPECT_EQ(rig.uids(inbox), "2:3");
    EXPECT_TRUE(replace("12345", 2));
}

TEST(Account, ShowsNothingThatIsNotDurable)
{
    Rig rig;
    rig.append(inbox, "one");
    rig.engine->fail_commit(0, store::Fault::no_space);
    EXPECT_EQ(rig.store(inbox, "1", FlagChange::add, seen()).error(), Error::no_space);
    EXPECT_FALSE(rig.entries(inbox)[0].flags.has(mail::SystemFlag::seen));
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, deleted()));
    EXPECT_EQ(rig.entries(inbox)[0].flags, mail::SystemFlags(mail::SystemFlag::deleted));
}

TEST(Account, ReadsAgainWhatACommitOfUnknownOutcomeLeft)
{
    for (const auto fault : {store::Fault::unknown_applied, store::Fault::unknown_lost}) {
        Rig rig;
        rig.append(inbox, "one");
        rig.engine->fail_commit(0, fault);
        (void)rig.store(inbox, "1", FlagChange::add, seen());
        ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, deleted()));
        const auto shown = rig.entries(inbox);
        rig.reopen();
        EXPECT_EQ(rig.entries(inbox), shown);
    }
}

TEST(Account, KeepsMetadataAndSubscriptions)
{
    Rig rig;
    const auto box = rig.create("Box");
    ASSERT_TRUE(rig.run(rig.account->set_metadata(box, {{"/private/comment", "mine"}})));
    ASSERT_TRUE(rig.run(rig.account->subscribe("Box")));
    ASSERT_TRUE(rig.run(rig.account->subscribe("Gone")));
    rig.reopen();
    EXPECT_EQ(rig.run(rig.account->metadata(box))->at("/private/comment"), "mine");
    EXPECT_TRUE(rig.account->state().subscriptions.contains("Gone"));
    ASSERT_TRUE(rig.run(rig.account->set_metadata(box, {{"/private/comment", std::nullopt}})));
    EXPECT_TRUE(rig.run(rig.account->metadata(box))->empty());
}

TEST(Account, ReadsMailboxesOfTheFirstFormat)
{
    Rig rig;
    rig.account.reset();
    rig.disk->partitions.clear();
    store::Commit old;
    old.partition = partition_of(ada);
    Mailbox box;
    box.set_id(1);
    box.set_name("INBOX");
    box.set_uid_validity(77);
    box.set_uid_next(1001);
    old.put.push_back({std::string("b\0\0\0\1", 5), box.SerializeAsString()});
    for (std::uint32_t uid = 1; uid <= 1000; ++uid) {
        Message message;
        message.set_body(store::BlobId{1, uid}.bytes());
        message.set_body_bytes(uid);
        message.set_prefix("12");
        std::string key("m\0\0\0\1\0\0", 7);
        key += static_cast<char>(uid >> 8);
        key += static_cast<char>(uid & 0xff);
        old.put.push_back({key, message.SerializeAsString()});
    }
    ASSERT_TRUE(rig.run(rig.engine->partitions().commit(std::move(old))));
    // A power cut after the first of its commits: the next opening goes on.
    rig.engine->fail_commit(1, store::Fault::power_cut_before);
    (void)rig.run(Account::open(*rig.engine, ada, at(0)));
    rig.reopen();
    ASSERT_TRUE(rig.account);
    EXPECT_EQ(rig.uids(inbox), "1:1000");
    EXPECT_EQ(rig.entries(inbox)[999].size, 1002U);
    EXPECT_EQ(rig.account->mailbox(inbox)->uid_validity(), 77U);
    EXPECT_EQ(rig.account->mailbox(inbox)->messages(), 1000U);
    EXPECT_EQ(rig.append(inbox, "new"), 1001U);
    rig.reopen();
    EXPECT_EQ(rig.uids(inbox), "1:1001");
}

} // namespace
} // namespace posthouse::mailbox
