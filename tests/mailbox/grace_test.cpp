// SPDX-License-Identifier: Apache-2.0
// What is expunged can be brought back for a while.
#include "mailbox/grace.pb.h"
#include "mailbox/keys.hpp"
#include "tests/mailbox/rig.hpp"

namespace posthouse::mailbox {
namespace {

using namespace tests;
using FlagChange = Account::FlagChange;
using UidsBack = Account::UidsBack;
constexpr auto hour = std::chrono::hours(1);

mail::UidSet set(const char* text)
{
    return *mail::UidSet::parse(text);
}

struct GraceRig : Rig {
    GraceRig() { keep_expunged(hour); }
    std::size_t rows(const std::string& prefix)
    {
        return run(engine->partitions().scan(partition_of(ada), prefix, {}, 1000))->rows.size();
    }
};

TEST(Grace, BringsBackWhatWasExpungedWithItsUidKeywordsDateAndUidl)
{
    GraceRig rig;
    rig.append(inbox, "one");
    std::vector<Account::NewMessage> one;
    one.push_back(rig.message("two", {.system = mail::SystemFlag::flagged, .keywords = {"$Junk"}}));
    one.front().uidl = "old-uidl";
    ASSERT_TRUE(rig.run(rig.account->append(inbox, std::move(one), at(2))));
    ASSERT_TRUE(rig.store(inbox, "2", FlagChange::add, deleted()));
    const auto before = rig.entries(inbox)[1];
    ASSERT_TRUE(rig.run(rig.account->expunge_deleted(inbox, {})));
    EXPECT_EQ(rig.uids(inbox), "1");
    EXPECT_EQ(rig.account->state().record.messages(), 1U);
    EXPECT_EQ(rig.account->state().record.graced_messages(), 1U);
    EXPECT_EQ(rig.account->state().record.graced_bytes(), 3U);
    EXPECT_EQ(rig.disk->blobs.size(), 2U);
    EXPECT_TRUE(rig.run(rig.account->uidls(inbox))->empty());
    rig.reopen();
    EXPECT_EQ(rig.graced(), "INBOX:2");
    const auto modseq = rig.account->mailbox(inbox)->highest_modseq();
    const auto back = rig.undelete();
    EXPECT_EQ(back.messages, 1U);
    EXPECT_EQ(back.uids.at("INBOX").text(), "2");
    rig.reopen();
    const auto after = rig.entries(inbox)[1];
    EXPECT_EQ(after.uid, before.uid);
    EXPECT_EQ(after.keywords, before.keywords);
    EXPECT_EQ(after.internal_date, before.internal_date);
    EXPECT_EQ(after.email, before.email);
    EXPECT_GT(after.modseq, modseq);
    EXPECT_TRUE(after.flags.has(mail::SystemFlag::flagged));
    EXPECT_FALSE(after.flags.has(mail::SystemFlag::deleted)) << "the next EXPUNGE would have it";
    EXPECT_EQ(after.save_date, to_microseconds(rig.clock)) << "expiry would have it";
    EXPECT_EQ(rig.text(inbox, 2), "two");
    EXPECT_EQ(rig.run(rig.account->uidls(inbox))->at(2), "old-uidl");
    EXPECT_EQ(rig.graced(), "");
    EXPECT_EQ(rig.account->state().record.graced_messages(), 0U);
    EXPECT_EQ(rig.account->state().record.bytes(), 6U);
}

TEST(Grace, CostsNothingWhereItIsOff)
{
    Rig rig;
    rig.append(inbox, "one");
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
    EXPECT_EQ(rig.graced(), "");
    EXPECT_TRUE(rig.disk->blobs.empty());
    EXPECT_EQ(rig.undelete().messages, 0U);
}

TEST(Grace, EndsForGoodWhenItIsOver)
{
    GraceRig rig;
    rig.append(inbox, "one");
    rig.append(inbox, "two");
    const auto other = rig.create("Other");
    ASSERT_TRUE(rig.run(rig.account->copy(inbox, set("2"), other, at(3))));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
    rig.clock += hour;
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("2"))));
    EXPECT_EQ(rig.disk->blobs.size(), 2U);
    EXPECT_EQ(*rig.run(rig.account->drop_graced(rig.clock)), 1U);
    EXPECT_EQ(rig.disk->blobs.size(), 1U);
    EXPECT_EQ(rig.graced(), "INBOX:2");
    EXPECT_EQ(*rig.run(rig.account->drop_graced(rig.clock + hour)), 1U);
    EXPECT_EQ(rig.disk->blobs.size(), 1U) << "the copy has it";
    EXPECT_EQ(rig.text(other, 1), "two");
    ASSERT_TRUE(rig.run(rig.account->empty()));
    EXPECT_TRUE(rig.disk->blobs.empty());
    EXPECT_EQ(rig.rows("e") + rig.rows("s") + rig.rows("n"), 0U);
}

