// SPDX-License-Identifier: Apache-2.0
#include "mailbox/keys.hpp"
#include "tests/archive/rig.hpp"

#include <gmock/gmock.h>

namespace posthouse::archive {
namespace {

using namespace tests;

TEST(Verify, FindsAFlippedByteAnywhere)
{
    Rig rig;
    const auto account = rig.account(1);
    for (int i = 0; i < 5; ++i)
        rig.append(*account, "letter " + std::to_string(i) + std::string(300, 'x'));
    ASSERT_TRUE(rig.back_up());
    ASSERT_EQ(rig.verify().fault_count, 0u);
    std::size_t flipped = 0;
    for (auto& [path, node] : rig.archive.files()) {
        if (path.ends_with("/lock") || path.ends_with("/format"))
            continue;
        for (std::size_t at = 0; at < node->data.size(); ++at, ++flipped) {
            node->data[at] ^= 0x10;
            EXPECT_NE(rig.verify().fault_count, 0u) << path << " at " << at;
            node->data[at] ^= 0x10;
        }
        const auto whole = node->data;
        for (const auto size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
            node->data.resize(size);
            EXPECT_NE(rig.verify().fault_count, 0u) << path << " cut to " << size;
            node->data = whole;
        }
    }
    EXPECT_GT(flipped, 500u);
    EXPECT_EQ(rig.verify().fault_count, 0u);
}

TEST(Verify, QuicklySeesThatAPackIsMissing)
{
    Rig rig;
    rig.append(*rig.account(1), "a letter");
    ASSERT_TRUE(rig.back_up());
    EXPECT_EQ(rig.verify(Verify::Depth::quick).fault_count, 0u);
    std::erase_if(rig.archive.files(),
                  [](const auto& file) { return file.first.starts_with("/backups/packs/"); });
    EXPECT_NE(rig.verify(Verify::Depth::quick).fault_count, 0u);
}

TEST(Verify, StoresAgainWhatWasSetAside)
{
    Rig rig;
    const auto account = rig.account(1);
    rig.append(*account, "a letter that the server still has");
    ASSERT_TRUE(rig.back_up());
    for (auto& [path, node] : rig.archive.files())
        if (path.starts_with("/backups/packs/"))
            node->data[12] ^= 1;
    const auto report = rig.verify();
    ASSERT_EQ(report.damaged_packs.size(), 1u);
    ASSERT_TRUE(rig.open()->set_aside(report.damaged_packs[0]));
    ASSERT_TRUE(rig.back_up());
    EXPECT_EQ(rig.verify().fault_count, 0u);
}

/// One row of the account is made wrong behind the mailbox's back; verify names it.
void expect_told(const std::string& where, const std::function<void(Rig&)>& spoil)
{
    Rig rig;
    const auto account = rig.account(1);
    rig.append(*account, "first");
    rig.append(*account, "second");
    spoil(rig);
    ASSERT_TRUE(rig.back_up());
    const auto report = rig.verify();
    ASSERT_NE(report.fault_count, 0u) << where;
    EXPECT_THAT(report.faults.front().where + ": " + report.faults.front().what,
                testing::HasSubstr(where));
}

std::map<std::string, std::string, std::less<>>& rows(Rig& rig)
{
    return rig.disk->partitions.at(mailbox::partition_of(mailbox::AccountId{1}).name).rows;
}

TEST(Verify, TellsWhichRecordIsWrong)
{
    expect_told("email 1: its body is not in the backup",
                [](Rig& rig) { rig.disk->blobs.erase(rig.disk->blobs.begin()); });
    expect_told("email 1: its body has 4 bytes",
                [](Rig& rig) { rig.disk->blobs.begin()->second.data.pop_back(); });
    expect_told("email 2: its record cannot be read",
                [](Rig& rig) { rows(rig)[mailbox::key::email(2)] = "\xff\xff"; });
    expect_told("UID 2: its message has no record",
                [](Rig& rig) { rows(rig).erase(mailbox::key::email(2)); });
    expect_told("mailbox INBOX: its index page 0 cannot be read",
                [](Rig& rig) { rows(rig)[mailbox::key::page(mailbox::inbox, 0)].pop_back(); });
    expect_told("mailbox INBOX: its index has 0 messages",
                [](Rig& rig) { rows(rig).erase(mailbox::key::page(mailbox::inbox, 0)); });
    const auto mark = [](Rig& rig) -> std::string& {
        rig.mark_seen(*rig.account(1), 1, 1);
        return rows(rig).at(mailbox::key::marks(mailbox::inbox, 0));
    };
    expect_told("mailbox INBOX: the marks of index page 0 are damaged",
                [&](Rig& rig) { mark(rig).pop_back(); });
    expect_told("mailbox INBOX: the marks of index page 0 are damaged", [&](Rig& rig) {
        mark(rig);
        rows(rig).erase(mailbox::key::page(mailbox::inbox, 0));
    });
    expect_told("mailbox INBOX: its index has 2 messages (2 unseen", [&](Rig& rig) {
        mark(rig);
        rows(rig).erase(mailbox::key::marks(mailbox::inbox, 0));
    });
    expect_told("the account: it has no record",
                [](Rig& rig) { rows(rig).erase(mailbox::key::account); });
}

} // namespace
} // namespace posthouse::archive
