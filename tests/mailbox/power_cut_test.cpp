// SPDX-License-Identifier: Apache-2.0
// The power goes before and after each commit in turn; what was acknowledged is there afterwards,
// nothing is there twice, and no body is without a name.
#include "tests/mailbox/rig.hpp"

#include <map>
#include <set>

namespace posthouse::mailbox {
namespace {

using namespace tests;

/// What the client knows: each text is in one of these places, "" for nowhere.
using Places = std::map<std::string, std::set<std::string>>;

/// A client's day. Stops at the first error, as the process would. `known` is kept to what may be
/// true: more than one place where an operation was under way.
void live(Rig& rig, Places& known)
{
    const auto put = [&](MailboxId id, const std::string& name, const std::string& text) {
        known[text] = {"", name};
        std::vector<Account::NewMessage> one;
        one.push_back(rig.message(text));
        if (!rig.run(rig.account->append(id, std::move(one), at(1))))
            return false;
        known[text] = {name};
        return true;
    };
    const auto made = rig.run(rig.account->create("Box", {}, at(1)));
    if (!made)
        return;
    const auto box = *made;
    for (const auto* text : {"a", "b", "c", "d"})
        if (!put(inbox, "INBOX", text))
            return;
    known["b"] = known["c"] = {"INBOX", "Box"};
    if (!rig.run(rig.account->move(inbox, *mail::UidSet::parse("2:3"), box, at(2))))
        return;
    known["b"] = known["c"] = {"Box"};
    known["a"] = {"INBOX", ""};
    if (!rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("1"))))
        return;
    known["a"] = {""};
    known["d"] = {"INBOX", "INBOX+Box"};
    if (!rig.run(rig.account->copy(inbox, *mail::UidSet::parse("4"), box, at(3))))
        return;
    known["d"] = {"INBOX+Box"};
    known["d"] = {"INBOX+Box", "Box"};
    if (!rig.run(rig.account->expunge(inbox, *mail::UidSet::parse("4"))))
        return;
    known["d"] = {"Box"};
    known["e"] = {"", "Box"};
    known["b"] = {"Box", ""};
    std::vector<Account::NewMessage> one;
    one.push_back(rig.message("e"));
    if (!rig.run(rig.account->append(box, std::move(one), at(4), Account::Gone{box, 1})))
        return;
    known["e"] = {"Box"};
    known["b"] = {""};
    known["f"] = {"", "INBOX"};
    if (!rig.run(rig.account->deliver(9, rig.message("f"), at(5))))
        return;
    known["f"] = {"INBOX"};
    for (const auto* text : {"c", "d", "e"})
        known[text] = {"Box", ""};
    if (!rig.run(rig.account->remove(box)))
        return;
    for (const auto* text : {"c", "d", "e"})
        known[text] = {""};
}

/// A day with grace: letters go and come back, and some go for good.
void live_with_grace(Rig& rig, Places& known)
{
    rig.keep_expunged(std::chrono::hours(1));
    const auto done = [&](auto result) { return result.has_value(); };
    const auto made = rig.run(rig.account->create("Box", {}, at(1)));
    if (!made)
        return;
    const auto box = *made;
    for (const auto* text : {"a", "b", "c", "d"}) {
        known[text] = {"", "Box"};
        std::vector<Account::NewMessage> one;
        one.push_back(rig.message(text));
        if (!done(rig.run(rig.account->append(box, std::move(one), at(1)))))
            return;
        known[text] = {"Box"};
    }
    known["a"] = known["b"] = {"Box", "grace"};
    if (!done(rig.run(rig.account->expunge(box, *mail::UidSet::parse("1:2")))))
        return;
    known["a"] = known["b"] = {"grace"};
    known["a"] = {"grace", "Box"};
    if (const auto back = rig.run(
            rig.account->undelete({.mailbox = {}, .since = {}, .uids = mail::UidSet::range(1, 1)},
                                  Account::UidsBack::kept, at(2)));
        !back || back->stopped)
        return;
    known["a"] = {"Box"};
    known["b"] = {"grace", ""};
    if (!done(rig.run(rig.account->drop_graced(rig.clock + std::chrono::hours(2)))))
        return;
    known["b"] = {""};
    for (const auto* text : {"a", "c", "d"})
        known[text] = {"Box", "grace"};
    if (!done(rig.run(rig.account->remove(box))))
        return;
    for (const auto* text : {"a", "c", "d"})
        known[text] = {"grace", "Box"};
    if (const auto back = rig.run(rig.account->undelete({}, Account::UidsBack::kept, at(3)));
        !back || back->stopped)
        return;
    for (const auto* text : {"a", "c", "d"})
        known[text] = {"Box"};
    const auto again = rig.account->find("Box");
    if (!again)
        return;
    known["c"] = {"Box", "grace"};
    if (!done(rig.run(rig.account->expunge(*again, *mail::UidSet::parse("3")))))
        return;
    known["c"] = {"grace"};
    (void)rig.run(rig.account->upkeep(at(100)));
    (void)rig.run(rig.account->upkeep(at(100) + mailbox::Limits::trail_age * 2));
}