TEST(Grace, KeepsTheClaimOnASharedBodyUntilItIsOver)
{
    GraceRig rig;
    auto letter = rig.message("shared");
    const auto blob = *store::BlobId::from_bytes(letter.message.body());
    SharedBodies bodies(*rig.engine);
    ASSERT_TRUE(rig.run(bodies.claim(blob, SharedBodies::claim_of(ada, 5))));
    ASSERT_TRUE(rig.run(bodies.release(blob, SharedBodies::queue_claim)));
    letter.message.set_shared_body(true);
    ASSERT_TRUE(rig.run(rig.account->deliver(5, std::move(letter), at(1))));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
    EXPECT_TRUE(*rig.run(bodies.is_claimed(blob)));
    ASSERT_TRUE(rig.run(rig.account->drop_graced(rig.clock + hour)));
    EXPECT_FALSE(*rig.run(bodies.is_claimed(blob)));
}

/// RFC 7162 §3.2.5: whichever MODSEQ a client knows, it learns of a message that came back.
TEST(Grace, TellsEveryClientThatKnowsModseqsWhatCameBack)
{
    for (const bool reopened : {false, true}) {
        GraceRig rig;
        rig.append(inbox, "one");
        rig.append(inbox, "two");
        const auto all_there = rig.account->mailbox(inbox)->highest_modseq();
        ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
        const auto gone = rig.account->mailbox(inbox)->highest_modseq();
        const auto undeletions = rig.account->undeletions(inbox);
        rig.undelete();
        EXPECT_GT(rig.account->undeletions(inbox), undeletions) << "open sessions are to end";
        if (reopened)
            rig.reopen();
        for (const auto since : {all_there, gone}) {
            const auto changed = *rig.run(rig.account->changes(inbox, since));
            EXPECT_EQ(changed.changed.text(), "1");
            EXPECT_EQ(changed.vanished.text(), "");
        }
        ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
        for (const auto since : {all_there, gone}) {
            const auto changed = *rig.run(rig.account->changes(inbox, since));
            EXPECT_EQ(changed.changed.text(), "");
            EXPECT_EQ(changed.vanished.text(), "1");
        }
    }
}

TEST(Grace, BringsBackAsNewLettersWhereThatIsWished)
{
    GraceRig rig;
    rig.append(inbox, "one");
    rig.append(inbox, "two");
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
    const auto back = rig.undelete({}, UidsBack::fresh);
    EXPECT_EQ(back.uids.at("INBOX").text(), "3");
    EXPECT_EQ(rig.text(inbox, 3), "one");
    EXPECT_EQ(rig.account->undeletions(inbox), 0U);
}

TEST(Grace, BringsBackOnlyWhatIsWanted)
{
    GraceRig rig;
    const auto other = rig.create("Other");
    for (const auto* text : {"a", "b", "c"}) {
        rig.append(inbox, text);
        rig.append(other, text);
    }
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1:2"))));
    rig.clock += hour;
    const auto later = rig.clock;
    ASSERT_TRUE(rig.run(rig.account->expunge(other, set("1:3"))));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("3"))));
    EXPECT_EQ(rig.undelete({.mailbox = "INBOX", .since = later, .uids = {}}).messages, 1U);
    EXPECT_EQ(rig.uids(inbox), "3");
    EXPECT_EQ(rig.undelete({.mailbox = "Other", .since = {}, .uids = set("2,9")}).messages, 1U);
    EXPECT_EQ(rig.uids(other), "2");
    rig.reopen();
    EXPECT_EQ(rig.graced(), "INBOX:1 INBOX:2 Other:1 Other:3");
    EXPECT_EQ(rig.undelete().messages, 4U);
    EXPECT_EQ(rig.uids(other), "1:3");
}

TEST(Grace, DoesNotKeepWhatIsMoved)
{
    GraceRig rig;
    rig.append(inbox, "one");
    const auto other = rig.create("Other");
    ASSERT_TRUE(rig.run(rig.account->move(inbox, set("1"), other, at(3))));
    EXPECT_EQ(rig.graced(), "");
}

