// SPDX-License-Identifier: Apache-2.0
// A mailbox with grace against a model of it, and clients that keep up by MODSEQ: nothing is lost
// or doubled, a UID means one message for ever, and who knows a MODSEQ misses nothing.
#include "tests/mailbox/rig.hpp"

#include <rapidcheck.h>

#include <array>
#include <map>
#include <set>

namespace posthouse::mailbox {
namespace {

using namespace tests;
using UidsBack = Account::UidsBack;

constexpr std::array<const char*, 2> names = {"INBOX", "Box"};

struct World {
    Rig rig;
    int letters = 0;
    std::map<std::string, std::multiset<std::string>> live; ///< texts, by mailbox
    struct Gone {
        std::string box, text;
        Timestamp at;
    };
    std::vector<Gone> graced;
    /// What each UID has ever meant.
    std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::string> meanings;
    std::map<std::string, std::uint32_t> validities;
    struct Client {
        std::uint32_t validity = 0;
        std::uint64_t modseq = 0;
        std::map<std::uint32_t, std::string> known;
    };
    std::map<std::string, std::array<Client, 2>> clients; ///< one that is up to date, one of late

    World()
    {
        rig.keep_expunged(std::chrono::hours(1));
        live["INBOX"];
    }
    std::optional<MailboxId> find(const std::string& name) { return rig.account->find(name); }
    std::map<std::uint32_t, std::string> read(MailboxId id)
    {
        std::map<std::uint32_t, std::string> all;
        for (const auto& entry : rig.entries(id))
            all[entry.uid] = rig.text(id, entry.uid);
        return all;
    }
    mail::UidSet some_of(MailboxId id, unsigned chance)
    {
        mail::UidSet set;
        for (const auto& entry : rig.entries(id))
            if ((chance >>= 1) & 1)
                set.add(entry.uid);
        return set;
    }
    void take(const std::string& box, const std::string& text)
    {
        auto& texts = live.at(box);
        RC_ASSERT(texts.contains(text));
        texts.erase(texts.find(text));
    }

    void step(unsigned what, unsigned chance)
    {
        rig.clock += std::chrono::minutes(1 + chance % 20);
        const std::string name = names[chance % 2];
        const auto box = find(name);
        switch (what % 9) {
        case 0:
        case 1: // comes
            if (box) {
                const auto text = "letter " + std::to_string(++letters);
                rig.append(*box, text);
                live[name].insert(text);
            }
            break;
        case 2: // goes
            if (box)
                expunge(*box, name, chance);
            break;
        case 3: // is moved, or copied
            if (const auto to = find(names[(chance + 1) % 2]); box && to)
                pass_on(*box, *to, chance);
            break;
        case 4:
            if (name == "Box")
                make_or_remove(chance);
            break;
        case 5:
            undelete(chance);
            break;
        case 6: { // is over
            const auto before = rig.clock - std::chrono::hours(1);
            RC_ASSERT(rig.run(rig.account->drop_graced(before)).has_value());
            std::erase_if(graced, [&](const auto& one) { return one.at < before; });
            break;
        }
        case 7:
            rig.reopen();
            RC_ASSERT(rig.account != nullptr);
            break;
        case 8:
            RC_ASSERT(rig.run(rig.account->upkeep(rig.clock)).has_value());
            break;
        }
    }
    void expunge(MailboxId id, const std::string& name, unsigned chance)
    {
        const auto before = read(id);
        const auto gone = rig.run(rig.account->expunge(id, some_of(id, chance)));
        RC_ASSERT(gone.has_value());
        for (const auto uid : *gone) {
            take(name, before.at(uid));
            graced.push_back({name, before.at(uid), rig.clock});
        }
    }
    void pass_on(MailboxId from, MailboxId to, unsigned chance)
    {
        const auto before = read(from);
        const bool moves = chance & 1;
        const auto set = some_of(from, chance);
        const auto done = moves ? rig.run(rig.account->move(from, set, to, rig.clock))
                                : rig.run(rig.account->copy(from, set, to, rig.clock));
        RC_ASSERT(done.has_value());
        const auto& source = rig.account->mailbox(from)->name();
        for (const auto uid : done->from) {
            live[rig.account->mailbox(to)->name()].insert(before.at(uid));
            if (moves)
                take(source, before.at(uid));
        }
    }
    void make_or_remove(unsigned chance)
    {
        const auto box = find("Box");
        if (!box) {
            rig.create("Box");
            live["Box"];
        } else if (chance % 3 == 0) {
            for (const auto& [uid, text] : read(*box))
                graced.push_back({"Box", text, rig.clock});
            RC_ASSERT(rig.run(rig.account->remove(*box)).has_value());
            live.erase("Box");
        }
    }
    void undelete(unsigned chance)
    {
        Account::WantedBack wanted;
        if (chance % 3 != 0)
            wanted.mailbox = names[chance % 2];
        const auto how = chance % 5 == 0 ? UidsBack::fresh : UidsBack::kept;
        const auto back = rig.undelete(wanted, how);
        RC_ASSERT(!back.stopped);
        for (const auto& one : graced)
            if (!wanted.mailbox || *wanted.mailbox == one.box)
                live[one.box].insert(one.text);
        std::erase_if(
            graced, [&](const auto& one) { return !wanted.mailbox || *wanted.mailbox == one.box; });
    }

