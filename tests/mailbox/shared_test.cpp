// SPDX-License-Identifier: Apache-2.0
// Access lists, and what readers who are not the owner have seen.
#include "mailbox/access_rights.hpp"
#include "mailbox/seen_runs.hpp"
#include "tests/mailbox/rig.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace posthouse::mailbox::tests {
namespace {

using mail::SystemFlag;
using How = AccessChange::How;
using FlagChange = Account::FlagChange;

constexpr AccountId bob{2}, eve{3}, anyone{0};

void grant(Mailbox& box, Identifier whom, std::string_view rights, How how = How::replace)
{
    EXPECT_TRUE(change_access(box, {whom, how, *Rights::parse(rights), "name"}));
}

// ---- rights -----------------------------------------------------------------------------------

TEST(Rights, AreReadWithTheSetsThatOlderClientsKnow)
{
    EXPECT_EQ(Rights::parse("cd")->text(), "kxte");
    EXPECT_EQ(Rights::parse("aetxkpiwsrl")->text(), right_letters);
    EXPECT_EQ(Rights::parse("")->text(), "");
    EXPECT_FALSE(Rights::parse("lq"));
    EXPECT_FALSE(Rights::parse("L"));
    EXPECT_FALSE(Rights::parse("0"));
}

TEST(Rights, AreWhatNamesOneAndAnyoneLessWhatTakesAway)
{
    Mailbox box;
    EXPECT_TRUE(rights_of(bob, box).empty());
    grant(box, {anyone}, "lr");
    grant(box, {bob}, "swi");
    grant(box, {bob, true}, "i");
    EXPECT_EQ(rights_of(bob, box).text(), "lrsw");
    EXPECT_EQ(rights_of(eve, box).text(), "lr");
    grant(box, {anyone, true}, "r");
    EXPECT_EQ(rights_of(bob, box).text(), "lsw");
    EXPECT_EQ(rights_of(eve, box).text(), "l");
    EXPECT_TRUE(grants_to(box, bob));
    EXPECT_TRUE(grants_to(box, anyone));
    EXPECT_FALSE(grants_to(box, eve));
}

TEST(Rights, AreChangedOneEntryAtATime)
{
    Mailbox box;
    grant(box, {bob}, "lr");
    grant(box, {bob}, "sw", How::add);
    EXPECT_EQ(rights_of(bob, box).text(), "lrsw");
    grant(box, {bob}, "rw", How::remove);
    EXPECT_EQ(rights_of(bob, box).text(), "ls");
    grant(box, {bob, true}, "l");
    EXPECT_EQ(rights_of(bob, box).text(), "s") << "a negative entry is another";
    grant(box, {bob}, "");
    EXPECT_EQ(box.access_size(), 1);
    grant(box, {bob, true}, "l", How::remove);
    EXPECT_EQ(box.access_size(), 0) << "nothing is left of it";
}

TEST(Rights, HaveALimitedNumberOfEntries)
{
    Mailbox box;
    for (std::uint64_t i = 1; i <= Limits::access_entries; ++i)
        grant(box, {AccountId{i}}, "l");
    EXPECT_EQ(change_access(box, {{AccountId{1000}}, How::add, Rights::all(), {}}).error(),
              Error::limit);
    EXPECT_TRUE(change_access(box, {{AccountId{1}}, How::add, Rights::all(), {}}));
}

RC_GTEST_PROP(Rights, NeverExceedWhatWasGrantedNorHaveWhatWasTakenAway, ())
{
    const auto entries = *rc::gen::container<std::vector<std::tuple<int, bool, std::uint32_t>>>(
        rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::arbitrary<bool>(),
                       rc::gen::inRange<std::uint32_t>(0, 1U << right_letters.size())));
    Mailbox box;
    std::map<std::pair<int, bool>, std::uint32_t> model;
    for (const auto& [who, negative, bits] : entries) {
        RC_ASSERT(change_access(box, {{AccountId{static_cast<std::uint64_t>(who)}, negative},
                                      How::replace,
                                      Rights::from_bits(bits),
                                      {}})
                      .has_value());
        model[{who, negative}] = bits;
    }
    for (int who = 1; who < 5; ++who) {
        const auto given = model[{who, false}] | model[{0, false}];
        const auto taken = model[{who, true}] | model[{0, true}];
        RC_ASSERT(rights_of(AccountId{static_cast<std::uint64_t>(who)}, box).bits() ==
                  (given & ~taken));
    }
}

// ---- runs -------------------------------------------------------------------------------------