TEST(Grace, KeepsWhatReplaceTookThePlaceOf)
{
    GraceRig rig;
    rig.append(inbox, "draft");
    std::vector<Account::NewMessage> one;
    one.push_back(rig.message("better"));
    ASSERT_TRUE(
        rig.run(rig.account->append(inbox, std::move(one), at(3), Account::Gone{inbox, 1})));
    EXPECT_EQ(rig.graced(), "INBOX:1");
    rig.undelete();
    EXPECT_EQ(rig.uids(inbox), "1:2");
    EXPECT_EQ(rig.text(inbox, 1), "draft");
}

TEST(Grace, MakesARemovedMailboxAnewAndNeverGivesItsUidsAgain)
{
    GraceRig rig;
    const auto box = rig.create("Work/Old");
    for (const auto* text : {"a", "b", "c"})
        rig.append(box, text);
    ASSERT_TRUE(rig.run(rig.account->expunge(box, set("2"))));
    // The last UIDs are of messages that are elsewhere when the mailbox goes.
    rig.append(box, "d");
    ASSERT_TRUE(rig.run(rig.account->move(box, set("4"), inbox, at(3))));
    const auto validity = rig.account->mailbox(box)->uid_validity();
    const auto object = rig.account->mailbox(box)->object_id();
    ASSERT_TRUE(rig.run(rig.account->remove(box)));
    ASSERT_TRUE(rig.run(rig.account->remove(*rig.account->find("Work"))));
    rig.reopen();
    EXPECT_FALSE(rig.account->find("Work/Old"));
    const auto back = rig.undelete();
    EXPECT_EQ(back.uids.at("Work/Old").text(), "1:3");
    rig.reopen();
    const auto again = rig.account->find("Work/Old");
    ASSERT_TRUE(again);
    EXPECT_TRUE(rig.account->find("Work"));
    EXPECT_EQ(rig.account->mailbox(*again)->uid_validity(), validity);
    EXPECT_EQ(rig.account->mailbox(*again)->object_id(), object);
    EXPECT_EQ(rig.uids(*again), "1:3");
    EXPECT_EQ(rig.text(*again, 2), "b");
    EXPECT_EQ(rig.append(*again, "e"), 5U);
    const auto changed = *rig.run(rig.account->changes(*again, 1));
    EXPECT_EQ(changed.changed.text(), "1:3,5");
}

TEST(Grace, GivesNewUidsWhereTheNameIsAnothersNow)
{
    GraceRig rig;
    const auto box = rig.create("Box");
    rig.append(box, "old");
    ASSERT_TRUE(rig.run(rig.account->remove(box)));
    const auto next = rig.create("Box");
    rig.append(next, "new");
    EXPECT_EQ(rig.undelete().uids.at("Box").text(), "2");
    EXPECT_EQ(rig.text(next, 2), "old");
    // And where a later one had it: UIDVALIDITY never goes back.
    ASSERT_TRUE(rig.run(rig.account->expunge(next, set("1"))));
    ASSERT_TRUE(rig.run(rig.account->remove(next)));
    const auto third = rig.create("Box");
    const auto greater = rig.account->mailbox(third)->uid_validity();
    ASSERT_TRUE(rig.run(rig.account->remove(third)));
    rig.undelete();
    EXPECT_GE(rig.account->mailbox(*rig.account->find("Box"))->uid_validity(), greater);
}

TEST(Grace, FollowsAMailboxThatWasRenamed)
{
    GraceRig rig;
    const auto box = rig.create("Box");
    rig.append(box, "a");
    ASSERT_TRUE(rig.run(rig.account->expunge(box, set("1"))));
    ASSERT_TRUE(rig.run(rig.account->rename(box, "Chest", at(5))));
    rig.create("Box");
    EXPECT_EQ(rig.undelete().uids.at("Chest").text(), "1");
}

