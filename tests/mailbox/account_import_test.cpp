// SPDX-License-Identifier: Apache-2.0
#include "tests/mailbox/rig.hpp"

#include <gtest/gtest.h>

namespace posthouse::mailbox::tests {
namespace {

const std::string import_id(16, 'i');

Account::ImportBatch batch(Rig& rig, const std::vector<std::uint32_t>& uids, char first = 'a')
{
    Account::ImportBatch made;
    made.import = import_id;
    made.uids = uids;
    for (std::size_t i = 0; i < uids.size(); ++i) {
        made.messages.push_back(rig.message("letter " + std::to_string(uids[i])));
        made.identities.emplace_back(16, static_cast<char>(first + static_cast<char>(i)));
    }
    return made;
}

std::string known(Rig& rig, MailboxId id)
{
    auto page = rig.run(rig.account->imported(import_id, id, ""));
    return page ? page->identities : "?";
}

std::uint32_t validity(Rig& rig, MailboxId id)
{
    return rig.account->mailbox(id)->uid_validity();
}

TEST(AccountImport, KeepsUidsAndUidvalidityOfAnEmptyMailbox)
{
    Rig rig;
    EXPECT_TRUE(
        rig.run(rig.account->begin_import(inbox, {import_id, 77, 20}, at(5))).value_or(false));
    auto done = rig.run(rig.account->import_letters(inbox, batch(rig, {3, 9, 0}), at(6)));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->uids, (std::vector<std::uint32_t>{3, 9, 20}));
    EXPECT_NE(validity(rig, inbox), 77U); // Until all are there.
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_EQ(validity(rig, inbox), 77U);
    EXPECT_EQ(rig.account->mailbox(inbox)->uid_next(), 21U);
    EXPECT_EQ(rig.uids(inbox), "3,9,20");
    EXPECT_EQ(rig.text(inbox, 9), "letter 9");
    rig.reopen();
    EXPECT_EQ(validity(rig, inbox), 77U);
    EXPECT_EQ(rig.uids(inbox), "3,9,20");
}

TEST(AccountImport, GivesNewUidsWhereThereAreLetters)
{
    Rig rig;
    rig.append(inbox, "mine");
    const auto before = validity(rig, inbox);
    EXPECT_FALSE(
        rig.run(rig.account->begin_import(inbox, {import_id, 77, 20}, at(5))).value_or(true));
    auto done = rig.run(rig.account->import_letters(inbox, batch(rig, {3, 9}), at(6)));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->uids, (std::vector<std::uint32_t>{2, 3}));
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_EQ(validity(rig, inbox), before);
}

TEST(AccountImport, LetsNewLettersComeBehindThoseThatAreStillToCome)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 77, 20}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {3}), at(6))));
    EXPECT_EQ(rig.append(inbox, "meanwhile"), 20U);
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {9}, 'k'), at(6))));
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_EQ(rig.uids(inbox), "3,9,20");
    EXPECT_EQ(validity(rig, inbox), 77U);
}

TEST(AccountImport, RemembersWhatCameInTheSameCommit)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 77, 20}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {3, 9}), at(6))));
    rig.engine->fail_commit(0, store::Fault::power_cut_before);
    EXPECT_FALSE(rig.run(rig.account->import_letters(inbox, batch(rig, {10}, 'k'), at(6))));
    rig.reopen();
    EXPECT_EQ(known(rig, inbox), std::string(16, 'a') + std::string(16, 'b'));
    EXPECT_TRUE(
        rig.run(rig.account->begin_import(inbox, {import_id, 77, 20}, at(8))).value_or(false));
    rig.engine->fail_commit(0, store::Fault::power_cut_after);
    EXPECT_FALSE(rig.run(rig.account->import_letters(inbox, batch(rig, {10}, 'k'), at(6))));
    rig.reopen();
    EXPECT_EQ(known(rig, inbox),
              std::string(16, 'a') + std::string(16, 'b') + std::string(16, 'k'));
    EXPECT_EQ(rig.uids(inbox), "3,9:10");
}