RC_GTEST_PROP(SeenRuns, SayWhatWasSetLastAlsoWhenReadFromTheirRows, ())
{
    using Order = std::tuple<std::uint32_t, std::uint32_t, bool>;
    const auto orders = *rc::gen::container<std::vector<Order>>(
        rc::gen::tuple(rc::gen::inRange<std::uint32_t>(1, 2500),
                       rc::gen::inRange<std::uint32_t>(0, 1500), rc::gen::arbitrary<bool>()));
    SeenRuns runs;
    std::map<std::uint32_t, std::pair<bool, std::uint64_t>> model;
    std::uint64_t modseq = 100;
    for (const auto& [first, length, seen] : orders) {
        ++modseq;
        runs.set({first, first + length, seen, modseq});
        for (auto uid = first; uid <= first + length; ++uid)
            model[uid] = {seen, modseq};
    }
    SeenRuns read;
    for (const auto page : runs.pages())
        RC_ASSERT(read.unpack(page, runs.packed(page)));
    for (const auto* one : {&runs, &read}) {
        RC_ASSERT(one->highest_modseq() == (orders.empty() ? 0 : modseq));
        for (std::uint32_t uid = 0; uid < 4100; ++uid) {
            const auto found = model.find(uid);
            RC_ASSERT(one->seen(uid) == (found != model.end() && found->second.first));
            RC_ASSERT(one->modseq(uid) == (found == model.end() ? 0 : found->second.second));
        }
    }
    RC_ASSERT(std::ranges::equal(runs.runs(), read.runs()));
}

RC_GTEST_PROP(SeenRuns, AreTheSameSetAtOnceAsOneByOne, ())
{
    using Order = std::tuple<std::vector<std::uint32_t>, bool>;
    const auto orders = *rc::gen::container<std::vector<Order>>(rc::gen::tuple(
        rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(1, 60)),
        rc::gen::arbitrary<bool>()));
    SeenRuns at_once, one_by_one;
    std::uint64_t modseq = 100;
    for (const auto& [some, seen] : orders) {
        ++modseq;
        mail::UidSet uids;
        for (const auto uid : some)
            uids.add(uid);
        if (uids.empty())
            continue;
        at_once.set(uids, seen ? SeenRuns::Mark::seen : SeenRuns::Mark::unseen, modseq);
        for (const auto& range : uids.ranges())
            one_by_one.set({range.first, range.last, seen, modseq});
        RC_ASSERT(std::ranges::equal(at_once.runs(), one_by_one.runs()));
        RC_ASSERT(at_once.highest_modseq() == one_by_one.highest_modseq());
    }
}

TEST(SeenRuns, AreFewWhereNeighboursAreAlike)
{
    SeenRuns runs;
    runs.set({1, 10, true, 5});
    runs.set({11, 20, true, 5});
    EXPECT_EQ(runs.runs().size(), 1U);
    runs.set({5, 5, false, 6});
    EXPECT_EQ(runs.runs().size(), 3U);
    runs.set({1, 0xfffffffe, true, 7});
    EXPECT_EQ(runs.runs().size(), 1U);
    runs.forget(0);
    EXPECT_FALSE(runs.seen(1023));
    EXPECT_TRUE(runs.seen(1024));
}

RC_GTEST_PROP(SeenRuns, TakeNoDamagedRowForMoreThanItsPage, ())
{
    SeenRuns runs;
    const auto row = *rc::gen::arbitrary<std::string>();
    (void)runs.unpack(3, row);
    for (const auto& run : runs.runs())
        RC_ASSERT(run.first >= 3 * SeenRuns::page_uids && run.last < 4 * SeenRuns::page_uids &&
                  run.first <= run.last);
}

// ---- in an account ------------------------------------------------------------------------------

Result<Account::Stored> store_as(Rig& rig, Account::Reader reader, const std::string& uids,
                                 Account::StoreOrder order)
{
    order.uids = *mail::UidSet::parse(uids);
    return rig.run(rig.account->store_as(reader, inbox, std::move(order)));
}

Account::StoreOrder order_of(FlagChange change, mail::Flags flags)
{
    Account::StoreOrder order;
    order.change = change;
    order.flags = std::move(flags);
    return order;
}

std::string seen_by(Rig& rig, AccountId reader)
{
    EXPECT_TRUE(rig.run(rig.account->load_seen(inbox, reader)));
    mail::UidSet seen;
    for (const auto& entry : rig.entries(inbox))
        if (rig.account->seen_by(inbox, reader)->seen(entry.uid))
            seen.add(entry.uid);
    return seen.text();
}

