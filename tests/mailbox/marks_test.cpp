// SPDX-License-Identifier: Apache-2.0
#include "mailbox/marks.hpp"

#include "mailbox/keys.hpp"
#include "tests/mailbox/rig.hpp"

#include <algorithm>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mailbox {
namespace {

using namespace tests;
using FlagChange = Account::FlagChange;

RC_GTEST_PROP(Marks, PutIntoTheEntriesWhatTheyWerePackedOf, ())
{
    const auto count = *rc::gen::inRange<std::uint32_t>(0, 129);
    std::vector<Entry> entries;
    for (std::uint32_t i = 0; i < count; ++i) {
        Entry entry;
        entry.uid = i * 3 + 1;
        entry.size = i;
        entry.flags =
            mail::SystemFlags::from_bits(*rc::gen::element<std::uint8_t>(0, 1, 0x11, 0x1f));
        entry.keywords = *rc::gen::element<std::uint64_t>(0, 0, 1, ~0ULL);
        entry.modseq = *rc::gen::element<std::uint64_t>(1, 2, ~0ULL);
        entries.push_back(entry);
    }
    auto bare = entries;
    for (auto& entry : bare) {
        entry.flags = mail::SystemFlag::draft;
        entry.keywords = entry.modseq = 77;
    }
    const auto row = packed_marks(entries);
    RC_ASSERT(unpack_marks(row, bare));
    RC_ASSERT(bare == entries);
    // Of fewer, of more, and cut off anywhere: nobody takes it for theirs.
    bare.emplace_back();
    RC_ASSERT(!unpack_marks(row, bare));
    if (count > 0) {
        RC_ASSERT(!unpack_marks(row, std::span(bare).first(count - 1)));
        const auto cut = *rc::gen::inRange<std::size_t>(0, row.size());
        RC_ASSERT(!unpack_marks(row.substr(0, cut), std::span(bare).first(count)));
    }
}

TEST(Marks, RefuseWhatNobodyPacks)
{
    std::vector<Entry> two(2);
    using namespace std::string_view_literals;
    EXPECT_TRUE(unpack_marks("\x02\x01\x05"sv, two));
    EXPECT_FALSE(unpack_marks("\x00\x01\x05\x02\x01\x05"sv, two)) << "a run of none";
    EXPECT_FALSE(unpack_marks("\x02\x21\x05"sv, two)) << "a flag that there is not";
    EXPECT_FALSE(unpack_marks("\x02\x81\x00\x05"sv, two)) << "keywords that are none";
    EXPECT_FALSE(unpack_marks("\x03\x01\x05"sv, two)) << "more than there are";
}

std::map<std::string, std::string, std::less<>>& rows(Rig& rig)
{
    return rig.disk->partitions.at(partition_of(ada).name).rows;
}

std::size_t bytes_of_marks(Rig& rig)
{
    std::size_t bytes = 0;
    for (const auto& [key, value] : rows(rig))
        if (key::is_marks(key))
            bytes += value.size();
    return bytes;
}

void fill(Rig& rig, int messages)
{
    std::vector<Account::NewMessage> many;
    for (int i = 0; i < messages; ++i)
        many.push_back(rig.message("x"));
    ASSERT_TRUE(rig.run(rig.account->append(inbox, std::move(many), at(1))));
}

TEST(Marks, AreAllThatAChangeOfFlagsWrites)
{
    Rig rig;
    for (int round = 0; round < 4; ++round)
        fill(rig, 250);
    const auto before = rows(rig);
    ASSERT_TRUE(rig.store(inbox, "1:1000", FlagChange::add, seen()));
    EXPECT_GT(bytes_of_marks(rig), 0U);
    EXPECT_LT(bytes_of_marks(rig), 100U) << "a run for each page";
    for (const auto& [key, value] : before)
        if (key.starts_with('p'))
            EXPECT_EQ(rows(rig).at(key), value);
    const auto entries = rig.entries(inbox);
    rig.reopen();
    EXPECT_EQ(rig.entries(inbox), entries);
}

TEST(Marks, GoWhenTheirPageIsWrittenAnew)
{
    Rig rig;
    fill(rig, 200);
    ASSERT_TRUE(rig.store(inbox, "1:1000", FlagChange::add, seen()));
    ASSERT_TRUE(rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("3"))));
    EXPECT_FALSE(rows(rig).contains(key::marks(inbox, 0)));
    EXPECT_TRUE(rows(rig).contains(key::marks(inbox, 1)));
    rig.reopen(); // Which pages have marks is known again.
    EXPECT_EQ(rig.entries(inbox).size(), 199U);
    fill(rig, 1);
    EXPECT_EQ(bytes_of_marks(rig), 0U);
    rig.reopen();
    const auto entries = rig.entries(inbox);
    EXPECT_TRUE(std::all_of(entries.begin(), entries.end() - 1, [](const Entry& entry) {
        return entry.flags.has(mail::SystemFlag::seen);
    }));
    EXPECT_FALSE(entries.back().flags.has(mail::SystemFlag::seen));
}

TEST(Marks, OfAPageThatIsNotThereAreDamage)
{
    Rig rig;
    fill(rig, 200);
    ASSERT_TRUE(rig.store(inbox, "1:1000", FlagChange::add, seen()));
    rows(rig).erase(key::page(inbox, 1));
    rig.reopen();
    const auto loaded = rig.run(rig.account->load(inbox));
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error(), Error::corrupt);
}

TEST(Marks, OfMorePagesThanACommitHoldsComeInSeveralAndEachSaysItsModseq)
{
    Rig rig;
    constexpr auto pages = static_cast<std::uint32_t>(Limits::pages_a_commit) + 5;
    const std::string import(16, 'i');
    ASSERT_TRUE(
        rig.run(rig.account->begin_import(inbox, {import, 77, pages * key::page_uids}, at(5))));
    Account::ImportBatch batch;
    batch.import = import;
    for (std::uint32_t page = 0; page < pages; ++page) {
        batch.uids.push_back(page * key::page_uids + 1);
        batch.messages.push_back(rig.message("x"));
        std::string identity(16, 'x');
        identity[0] = static_cast<char>(page);
        identity[1] = static_cast<char>(page >> 8);
        batch.identities.push_back(std::move(identity));
        if (batch.uids.size() < 100 && page + 1 < pages)
            continue;
        ASSERT_TRUE(rig.run(rig.account->import_letters(inbox, std::move(batch), at(6))));
        batch = {};
        batch.import = import;
    }
    ASSERT_TRUE(rig.run(rig.account->finish_import(import, inbox, at(7))));
    const auto stored =
        *rig.store(inbox, "1:" + std::to_string(pages * key::page_uids), FlagChange::add, seen());
    EXPECT_EQ(stored.changed.size(), pages);
    ASSERT_EQ(stored.earlier.size(), 1U);
    std::set<std::uint64_t> there;
    for (const auto& entry : rig.entries(inbox))
        there.insert(entry.modseq);
    EXPECT_EQ(there, (std::set<std::uint64_t>{stored.earlier.front(), stored.modseq}));
}

TEST(Marks, GoWithTheirMailbox)
{
    Rig rig;
    const auto other = rig.create("Other");
    rig.append(other, "one");
    ASSERT_TRUE(rig.store(other, "1", FlagChange::add, seen()));
    ASSERT_TRUE(rows(rig).contains(key::marks(other, 0)));
    ASSERT_TRUE(rig.run(rig.account->remove(other)));
    EXPECT_FALSE(rows(rig).contains(key::marks(other, 0)));
}

} // namespace
} // namespace posthouse::mailbox
