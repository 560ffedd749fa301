// SPDX-License-Identifier: Apache-2.0
// The rows of a commit, and the state after it.
#include "mailbox/keys.hpp"
#include "mailbox/state.hpp"

#include <algorithm>

namespace posthouse::mailbox {

void Delta::put_row(std::string key, std::string value)
{
    touched_ = true;
    bytes_ += key.size() + value.size();
    rows_.insert_or_assign(std::move(key), std::move(value));
}

void Delta::erase_row(std::string key)
{
    touched_ = true;
    bytes_ += key.size();
    rows_.insert_or_assign(std::move(key), std::nullopt);
}

const std::string* Delta::row(const std::string& key) const
{
    const auto found = rows_.find(key);
    return found == rows_.end() || !found->second ? nullptr : &*found->second;
}

void Delta::add_blob(store::BlobId id, std::string data)
{
    touched_ = true;
    blobs_.emplace_back(id, std::move(data));
}

std::size_t Delta::weight() const
{
    std::size_t rows = rows_.size() + blobs_.size() + dropped_.size() + 1 + name_pages().size();
    for (const auto& [id, part] : parts_)
        rows += 1 + part.pages.size() + part.vanished.size();
    return rows;
}

std::string Delta::packed_page(MailboxId id, const Part& part, std::uint32_t page) const
{
    const std::uint64_t first = std::uint64_t{page} * key::page_uids;
    const auto last = static_cast<std::uint32_t>(first + key::page_uids - 1);
    const auto begin = static_cast<std::uint32_t>(first);
    std::span<const Entry> before;
    if (const auto box = state_.boxes.find(id); box != state_.boxes.end())
        before = box->second.range(begin, last);
    std::string packed;
    mail::EntryPacker packer(mail::all_entry_fields);
    auto changed = part.entries.lower_bound(begin);
    const auto end = part.entries.upper_bound(last);
    for (auto it = before.begin(); it != before.end() || changed != end;) {
        const bool new_first = changed != end && (it == before.end() || changed->first <= it->uid);
        if (!new_first) {
            packer.append(*it++, packed);
            continue;
        }
        if (it != before.end() && it->uid == changed->first)
            ++it;
        if (changed->second)
            packer.append(*changed->second, packed);
        ++changed;
    }
    return packed;
}

namespace {

/// Ranges in several rows, should one not hold them.
void write_trail(store::Writer::Batch& batch, MailboxId id, std::uint64_t modseq,
                 const mail::UidSet& uids)
{
    constexpr std::size_t ranges_a_row = 2500; // of 23 bytes at most
    std::uint32_t part = 0;
    const auto& ranges = uids.ranges();
    for (std::size_t at = 0; at < ranges.size(); at += ranges_a_row) {
        mail::UidSet some;
        for (std::size_t i = at; i < std::min(at + ranges_a_row, ranges.size()); ++i)
            some.add(ranges[i].first, ranges[i].last);
        batch.put(key::vanished(id, modseq, part++), some.text());
    }
}

} // namespace

void Delta::write(store::Writer::Batch& batch)
{
    for (const auto page : name_pages()) {
        auto packed = packed_names(page);
        if (packed.empty())
            batch.erase(key::names(page));
        else
            batch.put(key::names(page), std::move(packed));
    }
    for (const auto& [id, part] : parts_) {
        for (const auto page : part.pages) {
            auto packed = packed_page(id, part, page);
            if (packed.empty())
                batch.erase(key::page(id, page));
            else
                batch.put(key::page(id, page), std::move(packed));
        }
        for (const auto& [modseq, uids] : part.vanished)
            write_trail(batch, id, modseq, uids);
        if (part.erased)
            batch.erase(key::mailbox(id));
        else if (part.record)
            batch.put(key::mailbox(id), part.record->SerializeAsString());
    }
    for (auto& [key, value] : rows_)
        if (value)
            batch.put(key, std::move(*value));
        else
            batch.erase(key);
    for (auto& [id, data] : blobs_)
        batch.add_blob(id, std::move(data));
    for (const auto& id : dropped_)
        batch.drop_blob(id);
    batch.put(key::account, account_.SerializeAsString());
}

namespace {

/// Both ascending: changes are put in, vanished ones left out.
void merge(std::vector<Entry>& entries,
           const std::map<std::uint32_t, std::optional<Entry>>& changes)
{
    if (changes.empty())
        return;
    // Mostly what is new stands behind all else.
    if (entries.empty() || changes.begin()->first > entries.back().uid) {
        for (const auto& [uid, entry] : changes)
            if (entry)
                entries.push_back(*entry);
        return;
    }
    bool in_place = true;
    for (const auto& [uid, entry] : changes) {
        const auto at = std::ranges::lower_bound(entries, uid, {}, &Entry::uid);
        if (entry && at != entries.end() && at->uid == uid)
            *at = *entry;
        else
            in_place = false;
    }
    if (in_place)
        return;
    std::vector<Entry> merged;
    merged.reserve(entries.size() + changes.size());
    auto change = changes.begin();
    for (const auto& entry : entries) {
        for (; change != changes.end() && change->first < entry.uid; ++change)
            if (change->second)
                merged.push_back(*change->second);
        if (change != changes.end() && change->first == entry.uid) {
            if (change->second)
                merged.push_back(*change->second);
            ++change;
        } else {
            merged.push_back(entry);
        }
    }
    for (; change != changes.end(); ++change)
        if (change->second)
            merged.push_back(*change->second);
    entries = std::move(merged);
}

} // namespace

std::vector<MailboxId> Delta::publish(State& state) &&
{
    std::vector<MailboxId> changed;
    for (auto& [id, part] : parts_) {
        if (part.erased) {
            state.boxes.erase(id);
            continue;
        }
        if (!part.record)
            continue;
        auto& box = state.boxes[id];
        if (part.fresh) {
            box.loaded = true;
            box.recent_since = 0;
        }
        box.record = std::move(*part.record);
        changed.push_back(id);
        if (!box.loaded || part.entries.empty())
            continue;
        merge(box.entries, part.entries);
        std::map<std::uint64_t, Box::Recent> recent;
        for (const auto& [uid, entry] : part.entries)
            if (entry)
                recent[entry->modseq].changed.add(uid);
        for (auto& [modseq, uids] : part.vanished)
            recent[modseq].vanished = std::move(uids);
        for (auto& [modseq, one] : recent) {
            one.modseq = modseq;
            box.recent.push_back(std::move(one));
            if (box.recent.size() > Box::most_recent) {
                box.recent_since = box.recent.front().modseq;
                box.recent.pop_front();
            }
        }
    }
    for (const auto& [email, count] : names_)
        if (count > 1)
            state.names[email] = count;
        else
            state.names.erase(email);
    for (const auto& [name, subscribed] : subscriptions_)
        if (subscribed)
            state.subscriptions.insert(name);
        else
            state.subscriptions.erase(name);
    state.record = std::move(account_);
    return changed;
}

} // namespace posthouse::mailbox
