// SPDX-License-Identifier: Apache-2.0
#include "mailbox/keys.hpp"
#include "mailbox/summary.pb.h"
#include "tests/mailbox/rig.hpp"

#include <algorithm>
#include <set>

namespace posthouse::mailbox {
namespace {

using namespace tests;

std::string folded_text(std::uint64_t number)
{
    return "folded fields of " + std::to_string(number);
}

/// With a summary that has these folded fields.
std::vector<std::uint64_t> append(Rig& rig, int count)
{
    std::vector<Account::NewMessage> many;
    const auto last = rig.account->state().record.last_email();
    std::vector<std::uint64_t> emails;
    for (int i = 1; i <= count; ++i) {
        emails.push_back(last + static_cast<std::uint64_t>(i));
        MessageSummary summary;
        summary.set_envelope("()");
        summary.set_folded(folded_text(emails.back()));
        many.push_back(rig.message("x"));
        many.back().summary = summary.SerializeAsString();
    }
    EXPECT_TRUE(rig.run(rig.account->append(inbox, std::move(many), at(1))));
    return emails;
}

void expect_all_found(Rig& rig, const std::vector<std::uint64_t>& emails)
{
    const auto texts = rig.run(rig.account->folded(emails));
    ASSERT_TRUE(texts);
    ASSERT_EQ(texts->size(), emails.size());
    for (std::size_t i = 0; i < emails.size(); ++i)
        EXPECT_EQ((*texts)[i], folded_text(emails[i]));
}

std::set<std::uint64_t> kept_pages(Rig& rig)
{
    std::set<std::uint64_t> pages;
    const auto rows = rig.run(rig.engine->partitions().scan(partition_of(ada), "f", {}, 1000));
    EXPECT_TRUE(rows);
    for (std::uint64_t page = 0; page < 100; ++page)
        for (const auto& row : rows->rows)
            if (row.key == key::folds(page))
                pages.insert(page);
    EXPECT_EQ(pages.size(), rows->rows.size());
    return pages;
}

TEST(AccountFolded, KeepsWhatASearchHasFoundForTheNextAfterARestart)
{
    Rig rig;
    auto emails = append(rig, 200); // 1 to 200: pages 0 to 3, the last one with nine
    EXPECT_TRUE(kept_pages(rig).empty());
    expect_all_found(rig, emails);
    EXPECT_EQ(kept_pages(rig), (std::set<std::uint64_t>{0, 1, 2}));
    rig.reopen();
    expect_all_found(rig, emails);
    // In any order, and some twice.
    rig.reopen();
    std::ranges::reverse(emails);
    emails.push_back(7);
    emails.push_back(150);
    expect_all_found(rig, emails);
}

TEST(AccountFolded, WritesNoRowsForLettersThatComeOneByOne)
{
    Rig rig;
    std::vector<std::uint64_t> all;
    for (int i = 0; i < 15; ++i) {
        all.push_back(append(rig, 1).front());
        expect_all_found(rig, all);
    }
    EXPECT_TRUE(kept_pages(rig).empty());
}

TEST(AccountFolded, KeepsNothingOfALetterThatIsGone)
{
    Rig rig;
    auto emails = append(rig, 100);
    expect_all_found(rig, emails);
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("5"))));
    EXPECT_EQ(kept_pages(rig), std::set<std::uint64_t>{1});
    std::erase(emails, 5);
    rig.reopen();
    expect_all_found(rig, emails); // Which keeps the others again.
    EXPECT_EQ(kept_pages(rig), (std::set<std::uint64_t>{0, 1}));
    const auto row = rig.run(rig.engine->partitions().read(partition_of(ada), {key::folds(0)}));
    ASSERT_TRUE(row);
    // "… of 5" is the beginning of "… of 50" alone.
    EXPECT_EQ(row->rows.front().value.find(folded_text(5)),
              row->rows.front().value.find(folded_text(50)));
}

TEST(AccountFolded, MakesAPageAgainWhenASummaryWasMended)
{
    Rig rig;
    const auto emails = append(rig, 40);
    expect_all_found(rig, emails);
    MessageSummary summary;
    summary.set_envelope("()");
    summary.set_folded("mended");
    ASSERT_TRUE(rig.run(rig.account->put_summary(3, summary.SerializeAsString())));
    EXPECT_TRUE(kept_pages(rig).empty());
    EXPECT_EQ(rig.run(rig.account->folded({3}))->front(), "mended");
}

TEST(AccountFolded, TakesADamagedRowForNone)
{
    Rig rig;
    const auto emails = append(rig, 60);
    expect_all_found(rig, emails);
    store::Commit damage;
    damage.partition = partition_of(ada);
    damage.put.push_back({key::folds(0), "\x01\xff\xff\xff"});
    ASSERT_TRUE(rig.run(rig.engine->partitions().commit(std::move(damage))));
    rig.reopen();
    expect_all_found(rig, emails);
}

TEST(AccountFolded, TellsSummariesHoweverTheyLie)
{
    Rig rig;
    const auto emails = append(rig, 150);
    const auto expect = [&](std::vector<std::uint64_t> asked) {
        const auto found = rig.run(rig.account->summaries(asked));
        ASSERT_TRUE(found);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            MessageSummary summary;
            ASSERT_TRUE(summary.ParseFromString((*found)[i]));
            EXPECT_EQ(summary.folded(), asked[i] <= 150 ? folded_text(asked[i]) : "");
        }
    };
    expect(emails);
    expect({5, 6, 7, 9, 10, 11, 12, 14, 15, 16}); // With gaps
    expect({1, 50, 100, 150, 149});
    expect({140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152});
    expect({150, 151, 152, 153, 154, 155, 156, 157, 158, 159});
    expect({});
}

} // namespace
} // namespace posthouse::mailbox
