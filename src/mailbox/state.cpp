// SPDX-License-Identifier: Apache-2.0
#include "mailbox/state.hpp"

#include "base/contract.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

template <class Number>
Number moved(Number value, std::int64_t by)
{
    return static_cast<Number>(static_cast<std::int64_t>(value) + by);
}

} // namespace

std::span<const Entry> Box::range(std::uint32_t first, std::uint32_t last) const
{
    const auto begin = std::ranges::lower_bound(entries, first, {}, &Entry::uid);
    const auto end = std::upper_bound(
        begin, entries.end(), last, [](std::uint32_t uid, const Entry& e) { return uid < e.uid; });
    return {begin, end};
}

const Entry* Box::find(std::uint32_t uid) const
{
    const auto found = range(uid, uid);
    return found.empty() ? nullptr : &found.front();
}

std::optional<MailboxId> State::find(std::string_view name) const
{
    for (const auto& [id, box] : boxes)
        if (!box.record.doomed() && box.record.name() == name)
            return id;
    return std::nullopt;
}

// ---- mailboxes ------------------------------------------------------------------------------

Mailbox& Delta::writable(MailboxId id)
{
    touched_ = true;
    auto& part = parts_[id];
    if (!part.record)
        part.record = state_.boxes.at(id).record;
    return *part.record;
}

const Mailbox* Delta::look(MailboxId id) const
{
    const auto part = parts_.find(id);
    if (part != parts_.end() && part->second.record)
        return part->second.erased || part->second.record->doomed() ? nullptr
                                                                    : &*part->second.record;
    const auto found = state_.boxes.find(id);
    return found == state_.boxes.end() || found->second.record.doomed() ? nullptr
                                                                        : &found->second.record;
}

Mailbox* Delta::box(MailboxId id)
{
    return look(id) == nullptr ? nullptr : &writable(id);
}

std::vector<const Mailbox*> Delta::boxes() const
{
    std::vector<const Mailbox*> all;
    for (const auto& [id, box] : state_.boxes)
        if (const auto part = parts_.find(id); part == parts_.end() || !part->second.record)
            all.push_back(&box.record);
    for (const auto& [id, part] : parts_)
        if (part.record && !part.erased)
            all.push_back(&*part.record);
    std::erase_if(all, [](const auto* box) { return box->doomed(); });
    return all;
}

std::optional<MailboxId> Delta::find(std::string_view name) const
{
    for (const auto* box : boxes())
        if (box->name() == name)
            return MailboxId{box->id()};
    return std::nullopt;
}

MailboxId Delta::add_box(std::string name, Timestamp now)
{
    touched_ = true;
    account_.set_last_mailbox(account_.last_mailbox() + 1);
    // Seconds since 1970: greater each time, also when a mailbox of this name is made anew.
    const auto seconds = static_cast<std::uint32_t>(to_microseconds(now) / 1'000'000);
    account_.set_last_uid_validity(std::max(account_.last_uid_validity() + 1, seconds));
    const MailboxId id{account_.last_mailbox()};
    auto& part = parts_[id];
    part.fresh = true;
    part.record.emplace();
    part.record->set_id(account_.last_mailbox());
    part.record->set_name(std::move(name));
    part.record->set_uid_validity(account_.last_uid_validity());
    part.record->set_uid_next(1);
    part.record->set_first_recent(1);
    part.record->set_object_id(static_cast<std::uint64_t>(account_.last_uid_validity()) << 32 |
                               account_.last_mailbox());
    const auto modseq = next_modseq();
    part.record->set_highest_modseq(modseq);
    part.record->set_trail_since(modseq);
    return id;
}

void Delta::erase_box(MailboxId id)
{
    (void)writable(id);
    parts_[id].erased = true;
}

// ---- entries --------------------------------------------------------------------------------

bool Delta::is_loaded(MailboxId id) const
{
    if (const auto part = parts_.find(id); part != parts_.end() && part->second.fresh)
        return true;
    const auto box = state_.boxes.find(id);
    return box != state_.boxes.end() && box->second.loaded;
}