TEST(AccountImport, ForgetsItselfAtTheEnd)
{
    Rig rig;
    const auto rows = rig.disk->partitions.begin()->second.rows.size();
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 0, 0}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {0}), at(6))));
    ASSERT_TRUE(rig.run(rig.account->forget_import(import_id)));
    EXPECT_EQ(known(rig, inbox), "");
    // A page, an email, a summary.
    EXPECT_LE(rig.disk->partitions.begin()->second.rows.size(), rows + 4);
    EXPECT_FALSE(rig.run(rig.account->import_letters(inbox, batch(rig, {0}), at(6))));
}

TEST(AccountImport, ThatIsRunAgainBringsWhatCameSince)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 77, 10}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {9}), at(6))));
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_TRUE(
        rig.run(rig.account->begin_import(inbox, {import_id, 77, 12}, at(8))).value_or(false));
    auto done = rig.run(rig.account->import_letters(inbox, batch(rig, {11}, 'k'), at(6)));
    EXPECT_EQ(done->uids, (std::vector<std::uint32_t>{11}));
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_EQ(validity(rig, inbox), 77U);
    EXPECT_EQ(rig.account->mailbox(inbox)->uid_next(), 12U);
}

TEST(AccountImport, GivesUpTheUidvalidityWhereBothServersGaveTheSameUids)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 77, 10}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {9}), at(6))));
    ASSERT_TRUE(rig.run(rig.account->finish_import(import_id, inbox, at(7))));
    EXPECT_EQ(rig.append(inbox, "ours"), 10U);
    EXPECT_FALSE(
        rig.run(rig.account->begin_import(inbox, {import_id, 77, 11}, at(8))).value_or(true));
    EXPECT_NE(validity(rig, inbox), 77U);
    auto done = rig.run(rig.account->import_letters(inbox, batch(rig, {10}, 'k'), at(6)));
    EXPECT_EQ(done->uids, (std::vector<std::uint32_t>{11}));
}

TEST(AccountImport, RaisesModseqBeyondThoseThatOtherServersHadCountedTo)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 77, 10}, at(5))));
    ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, batch(rig, {9}), at(6))));
    EXPECT_GT(rig.entries(inbox).front().modseq, 1ULL << 36);
    // Whoever had counted less hears of all that is there.
    auto changed = rig.run(rig.account->changes(inbox, 1'000'000));
    EXPECT_EQ(changed->changed.text(), "9");
}

TEST(AccountImport, HeedsTheQuotaUnlessToldOtherwise)
{
    Rig rig;
    rig.account->set_quota({.bytes = 10, .messages = 0});
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 0, 0}, at(5))));
    auto refused = rig.run(rig.account->import_letters(inbox, batch(rig, {0, 0}), at(6)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Error::over_quota);
    auto order = batch(rig, {0, 0});
    order.quota = Account::ImportBatch::Quota::ignored;
    EXPECT_TRUE(rig.run(rig.account->import_letters(inbox, std::move(order), at(6))));
}

TEST(AccountImport, NamesKeywordsThatHaveNoRoom)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 0, 0}, at(5))));
    auto order = batch(rig, {0});
    for (int i = 0; i < Limits::keywords + 2; ++i)
        order.messages[0].flags.add_keyword("k" + std::to_string(i));
    auto done = rig.run(rig.account->import_letters(inbox, std::move(order), at(6)));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->keywords_left_out, (std::vector<std::string>{"k64", "k65"}));
}

TEST(AccountImport, TakesNoUidsThatLeaveNoRoom)
{
    Rig rig;
    EXPECT_FALSE(rig.run(rig.account->begin_import(inbox, {import_id, 0xffffffff, 20}, at(5)))
                     .value_or(true));
    const auto other = rig.create("Other");
    EXPECT_FALSE(rig.run(rig.account->begin_import(other, {import_id, 77, 0xffffffff}, at(5)))
                     .value_or(true));
}

TEST(AccountImport, TakesAtMostSoManyAtOnce)
{
    Rig rig;
    ASSERT_TRUE(rig.run(rig.account->begin_import(inbox, {import_id, 0, 0}, at(5))));
    auto refused = rig.run(
        rig.account->import_letters(inbox, batch(rig, std::vector<std::uint32_t>(501)), at(6)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Error::limit);
}

} // namespace
} // namespace posthouse::mailbox::tests
