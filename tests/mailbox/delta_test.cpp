// SPDX-License-Identifier: Apache-2.0
// Entries that one commit changes again and again, beside a model.
#include "mailbox/keys.hpp"
#include "mailbox/state.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mailbox {
namespace {

using Model = std::map<std::uint32_t, Entry>;

Entry entry_of(std::uint32_t uid, std::uint64_t modseq)
{
    Entry entry;
    entry.uid = uid;
    entry.modseq = modseq;
    entry.size = uid * 3;
    entry.email = uid + 1000;
    return entry;
}

State state_of(const Model& model)
{
    State state;
    auto& box = state.boxes[inbox];
    box.record.set_id(1);
    box.record.set_messages(static_cast<std::uint32_t>(model.size()));
    box.record.set_unseen(static_cast<std::uint32_t>(model.size()));
    box.loaded = true;
    box.recent_since = 0;
    for (const auto& [uid, entry] : model) {
        box.entries.push_back(entry);
        box.record.set_bytes(box.record.bytes() + entry.size);
    }
    state.record.set_modseq(10);
    state.record.set_messages(box.record.messages());
    state.record.set_bytes(box.record.bytes());
    return state;
}

std::uint64_t unseen(const Model& model)
{
    return static_cast<std::uint64_t>(std::ranges::count_if(
        model, [](const auto& one) { return !one.second.flags.has(mail::SystemFlag::seen); }));
}

/// A number up to three pages: those at their borders often.
std::uint32_t any_uid()
{
    return *rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(1, 400),
                           rc::gen::element<std::uint32_t>(127, 128, 255, 256));
}

void change_some(Delta& delta, Model& model)
{
    const auto first = any_uid();
    const auto last = first + *rc::gen::inRange<std::uint32_t>(0, 200);
    mail::UidSet uids;
    for (const auto& [uid, entry] : model)
        if (uid >= first && uid <= last)
            uids.add(uid);
    const auto odd = *rc::gen::inRange<std::uint32_t>(1, 3);
    const auto modseq = delta.next_modseq();
    delta.change_flags(inbox, uids, [&](Entry& entry) {
        if (entry.uid % odd != 0 || entry.flags.has(mail::SystemFlag::seen))
            return false;
        entry.flags.set(mail::SystemFlag::seen);
        entry.modseq = modseq;
        return true;
    });
    for (const auto uid : uids)
        if (auto& entry = model[uid]; uid % odd == 0 && !entry.flags.has(mail::SystemFlag::seen)) {
            entry.flags.set(mail::SystemFlag::seen);
            entry.modseq = modseq;
        }
}

void put_one(Delta& delta, Model& model)
{
    const auto entry = entry_of(any_uid(), delta.next_modseq());
    delta.put(inbox, entry);
    model[entry.uid] = entry;
}

void vanish_one(Delta& delta, Model& model)
{
    const auto uid = any_uid();
    if (delta.entry(inbox, uid) == nullptr)
        return;
    delta.next_modseq();
    delta.vanish(inbox, uid);
    model.erase(uid);
}

RC_GTEST_PROP(Delta, IsWhatItsChangesMakeOfTheState, ())
{
    Model model;
    const auto count = *rc::gen::inRange<std::uint32_t>(0, 300);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto uid = any_uid();
        model[uid] = entry_of(uid, 5);
    }
    auto state = state_of(model);
    const auto before = state.boxes.at(inbox).entries;
    Delta delta(state);
    for (auto left = *rc::gen::inRange(1, 12); left > 0; --left)
        switch (*rc::gen::inRange(0, 3)) {
        case 0:
            change_some(delta, model);
            break;
        case 1:
            put_one(delta, model);
            break;
        default:
            vanish_one(delta, model);
        }
    RC_ASSERT(state.boxes.at(inbox).entries == before); // Until it is durable.
    for (std::uint32_t uid = 1; uid < 700; ++uid) {
        const auto* entry = delta.entry(inbox, uid);
        RC_ASSERT((entry != nullptr) == model.contains(uid));
        if (entry != nullptr)
            RC_ASSERT(*entry == model.at(uid));
    }
    (void)std::move(delta).publish(state);
    const auto& box = state.boxes.at(inbox);
    std::vector<Entry> expected;
    std::uint64_t bytes = 0;
    for (const auto& [uid, entry] : model) {
        expected.push_back(entry);
        bytes += entry.size;
    }
    RC_ASSERT(box.entries == expected);
    RC_ASSERT(box.record.messages() == expected.size());
    RC_ASSERT(box.record.bytes() == bytes);
    RC_ASSERT(box.record.unseen() == unseen(model));
    RC_ASSERT(state.record.bytes() == bytes);
    mail::UidSet told; // Who follows hears of all that is different.
    for (const auto& recent : box.recent)
        told = told.united(recent.changed).united(recent.vanished);
    for (const auto& entry : expected)
        RC_ASSERT(entry.modseq <= 10 || told.contains(entry.uid));
    for (const auto& entry : before)
        RC_ASSERT(model.contains(entry.uid) || told.contains(entry.uid));
}

} // namespace
} // namespace posthouse::mailbox
