// SPDX-License-Identifier: Apache-2.0
// What would grow for ever is cut, and nobody is told anything wrong after that.
#include "mailbox/keys.hpp"
#include "tests/mailbox/rig.hpp"

namespace posthouse::mailbox {
namespace {

using namespace tests;

struct TrailRig : Rig {
    std::size_t rows(const std::string& prefix)
    {
        std::size_t count = 0;
        std::string after;
        for (;;) {
            const auto page =
                run(engine->partitions().scan(partition_of(ada), prefix, after, 1000));
            count += page->rows.size();
            if (!page->more)
                return count;
            after = page->rows.back().key;
        }
    }
    void come_and_go(int times)
    {
        for (int i = 0; i < times; ++i) {
            const auto uid = append(inbox, "x");
            ASSERT_TRUE(run(account->expunge(inbox, mail::UidSet::range(uid, uid))));
        }
    }
    std::uint64_t modseq() { return account->mailbox(inbox)->highest_modseq(); }
    void tend(Timestamp now) { ASSERT_TRUE(run(account->upkeep(now))); }
    std::string vanished(std::uint64_t since)
    {
        return run(account->changes(inbox, since))->vanished.text();
    }
};

TEST(Trail, IsCutByAgeAndTellsOldClientsOfAllThatIsNotThere)
{
    TrailRig rig;
    rig.append(inbox, "stays");
    const auto first = rig.modseq();
    rig.come_and_go(3);
    rig.tend(at(0));
    const auto second = rig.modseq();
    rig.come_and_go(2);
    EXPECT_EQ(rig.rows("v"), 5U);
    rig.tend(at(0) + Limits::trail_age / 2);
    EXPECT_EQ(rig.rows("v"), 5U);
    rig.tend(at(0) + Limits::trail_age + std::chrono::hours(1));
    EXPECT_EQ(rig.rows("v"), 2U);
    for (const bool reopened : {false, true}) {
        if (reopened)
            rig.reopen();
        EXPECT_EQ(rig.vanished(second), "5:6");
        EXPECT_EQ(rig.vanished(first), "2:6");
    }
    rig.tend(at(0) + Limits::trail_age * 2);
    EXPECT_EQ(rig.rows("v"), 0U);
    rig.reopen();
    EXPECT_EQ(rig.vanished(second), "2:6") << "more than it knew of, and none that is there";
    EXPECT_EQ(rig.vanished(rig.modseq()), "");
}

TEST(Trail, IsCutByNumber)
{
    TrailRig rig;
    rig.come_and_go(static_cast<int>(Limits::trail_rows) + 1);
    const auto last = rig.modseq();
    rig.come_and_go(1);
    rig.tend(at(0));
    EXPECT_EQ(rig.rows("v"), Limits::trail_rows / 2);
    rig.reopen();
    const auto gone = std::to_string(Limits::trail_rows + 2);
    EXPECT_EQ(rig.vanished(last), gone);
    EXPECT_EQ(rig.vanished(1), "1:" + gone);
}

TEST(Trail, IsTendedOnlyWhereSomethingChanged)
{
    TrailRig rig;
    rig.append(inbox, "x");
    const auto due = [&](Timestamp now) {
        const auto rows =
            rig.run(rig.engine->partitions().read(partition_of(ada), {key::account, key::upkeep}))
                ->rows;
        return upkeep_is_due(rows[0].value, rows.size() > 1 ? rows[1].value : std::string(), now);
    };
    EXPECT_TRUE(due(at(0)));
    rig.tend(at(0));
    EXPECT_FALSE(due(at(10)));
    EXPECT_FALSE(due(at(0) + std::chrono::hours(48)));
    rig.append(inbox, "y");
    EXPECT_FALSE(due(at(10)));
    EXPECT_TRUE(due(at(0) + std::chrono::hours(48)));
}

TEST(Threads, GoWithTheLastOfTheirMessages)
{
    TrailRig rig;
    const auto put = [&](std::vector<std::uint64_t> ids) {
        std::vector<Account::NewMessage> one;
        one.push_back(rig.message("x"));
        one.front().threading = std::move(ids);
        return rig.run(rig.account->append(inbox, std::move(one), at(1)))->uids.smallest();
    };
    rig.keep_expunged(std::chrono::hours(1));
    put({11, 10}); // An answer to what never came
    put({21, 20});
    EXPECT_EQ(rig.rows("t"), 4U);
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, mail::UidSet::range(1, 1))));
    rig.tend(at(0));
    EXPECT_EQ(rig.rows("t"), 4U) << "it can be brought back";
    ASSERT_TRUE(rig.run(rig.account->drop_graced(rig.clock + std::chrono::hours(1))));
    EXPECT_EQ(rig.rows("t"), 3U);
    put({31});
    rig.tend(at(0) + std::chrono::hours(24 * 8));
    EXPECT_EQ(rig.rows("t"), 3U);
    const auto answer = put({22, 20});
    const auto all = rig.entries(inbox);
    EXPECT_EQ(all.back().uid, answer);
    EXPECT_EQ(all.back().thread, all.front().thread) << "the other thread is still known";
}

} // namespace
} // namespace posthouse::mailbox