TEST(Grace, TakesNobodysRoom)
{
    GraceRig rig;
    rig.account->set_quota({.bytes = 10, .messages = 0});
    rig.append(inbox, "12345");
    rig.append(inbox, "1234");
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1"))));
    rig.clock += hour;
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("2"))));
    EXPECT_FALSE(rig.account->wants_room());
    EXPECT_EQ(*rig.run(rig.account->make_room()), 0U);
    rig.append(inbox, "abcde");
    ASSERT_TRUE(rig.account->wants_room());
    EXPECT_EQ(*rig.run(rig.account->make_room()), 1U);
    EXPECT_EQ(rig.graced(), "INBOX:2") << "the oldest goes first";
    rig.append(inbox, "f");
    EXPECT_EQ(rig.undelete().messages, 1U);
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("2"))));
    rig.append(inbox, "gh");
    const auto back = rig.undelete();
    EXPECT_EQ(back.messages, 0U);
    EXPECT_EQ(back.stopped, Error::over_quota);
    EXPECT_EQ(rig.graced(), "INBOX:2");
}

TEST(Grace, KeepsAndListsThousandsInFewRows)
{
    GraceRig rig;
    for (int part = 0; part < 4; ++part) {
        auto some = std::vector<Account::NewMessage>();
        for (int i = 0; i < 500; ++i)
            some.push_back(rig.message(std::to_string(i)));
        ASSERT_TRUE(rig.run(rig.account->append(inbox, std::move(some), at(2))));
    }
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, set("1:2000"))));
    EXPECT_LE(rig.rows(key::all_graced), 10U);
    EXPECT_EQ(rig.undelete().messages, 2000U);
    EXPECT_EQ(rig.uids(inbox), "1:2000");
}

// ---- what a commit holds
// --------------------------------------------------------------------------

/// Its page is as large as it may well be.
Entry thick(std::uint32_t uid)
{
    const auto number = [uid](std::uint64_t salt) {
        return ((uid + salt) * 0x9e3779b97f4a7c15ULL) >> 8;
    };
    Entry entry;
    entry.uid = uid;
    entry.modseq = number(1) >> 16;
    entry.size = number(3) >> 4;
    entry.internal_date = static_cast<std::int64_t>(number(4) >> 8);
    entry.save_date = static_cast<std::int64_t>(number(5) >> 8);
    entry.email = entry.thread = number(6) >> 8;
    return entry;
}

TEST(Grace, BringsBackFromManyPagesWhileOthersEmptyAsMany)
{
    constexpr std::uint32_t pages = 900;
    constexpr int expunges = 6;
    GraceRig rig;
    auto& rows = rig.disk->partitions.at(partition_of(ada).name).rows;
    GracedMessages graced;
    std::vector<Entry> gone;
    const auto& inbox_record = rig.account->state().boxes.at(inbox).record;
    for (std::uint32_t page = 0; page < pages; ++page) {
        std::vector<Entry> entries;
        for (auto uid = page * key::page_uids + 1; uid < (page + 1) * key::page_uids; ++uid)
            entries.push_back(thick(uid));
        if (page < 300) {
            gone.push_back(entries.back());
            entries.pop_back();
        }
        rows[key::page(inbox, page)] = mail::packed_entries(entries);
    }
    ASSERT_GT(rows[key::page(inbox, 1)].size() * 780, store::Limits::commit_bytes);
    ASSERT_LT(rows[key::page(inbox, 1)].size(), key::page_uids * Limits::entry_bytes);
    graced.set_name("INBOX");
    graced.set_uid_validity(inbox_record.uid_validity());
    graced.set_object_id(inbox_record.object_id());
    graced.set_entries(mail::packed_entries(gone));
    rows[key::graced(to_microseconds(at(9)), 5, 0)] = graced.SerializeAsString();
    auto record = inbox_record;
    record.set_uid_next(pages * key::page_uids + 1);
    record.set_messages(pages * 127 - 300);
    rows[key::mailbox(inbox)] = record.SerializeAsString();
    rig.reopen();
    ASSERT_TRUE(rig.account);
    ASSERT_EQ(rig.entries(inbox).size(), pages * 127U - 300);

    int done = 0, failed = 0;
    for (int i = 1; i <= expunges; ++i) {
        mail::UidSet uids;
        for (std::uint32_t page = 300; page < 780; ++page)
            uids.add(page * key::page_uids + static_cast<std::uint32_t>(i));
        boost::asio::co_spawn(rig.io, rig.account->expunge(inbox, std::move(uids)),
                              [&](std::exception_ptr, const Result<mail::UidSet>& page) {
                                  ++(page ? done : failed);
                              });
    }
    const auto back = rig.undelete();
    while (done + failed < expunges)
        rig.io.run_one();
    EXPECT_FALSE(back.stopped);
    EXPECT_EQ(back.messages, 300U);
    EXPECT_EQ(failed, 0);
}

} // namespace
} // namespace posthouse::mailbox