    void check(unsigned chance)
    {
        std::set<std::string> texts;
        std::uint64_t bytes = 0;
        for (const std::string name : names) {
            const auto id = find(name);
            RC_ASSERT(id.has_value() == live.contains(name));
            if (!id)
                continue;
            const auto there = read(*id);
            std::multiset<std::string> found;
            for (const auto& [uid, text] : there)
                found.insert(text);
            RC_ASSERT(found == live.at(name));
            texts.insert(found.begin(), found.end());
            check_uids(name, *id, there);
            keep_up(name, *id, there, chance);
        }
        std::multiset<std::string> expected, actual;
        for (const auto& one : graced) {
            expected.insert(one.text);
            texts.insert(one.text);
            bytes += one.text.size();
        }
        RC_ASSERT(rig.account->state().record.graced_messages() == graced.size());
        RC_ASSERT(rig.account->state().record.graced_bytes() == bytes);
        RC_ASSERT(rig.disk->blobs.size() == texts.size());
    }
    void check_uids(const std::string& name, MailboxId id,
                    const std::map<std::uint32_t, std::string>& there)
    {
        const auto* box = rig.account->mailbox(id);
        for (const auto& [uid, text] : there) {
            RC_ASSERT(uid < box->uid_next());
            const auto [known, fresh] =
                meanings.try_emplace({name, box->uid_validity(), uid}, text);
            RC_ASSERT(known->second == text);
        }
    }
    void keep_up(const std::string& name, MailboxId id,
                 const std::map<std::uint32_t, std::string>& there, unsigned chance)
    {
        auto& both = clients[name];
        for (std::size_t i = 0; i < both.size(); ++i) {
            if (i == 1 && chance % 7 != 0)
                continue;
            auto& client = both[i];
            const auto* box = rig.account->mailbox(id);
            if (client.validity != box->uid_validity())
                client = {.validity = box->uid_validity(), .modseq = 0, .known = {}};
            const auto changed = rig.run(rig.account->changes(id, client.modseq));
            RC_ASSERT(changed.has_value());
            for (const auto uid : changed->vanished)
                client.known.erase(uid);
            for (const auto uid : changed->changed)
                client.known[uid] = there.at(uid);
            RC_ASSERT(changed->modseq >= client.modseq);
            client.modseq = changed->modseq;
            RC_ASSERT(client.known == there);
        }
    }
};

TEST(GraceProperty, IsWhatTheModelSaysWhateverIsDone)
{
    rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& steps) {
        World world;
        for (const auto& [what, chance] : steps) {
            world.step(what, chance);
            world.check(chance);
        }
    });
}

} // namespace
} // namespace posthouse::mailbox