TEST(SharedMailbox, BeginsWithTheAccessListOfItsParent)
{
    Rig rig;
    const auto box = rig.create("Team");
    ASSERT_TRUE(rig.run(
        rig.account->change_access(box, {{bob}, How::replace, *Rights::parse("lrk"), "bob@x"})));
    const auto below = rig.create("Team/2026/March");
    ASSERT_TRUE(rig.run(rig.account->rename(below, "Team/April/early", at(5))));
    const auto other = rig.create("Teams");
    rig.reopen();
    const auto rights = [&](const std::string& name) {
        return rights_of(bob, *rig.account->mailbox(*rig.account->find(name))).text();
    };
    EXPECT_EQ(rights("Team/2026"), "lrk");
    EXPECT_EQ(rights("Team/April"), "lrk") << "made on the way";
    EXPECT_EQ(rights("Team/April/early"), "lrk");
    EXPECT_EQ(rights_of(bob, *rig.account->mailbox(other)).text(), "");
    ASSERT_TRUE(rig.run(rig.account->change_access(box, {{bob}, How::replace, {}, {}})));
    EXPECT_EQ(rights("Team"), "");
    EXPECT_EQ(rights("Team/2026"), "lrk") << "each has a list of its own";
}

TEST(SharedMailbox, LosesNoneOfTwoChangesAtOnce)
{
    Rig rig;
    std::size_t done = 0;
    for (std::uint64_t who = 2; who < 12; ++who)
        boost::asio::co_spawn(
            rig.io,
            rig.account->change_access(inbox,
                                       {{AccountId{who}}, How::add, *Rights::parse("lr"), "x"}),
            [&](std::exception_ptr, const Result<void>& result) { done += result ? 1 : 0; });
    rig.io.restart();
    rig.io.run();
    EXPECT_EQ(done, 10U);
    rig.reopen();
    EXPECT_EQ(rig.account->mailbox(inbox)->access_size(), 10);
}

TEST(SharedMailbox, HasASeenFlagForEachReader)
{
    Rig rig;
    for (int i = 0; i < 5; ++i)
        rig.append(inbox, "letter");
    const Account::Reader as_bob{bob, Rights{Right::read, Right::seen}};
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, seen()));
    const auto stored = store_as(rig, as_bob, "2:4", order_of(FlagChange::add, seen()));
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->changed.text(), "2:4");
    EXPECT_EQ(seen_by(rig, bob), "2:4");
    EXPECT_EQ(seen_by(rig, eve), "");
    EXPECT_TRUE(rig.entries(inbox)[0].flags.has(SystemFlag::seen));
    EXPECT_TRUE(rig.entries(inbox)[1].flags.none()) << "the owner has not seen it";
    EXPECT_EQ(rig.account->mailbox(inbox)->unseen(), 4U);
    EXPECT_GT(stored->modseq, rig.account->mailbox(inbox)->highest_modseq())
        << "nothing is new to the owner";
    rig.reopen();
    EXPECT_EQ(seen_by(rig, bob), "2:4");
    EXPECT_EQ(rig.account->seen_by(inbox, bob)->modseq(3), stored->modseq);
    ASSERT_TRUE(rig.store(inbox, "1", FlagChange::add, deleted()));
    EXPECT_GT(rig.account->mailbox(inbox)->highest_modseq(), stored->modseq);
}

TEST(SharedMailbox, ChangesOnlyWhatRightsReach)
{
    Rig rig;
    rig.append(inbox, "letter", {.system = SystemFlag::flagged, .keywords = {"Old"}});
    const mail::Flags all{.system = mail::SystemFlags(SystemFlag::answered) | SystemFlag::deleted |
                                    SystemFlag::seen,
                          .keywords = {"New"}};
    const auto flags = [&] { return rig.entries(inbox)[0].flags; };
    ASSERT_TRUE(store_as(rig, {bob, {Right::deleted}}, "1", order_of(FlagChange::replace, all)));
    EXPECT_EQ(flags(), mail::SystemFlags(SystemFlag::flagged) | SystemFlag::deleted);
    EXPECT_EQ(rig.entries(inbox)[0].keywords, 1U);
    EXPECT_EQ(seen_by(rig, bob), "");
    ASSERT_TRUE(store_as(rig, {bob, {Right::seen}}, "1", order_of(FlagChange::replace, all)));
    EXPECT_EQ(seen_by(rig, bob), "1");
    EXPECT_EQ(flags(), mail::SystemFlags(SystemFlag::flagged) | SystemFlag::deleted);
    ASSERT_TRUE(store_as(rig, {bob, {Right::write}}, "1", order_of(FlagChange::replace, all)));
    EXPECT_EQ(flags(), mail::SystemFlags(SystemFlag::answered) | SystemFlag::deleted);
    EXPECT_EQ(rig.entries(inbox)[0].keywords, 2U);
    EXPECT_EQ(seen_by(rig, bob), "1");
    ASSERT_TRUE(store_as(rig, {bob, {Right::write}}, "1", order_of(FlagChange::remove, all)));
    EXPECT_EQ(flags(), mail::SystemFlags(SystemFlag::deleted));
    ASSERT_TRUE(store_as(rig, {bob, {}}, "1", order_of(FlagChange::add, all)));
    EXPECT_EQ(flags(), mail::SystemFlags(SystemFlag::deleted));
}