const Entry* Delta::entry(MailboxId id, std::uint32_t uid) const
{
    if (const auto part = parts_.find(id); part != parts_.end())
        if (const auto found = part->second.entries.find(uid); found != part->second.entries.end())
            return found->second ? &*found->second : nullptr;
    const auto box = state_.boxes.find(id);
    return box == state_.boxes.end() ? nullptr : box->second.find(uid);
}

void Delta::count(Mailbox& box, const Entry& entry, int by)
{
    const auto bytes = static_cast<std::int64_t>(entry.size) * by;
    box.set_messages(moved(box.messages(), by));
    box.set_bytes(moved(box.bytes(), bytes));
    if (!entry.flags.has(mail::SystemFlag::seen))
        box.set_unseen(moved(box.unseen(), by));
    if (entry.flags.has(mail::SystemFlag::deleted)) {
        box.set_deleted(moved(box.deleted(), by));
        box.set_deleted_bytes(moved(box.deleted_bytes(), bytes));
    }
    account_.set_messages(moved(account_.messages(), by));
    account_.set_bytes(moved(account_.bytes(), bytes));
}

void Delta::put(MailboxId id, const Entry& entry, const Entry* before)
{
    auto& box = writable(id);
    if (before != nullptr)
        count(box, *before, -1);
    count(box, entry, 1);
    box.set_highest_modseq(std::max<std::uint64_t>(box.highest_modseq(), entry.modseq));
    auto& part = parts_[id];
    // A page is written whole: without the entries beside it they would be lost.
    expects(is_loaded(id));
    // Mostly they come in their order.
    part.entries.insert_or_assign(part.entries.end(), entry.uid, entry);
    part.pages.insert(entry.uid / key::page_uids);
}

void Delta::vanish(MailboxId id, std::uint32_t uid)
{
    auto& box = writable(id);
    const auto* before = entry(id, uid);
    expects(before != nullptr);
    count(box, *before, -1);
    box.set_highest_modseq(account_.modseq());
    auto& part = parts_[id];
    expects(is_loaded(id));
    part.entries.insert_or_assign(uid, std::nullopt);
    part.pages.insert(uid / key::page_uids);
    part.vanished[account_.modseq()].add(uid);
}

std::uint32_t Delta::names(std::uint64_t email) const
{
    if (const auto found = names_.find(email); found != names_.end())
        return found->second;
    const auto found = state_.names.find(email);
    return found == state_.names.end() ? 1 : found->second;
}

void Delta::set_names(std::uint64_t email, std::uint32_t count)
{
    if (count == names(email))
        return;
    touched_ = true;
    names_[email] = count;
}

std::set<std::uint64_t> Delta::name_pages() const
{
    std::set<std::uint64_t> pages;
    for (const auto& [email, count] : names_)
        if (count > 1 || state_.names.contains(email))
            pages.insert(email / key::page_emails);
    return pages;
}

std::string Delta::packed_names(std::uint64_t page) const
{
    std::map<std::uint64_t, std::uint32_t> all;
    const auto first = page * key::page_emails;
    const auto in_page = [first](auto& map) {
        return std::pair(map.lower_bound(first), map.lower_bound(first + key::page_emails));
    };
    auto [before, end] = in_page(state_.names);
    all.insert(before, end);
    auto [change, changes_end] = in_page(names_);
    for (; change != changes_end; ++change)
        all[change->first] = change->second;
    std::string packed;
    for (const auto& [email, count] : all) {
        if (count < 2)
            continue;
        mail::append_varint(packed, email - first);
        mail::append_varint(packed, count);
    }
    return packed;
}

bool Delta::subscribed(const std::string& name) const
{
    const auto found = subscriptions_.find(name);
    return found == subscriptions_.end() ? state_.subscriptions.contains(name) : found->second;
}

void Delta::subscribe(const std::string& name)
{
    subscriptions_[name] = true;
    put_row(key::subscription(name), {});
}

void Delta::unsubscribe(const std::string& name)
{
    subscriptions_[name] = false;
    erase_row(key::subscription(name));
}

} // namespace posthouse::mailbox
