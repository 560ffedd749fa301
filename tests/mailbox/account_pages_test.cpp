// SPDX-License-Identifier: Apache-2.0
#include "tests/mailbox/rig.hpp"

#include <map>

namespace posthouse::mailbox {
namespace {

using namespace tests;
using FlagChange = Account::FlagChange;

/// What a mailbox's record counts, counted again.
void expect_true_counts(Rig& rig, MailboxId id)
{
    std::uint64_t messages = 0, bytes = 0, unseen = 0, gone = 0, gone_bytes = 0;
    for (const auto& entry : rig.entries(id)) {
        ++messages;
        bytes += entry.size;
        unseen += entry.flags.has(mail::SystemFlag::seen) ? 0 : 1;
        gone += entry.flags.has(mail::SystemFlag::deleted) ? 1 : 0;
        gone_bytes += entry.flags.has(mail::SystemFlag::deleted) ? entry.size : 0;
    }
    const auto* box = rig.account->mailbox(id);
    EXPECT_EQ(box->messages(), messages);
    EXPECT_EQ(box->bytes(), bytes);
    EXPECT_EQ(box->unseen(), unseen);
    EXPECT_EQ(box->deleted(), gone);
    EXPECT_EQ(box->deleted_bytes(), gone_bytes);
}

TEST(Account, KeepsItsPagesAndCountsTrueWhateverComesChangesAndGoes)
{
    Rig rig;
    std::map<std::uint32_t, bool> model; // UID: \\Deleted
    std::uint32_t random = 1;
    const auto some = [&](std::uint32_t below) {
        random = random * 1'664'525 + 1'013'904'223;
        return random / 65'536 % below;
    };
    const auto part = [&] {
        const auto first = 1 + some(static_cast<std::uint32_t>(model.size()) + 5);
        return mail::UidSet::range(first, first + some(300)).united(mail::UidSet::range(7, 130));
    };
    for (int round = 0; round < 60; ++round) {
        switch (some(4)) {
        case 0: {
            std::vector<Account::NewMessage> many;
            for (auto left = some(200); left > 0; --left)
                many.push_back(rig.message(std::string(1 + left % 7, 'x')));
            const auto added = rig.run(rig.account->append(inbox, std::move(many), at(1)));
            ASSERT_TRUE(added);
            for (const auto uid : added->uids)
                model[uid] = false;
            break;
        }
        case 1: {
            const auto uids = part();
            const bool add = some(2) == 0;
            ASSERT_TRUE(rig.store(inbox, uids.text(), add ? FlagChange::add : FlagChange::remove,
                                  deleted()));
            for (const auto uid : uids)
                if (model.contains(uid))
                    model[uid] = add;
            break;
        }
        case 2: {
            const auto among = part();
            const auto gone = rig.run(rig.account->expunge_deleted(inbox, among));
            ASSERT_TRUE(gone);
            for (const auto uid : *gone)
                EXPECT_TRUE(among.contains(uid) && model.at(uid));
            std::erase_if(model,
                          [&](const auto& one) { return one.second && among.contains(one.first); });
            break;
        }
        default:
            if (some(3) == 0)
                rig.reopen();
        }
        std::map<std::uint32_t, bool> found;
        for (const auto& entry : rig.entries(inbox))
            found[entry.uid] = entry.flags.has(mail::SystemFlag::deleted);
        ASSERT_EQ(found, model) << "round " << round;
        expect_true_counts(rig, inbox);
    }
    const auto before = rig.entries(inbox);
    rig.reopen();
    EXPECT_EQ(rig.entries(inbox), before);
}

} // namespace
} // namespace posthouse::mailbox