TEST(SharedMailbox, RefusesWhatChangedForTheReaderSince)
{
    Rig rig;
    rig.append(inbox, "one");
    rig.append(inbox, "two");
    const Account::Reader as_bob{bob, Rights::all()};
    const auto before = rig.account->state().record.modseq();
    ASSERT_TRUE(store_as(rig, as_bob, "1", order_of(FlagChange::add, seen())));
    auto order = order_of(FlagChange::add, deleted());
    order.unchanged_since = before;
    const auto stored = store_as(rig, as_bob, "1:2", order);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->refused.text(), "1");
    EXPECT_EQ(stored->changed.text(), "2");
    const auto other = store_as(rig, {eve, Rights::all()}, "1:2", order);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->refused.text(), "2") << "what another has seen concerns nobody else";
}

TEST(SharedMailbox, KeepsNothingOfMailboxesThatAreGone)
{
    Rig rig;
    const auto rows = [&] {
        return rig
            .run(rig.engine->partitions().scan(partition_of(rig.account->id()), "r", {}, 100))
            ->rows.size();
    };
    const auto box = rig.create("Box");
    rig.append(box, "letter");
    Account::StoreOrder order = order_of(FlagChange::add, seen());
    order.uids = mail::UidSet::range(1, 1);
    ASSERT_TRUE(rig.run(rig.account->store_as({bob, Rights::all()}, box, order)));
    EXPECT_EQ(rows(), 1U);
    ASSERT_TRUE(rig.run(rig.account->remove(box)));
    EXPECT_EQ(rows(), 0U);
}

TEST(SharedMailbox, ForgetsWhatWasSeenOfPagesThatAreGone)
{
    Rig rig;
    std::vector<Account::NewMessage> some;
    for (int page = 0; page < 3; ++page) {
        some.clear();
        for (int i = 0; i < 400; ++i)
            some.push_back(rig.message("letter"));
        ASSERT_TRUE(rig.run(rig.account->append(inbox, std::move(some), at(2))));
    }
    const Account::Reader as_bob{bob, Rights::all()};
    ASSERT_TRUE(store_as(rig, as_bob, "1:1100", order_of(FlagChange::add, seen())));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, mail::UidSet::range(1, 1030))));
    ASSERT_TRUE(store_as(rig, as_bob, "1200", order_of(FlagChange::add, seen())));
    const auto rows =
        rig.run(rig.engine->partitions().scan(partition_of(rig.account->id()), "r", {}, 100));
    EXPECT_EQ(rows->rows.size(), 1U) << "of the page whose messages are all gone nothing is kept";
    rig.reopen();
    EXPECT_EQ(seen_by(rig, bob), "1031:1100,1200");
}

/// The owner, two readers, and what each of them is shown.
struct Model {
    std::map<std::uint32_t, std::array<bool, 3>> seen;
    std::uint32_t next = 1;
};

