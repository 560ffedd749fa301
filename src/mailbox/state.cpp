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

/// Where this UID is or would be. Mostly it is the one behind all others.
template <class Entries>
auto place_of(Entries& entries, std::uint32_t uid)
{
    if (entries.empty() || entries.back().uid < uid)
        return entries.end();
    return std::ranges::lower_bound(entries, uid, {}, &Entry::uid);
}

/// What entries add to a mailbox's counts beyond their number.
struct Weight {
    std::int64_t unseen = 0, deleted = 0, deleted_bytes = 0;
    void add(const Entry& entry, int by)
    {
        if (!entry.flags.has(mail::SystemFlag::seen))
            unseen += by;
        if (entry.flags.has(mail::SystemFlag::deleted)) {
            deleted += by;
            deleted_bytes += static_cast<std::int64_t>(entry.size) * by;
        }
    }
    void add_to(Mailbox& box) const
    {
        box.set_unseen(moved(box.unseen(), unseen));
        box.set_deleted(moved(box.deleted(), deleted));
        box.set_deleted_bytes(moved(box.deleted_bytes(), deleted_bytes));
    }
};

/// But for what a row of marks keeps of it
bool is_same_message(const Entry& a, const Entry& b)
{
    return a.uid == b.uid && a.size == b.size && a.internal_date == b.internal_date &&
           a.save_date == b.save_date && a.email == b.email && a.thread == b.thread;
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
        if (const auto page = part->second.pages.find(uid / key::page_uids);
            page != part->second.pages.end()) {
            const auto& entries = page->second.entries;
            const auto at = place_of(entries, uid);
            return at != entries.end() && at->uid == uid ? &*at : nullptr;
        }
    const auto box = state_.boxes.find(id);
    return box == state_.boxes.end() ? nullptr : box->second.find(uid);
}

std::span<const Entry> Delta::old_page(MailboxId id, std::uint32_t page) const
{
    const auto box = state_.boxes.find(id);
    if (box == state_.boxes.end())
        return {};
    const auto first = page * key::page_uids;
    return box->second.range(first, first + (key::page_uids - 1));
}

Delta::Page& Delta::writable_page(MailboxId id, Part& part, std::uint32_t number)
{
    const auto [found, fresh] = part.pages.try_emplace(number);
    if (fresh) {
        const auto old = old_page(id, number);
        found->second.entries.reserve(key::page_uids);
        found->second.entries.assign(old.begin(), old.end());
    }
    return found->second;
}

void Delta::count(Mailbox& box, const Entry& entry, int by)
{
    const auto bytes = static_cast<std::int64_t>(entry.size) * by;
    box.set_messages(moved(box.messages(), by));
    box.set_bytes(moved(box.bytes(), bytes));
    account_.set_messages(moved(account_.messages(), by));
    account_.set_bytes(moved(account_.bytes(), bytes));
    Weight weight;
    weight.add(entry, by);
    weight.add_to(box);
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
    auto& page = writable_page(id, part, entry.uid / key::page_uids);
    const auto at = place_of(page.entries, entry.uid);
    if (at != page.entries.end() && at->uid == entry.uid) {
        page.rewritten = page.rewritten || !is_same_message(*at, entry);
        *at = entry;
    } else {
        page.entries.insert(at, entry);
        page.reshaped = true;
    }
    part.news[entry.modseq].changed.add(entry.uid);
}

void Delta::change_flags(MailboxId id, const mail::UidSet& uids,
                         const std::function<bool(Entry&)>& change)
{
    expects(is_loaded(id));
    Weight weight;
    std::uint64_t highest = 0;
    Page* page = nullptr; // the one that is written to
    std::span<const Entry> entries;
    std::uint64_t behind = 0; // the last UID of the page that `entries` are of
    const auto change_one = [&](std::size_t at) {
        Entry after = entries[at];
        if (!change(after))
            return;
        weight.add(entries[at], -1);
        weight.add(after, 1);
        highest = std::max(highest, after.modseq);
        auto& part = parts_[id];
        if (page == nullptr) {
            page = &writable_page(id, part, after.uid / key::page_uids);
            entries = page->entries;
        }
        part.news[after.modseq].changed.add(after.uid);
        page->entries[at] = after;
    };
    for (const auto& range : uids.ranges())
        for (std::uint64_t first = range.first; first <= range.last; first = behind + 1) {
            const auto number = static_cast<std::uint32_t>(first / key::page_uids);
            if (entries.empty() || first > behind) {
                auto& pages = parts_[id].pages;
                const auto changed = pages.find(number);
                page = changed == pages.end() ? nullptr : &changed->second;
                entries = page == nullptr ? old_page(id, number) : page->entries;
                behind = (std::uint64_t{number} + 1) * key::page_uids - 1;
            }
            auto at = static_cast<std::size_t>(
                place_of(entries, static_cast<std::uint32_t>(first)) - entries.begin());
            for (; at < entries.size() && entries[at].uid <= range.last; ++at)
                change_one(at);
            if (range.last <= behind)
                break;
        }
    if (highest == 0)
        return;
    auto& box = writable(id);
    weight.add_to(box);
    box.set_highest_modseq(std::max<std::uint64_t>(box.highest_modseq(), highest));
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
    auto& page = writable_page(id, part, uid / key::page_uids);
    page.entries.erase(place_of(page.entries, uid));
    page.reshaped = true;
    part.news[account_.modseq()].vanished.add(uid);
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
