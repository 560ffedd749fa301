// SPDX-License-Identifier: Apache-2.0
// The rows of a commit, and the state after it.
#include "mailbox/keys.hpp"
#include "mailbox/marks.hpp"
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
        rows += 1 + 2 * part.pages.size() + part.news.size();
    return rows;
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

namespace {

bool has_new_marks_alone(const auto& page)
{
    return !page.reshaped && !page.rewritten;
}

} // namespace

void Delta::write_pages(store::Writer::Batch& batch, MailboxId id, const Part& part) const
{
    const auto box = state_.boxes.find(id);
    for (const auto& [number, page] : part.pages) {
        if (has_new_marks_alone(page)) {
            batch.put(key::marks(id, number), packed_marks(page.entries));
            continue;
        }
        if (page.entries.empty())
            batch.erase(key::page(id, number));
        else
            batch.put(key::page(id, number), mail::packed_entries(page.entries));
        if (box != state_.boxes.end() && box->second.marked.contains(number))
            batch.erase(key::marks(id, number));
    }
}

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
        write_pages(batch, id, part);
        for (const auto& [modseq, news] : part.news)
            write_trail(batch, id, modseq, news.vanished);
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

/// Puts pages, ascending, into the place of what was there of them.
void Delta::settle_entries(Box& box, std::map<std::uint32_t, Page>& pages)
{
    auto& entries = box.entries;
    const auto reach_of = [&entries](std::uint32_t number) {
        const auto first = number * key::page_uids;
        const auto begin = std::ranges::lower_bound(entries, first, {}, &Entry::uid);
        const auto end =
            std::upper_bound(begin, entries.end(), first + (key::page_uids - 1),
                             [](std::uint32_t uid, const Entry& e) { return uid < e.uid; });
        return std::pair(begin, end);
    };
    // Flags change in place; what is new stands behind all else, mostly.
    auto next = pages.begin();
    for (; next != pages.end(); ++next) {
        const auto& [number, page] = *next;
        const auto [begin, end] = reach_of(number);
        if (page.reshaped && end != entries.end())
            break;
        const auto kept = std::min<std::ptrdiff_t>(end - begin, std::ssize(page.entries));
        std::copy_n(page.entries.begin(), kept, begin);
        if (!page.reshaped)
            continue;
        entries.erase(begin + kept, end);
        entries.insert(entries.end(), page.entries.begin() + kept, page.entries.end());
    }
    if (next == pages.end())
        return;
    std::vector<Entry> merged;
    merged.reserve(entries.size() + key::page_uids);
    auto rest = entries.begin();
    for (; next != pages.end(); ++next) {
        const auto [begin, end] = reach_of(next->first);
        merged.insert(merged.end(), rest, begin);
        merged.insert(merged.end(), next->second.entries.begin(), next->second.entries.end());
        rest = end;
    }
    merged.insert(merged.end(), rest, entries.end());
    entries = std::move(merged);
}

void Delta::settle_marks(Box& box, const std::map<std::uint32_t, Page>& pages)
{
    for (const auto& [number, page] : pages)
        if (has_new_marks_alone(page))
            box.marked.insert(number);
        else
            box.marked.erase(number);
}

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
            box.recent_since = part.record->trail_since(); // It may be one that was removed.
        }
        box.record = std::move(*part.record);
        changed.push_back(id);
        if (!box.loaded)
            continue;
        settle_marks(box, part.pages);
        settle_entries(box, part.pages);
        for (auto& [modseq, one] : part.news) {
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