RC_GTEST_PROP(SharedMailbox, ShowsEachReaderHisOwnSeenWhateverTheOthersDo, ())
{
    Rig rig;
    Model model;
    std::array<std::map<std::uint32_t, std::uint64_t>, 3> modseqs;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 12), rc::gen::inRange(0, 3), rc::gen::inRange(1, 12),
                       rc::gen::inRange(0, 6)));
    const std::array readers{ada, bob, eve};
    for (const auto& [what, who, first, length] : steps) {
        mail::UidSet uids = mail::UidSet::range(static_cast<std::uint32_t>(first),
                                                static_cast<std::uint32_t>(first + length));
        if (what < 3) {
            model.seen[model.next++] = {};
            rig.append(inbox, "letter");
        } else if (what < 9) {
            auto order = order_of(what < 7 ? FlagChange::add : FlagChange::remove, seen());
            order.uids = uids;
            const auto reader = static_cast<std::size_t>(who);
            const auto stored = who == 0 ? rig.run(rig.account->store(inbox, order))
                                         : rig.run(rig.account->store_as(
                                               {readers[reader], {Right::seen}}, inbox, order));
            RC_ASSERT(stored.has_value());
            for (const auto uid : uids)
                if (const auto found = model.seen.find(uid); found != model.seen.end()) {
                    const bool now = what < 7;
                    RC_ASSERT(stored->changed.contains(uid) == (found->second[reader] != now));
                    found->second[reader] = now;
                }
        } else if (what < 11) {
            RC_ASSERT(rig.run(rig.account->expunge(inbox, uids)).has_value());
            for (const auto uid : uids)
                model.seen.erase(uid);
        } else {
            rig.reopen();
        }
        const auto entries = rig.entries(inbox);
        RC_ASSERT(entries.size() == model.seen.size());
        for (std::size_t reader = 0; reader < readers.size(); ++reader) {
            if (reader > 0)
                RC_ASSERT(rig.run(rig.account->load_seen(inbox, readers[reader])).has_value());
            const auto runs = reader > 0 ? rig.account->seen_by(inbox, readers[reader]) : nullptr;
            for (const auto& entry : entries) {
                const bool shown = runs ? runs->seen(entry.uid) : entry.flags.has(SystemFlag::seen);
                RC_ASSERT(shown == model.seen.at(entry.uid)[reader]);
                // What he has seen is told by MODSEQs that never fall.
                const auto modseq =
                    std::max<std::uint64_t>(entry.modseq, runs ? runs->modseq(entry.uid) : 0);
                RC_ASSERT(modseq >= modseqs[reader][entry.uid]);
                modseqs[reader][entry.uid] = modseq;
            }
        }
    }
}

// ---- readers' annotations
// -------------------------------------------------------------------------

TEST(SharedMailbox, WhatReadersAnnotateTakesNoRoomOfTheOwners)
{
    Rig rig;
    const std::string value(60'000, 'x');
    const auto set = [&](const std::string& entry, std::optional<std::string> to) {
        return rig.run(rig.account->set_metadata(inbox, {{entry, std::move(to)}})).has_value();
    };
    const auto of = [](int reader) { return "~reader" + std::to_string(reader); };
    EXPECT_TRUE(set(of(1) + "/private/comment", value));
    EXPECT_FALSE(set(of(1) + "/private/other", value)) << "it is beyond what a reader has";
    EXPECT_TRUE(set(of(1) + "/private/comment", value)) << "in its own place";
    int readers = 1;
    while (readers < 100 && set(of(readers + 1) + "/private/comment", value))
        ++readers;
    EXPECT_EQ(readers, static_cast<int>(Limits::readers_metadata_bytes / 60'030));
    // The owner has as much as he would have without them.
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(set("/private/vendor/" + std::to_string(i), value)) << i;
    EXPECT_FALSE(set("/shared/comment", value));
    // Whoever removes his own makes room for another.
    EXPECT_TRUE(set(of(1) + "/private/comment", std::nullopt));
    EXPECT_TRUE(set(of(readers + 1) + "/private/comment", value));
    for (std::size_t i = 0; i < Limits::reader_metadata_entries; ++i)
        ASSERT_TRUE(set(of(1) + "/private/" + std::to_string(i), "x")) << i;
    EXPECT_FALSE(set(of(1) + "/private/more", "x"));
}

TEST(SharedMailbox, CopiesGoWithoutFlagsInTheSameCommit)
{
    Rig rig;
    const auto box = rig.create("Box");
    auto flags = deleted();
    flags.system.set(mail::SystemFlag::flagged);
    flags.keywords = {"$Junk"};
    rig.append(inbox, "one", flags);
    const auto commits = rig.engine->commits();
    Account::CopyOrder order;
    order.from = inbox;
    order.uids = mail::UidSet::range(1, 1);
    order.to = box;
    order.cleared = mail::SystemFlag::deleted;
    ASSERT_TRUE(rig.run(rig.account->copy(order, at(5))));
    auto copy = rig.entries(box).at(0);
    EXPECT_TRUE(copy.flags.has(mail::SystemFlag::flagged));
    EXPECT_FALSE(copy.flags.has(mail::SystemFlag::deleted));
    EXPECT_NE(copy.keywords, 0U);
    order.cleared.set(mail::SystemFlag::flagged);
    order.keywords = Account::CopyOrder::Keywords::cleared;
    ASSERT_TRUE(rig.run(rig.account->move(order, at(5))));
    copy = rig.entries(box).at(1);
    EXPECT_TRUE(copy.flags.none());
    EXPECT_EQ(copy.keywords, 0U);
    EXPECT_EQ(rig.engine->commits(), commits + 2);
    EXPECT_TRUE(rig.entries(inbox).empty());
}

} // namespace
} // namespace posthouse::mailbox::tests