void check(Rig& rig, const Places& known)
{
    std::map<std::string, std::string> found;
    std::uint64_t bytes = 0, messages = 0;
    std::set<store::BlobId> named;
    for (const auto* name : {"INBOX", "Box"}) {
        const auto id = rig.account->find(name);
        if (!id)
            continue;
        std::set<std::uint32_t> uids;
        for (const auto& entry : rig.entries(*id)) {
            EXPECT_TRUE(uids.insert(entry.uid).second);
            EXPECT_LT(entry.uid, rig.account->mailbox(*id)->uid_next());
            EXPECT_LE(entry.modseq, rig.account->state().record.modseq());
            const auto text = rig.text(*id, entry.uid);
            EXPECT_FALSE(text.empty());
            auto& place = found[text];
            EXPECT_EQ(place.find(name), std::string::npos) << text << " is there twice";
            place += (place.empty() ? "" : "+") + std::string(name);
            bytes += entry.size;
            ++messages;
            const auto record = rig.run(rig.account->message(entry.email));
            named.insert(*store::BlobId::from_bytes(record->body()));
        }
    }
    std::uint64_t graced_bytes = 0;
    const auto graced = rig.run(rig.account->graced({}, {}));
    for (const auto& one : graced->messages) {
        const auto record = rig.run(rig.account->message(one.entry.email));
        ASSERT_TRUE(record);
        const auto blob = *store::BlobId::from_bytes(record->body());
        named.insert(blob);
        graced_bytes += one.entry.size;
        auto& place = found[*rig.run(rig.engine->blobs().read(blob, 0, 100))];
        place += (place.empty() ? "" : "+") + std::string("grace");
    }
    EXPECT_EQ(rig.account->state().record.graced_bytes(), graced_bytes);
    EXPECT_EQ(rig.account->state().record.graced_messages(), graced->messages.size());
    for (const auto& [text, places] : known)
        EXPECT_TRUE(places.contains(found[text])) << text << " is in '" << found[text] << "'";
    EXPECT_EQ(rig.account->state().record.bytes(), bytes);
    EXPECT_EQ(rig.account->state().record.messages(), messages);
    EXPECT_EQ(rig.disk->blobs.size(), named.size()) << "a body without a name";
}

void cut_each(void (*a_day)(Rig&, Places&), std::uint64_t fewest)
{
    std::uint64_t commits = 0;
    {
        Rig rig;
        Places known;
        const auto before = rig.engine->commits();
        a_day(rig, known);
        commits = rig.engine->commits() - before;
        check(rig, known);
    }
    ASSERT_GT(commits, fewest);
    for (std::uint64_t nth = 0; nth < commits; ++nth)
        for (const auto fault : {store::Fault::power_cut_before, store::Fault::power_cut_after}) {
            SCOPED_TRACE(nth);
            Rig rig;
            Places known;
            rig.engine->fail_commit(nth, fault);
            a_day(rig, known);
            rig.reopen();
            ASSERT_TRUE(rig.account);
            check(rig, known);
            // And it goes on.
            rig.append(inbox, "later");
            rig.reopen();
            known["later"] = {"INBOX"};
            check(rig, known);
        }
}

TEST(PowerCut, LosesAndDoublesNothingThatWasAcknowledged)
{
    cut_each(live, 12);
}

TEST(PowerCut, LosesAndDoublesNothingThatCanBeBroughtBack)
{
    cut_each(live_with_grace, 12);
}

TEST(PowerCut, ErrorsAndUnknownOutcomesLeaveWhatIsShownTrue)
{
    for (std::uint64_t nth = 0; nth < 12; ++nth)
        for (const auto fault : {store::Fault::no_space, store::Fault::unavailable,
                                 store::Fault::unknown_applied, store::Fault::unknown_lost}) {
            SCOPED_TRACE(nth);
            Rig rig;
            Places known;
            rig.engine->fail_commit(nth, fault);
            live(rig, known);
            rig.append(inbox, "later");
            known["later"] = {"INBOX"};
            check(rig, known);
            rig.reopen();
            check(rig, known);
        }
}

} // namespace
} // namespace posthouse::mailbox
