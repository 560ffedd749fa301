// SPDX-License-Identifier: Apache-2.0
// Metadata, UIDLs; and what a crash left.
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>
#include <string_view>

namespace posthouse::mailbox {

// ---- besides --------------------------------------------------------------------------------

Task<Result<std::map<std::uint32_t, std::string>>> Account::uidls(MailboxId id)
{
    std::map<std::uint32_t, std::string> all;
    if (const auto* box = mailbox(id); box == nullptr || !box->has_uidls())
        co_return all;
    auto rows = co_await rows_under(key::uidls(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    for (auto& row : *rows)
        if (row.key.size() == 9)
            all[read_u32(std::string_view(row.key).substr(5))] = std::move(row.value);
    co_return all;
}

Task<Result<std::map<std::string, std::string>>> Account::metadata(MailboxId id)
{
    const auto prefix = key::all_metadata(id);
    auto rows = co_await rows_under(prefix);
    if (!rows)
        co_return std::unexpected(rows.error());
    std::map<std::string, std::string> all;
    for (auto& row : *rows)
        all[row.key.substr(prefix.size())] = std::move(row.value);
    co_return all;
}

namespace {

struct Held {
    std::size_t entries = 0, bytes = 0;
    void add(std::string_view entry, std::string_view value)
    {
        ++entries;
        bytes += entry.size() + value.size();
    }
    bool within(std::size_t most_entries, std::size_t most_bytes) const
    {
        return entries <= most_entries && bytes <= most_bytes;
    }
};

/// Whose entry is it: "" the owner's or everybody's, else what stands for one of its readers.
std::string_view holder_of(std::string_view entry)
{
    return entry.substr(0, entry.find('/'));
}

/// Whoever adds to what he has stays within his own limit, and takes nobody else's room; readers
/// together have one, too.
bool fits(const std::map<std::string, std::string>& all,
          const std::map<std::string, std::optional<std::string>>& changes)
{
    std::map<std::string_view, Held> holders;
    Held readers;
    for (const auto& [entry, value] : all) {
        const auto holder = holder_of(entry);
        holders[holder].add(entry, value);
        if (!holder.empty())
            readers.add(entry, value);
    }
    return std::ranges::all_of(changes, [&](const auto& change) {
        const auto& [entry, value] = change;
        if (!value)
            return true;
        const auto holder = holder_of(entry);
        if (holder.empty())
            return holders[holder].within(Limits::metadata_entries, Limits::metadata_bytes_in_all);
        return holders[holder].within(Limits::reader_metadata_entries,
                                      Limits::reader_metadata_bytes) &&
               readers.within(Limits::readers_metadata_entries, Limits::readers_metadata_bytes);
    });
}

} // namespace

Task<Result<void>> Account::set_metadata(MailboxId id,
                                         std::map<std::string, std::optional<std::string>> changes)
{
    const auto self = shared_from_this();
    auto all = co_await metadata(id);
    if (!all)
        co_return std::unexpected(all.error());
    std::size_t bytes = 0;
    for (const auto& [entry, value] : changes) {
        if (entry.empty() || entry.size() > 250 ||
            (value && value->size() > Limits::metadata_bytes))
            co_return std::unexpected(Error::limit);
        bytes += entry.size() + (value ? value->size() : 0);
        if (value)
            (*all)[entry] = *value;
        else
            all->erase(entry);
    }
    if (!fits(*all, changes))
        co_return std::unexpected(Error::limit);
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            if (id != MailboxId{0}) {
                auto* box = delta.box(id);
                if (box == nullptr)
                    return std::unexpected(Error::nonexistent);
                box->set_highest_modseq(delta.next_modseq()); // RFC 7162 §3.2
            }
            for (auto& [entry, value] : changes)
                if (value)
                    delta.put_row(key::metadata(id, entry), *value);
                else
                    delta.erase_row(key::metadata(id, entry));
            return {};
        },
        changes.size() + 2, bytes);
    if (done && listener_ && id != MailboxId{0})
        listener_(id);
    co_return done;
}

// ---- what a crash left ----------------------------------------------------------------------

Task<Result<void>> Account::empty()
{
    const auto self = shared_from_this();
    keep_expunged(Duration::zero());
    std::vector<MailboxId> all;
    for (const auto& [id, box] : state_.boxes)
        all.push_back(id);
    for (const auto id : all) {
        auto gone = co_await expunge_those(id, {}, Which::all);
        if (!gone)
            co_return std::unexpected(gone.error());
    }
    if (auto dropped = co_await drop_graced(Timestamp::max()); !dropped)
        co_return std::unexpected(dropped.error());
    co_return co_await settle_releases();
}

Task<Result<void>> Account::settle()
{
    if (auto released = co_await settle_releases(); !released)
        co_return released;
    std::vector<MailboxId> doomed;
    for (const auto& [id, box] : state_.boxes)
        if (box.record.doomed())
            doomed.push_back(id);
    for (const auto id : doomed)
        if (auto removed = co_await remove_doomed(id); !removed)
            co_return removed;
    co_return Result<void>{};
}

Task<Result<void>> Account::settle_releases()
{
    SharedBodies bodies(engine_);
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), "x", {}, 100);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        if (page->rows.empty())
            co_return Result<void>{};
        for (const auto& row : page->rows) {
            const auto blob = store::BlobId::from_bytes(std::string_view(row.key).substr(1, 16));
            if (!blob || row.key.size() != 25)
                co_return std::unexpected(Error::corrupt);
            const auto delivery = read_u64(std::string_view(row.key).substr(17));
            auto released = co_await bodies.release(*blob, SharedBodies::claim_of(id_, delivery));
            if (!released)
                co_return std::unexpected(from_store(released.error()));
        }
        auto erased = co_await commit(
            [&rows = page->rows](Delta& delta) -> Result<void> {
                for (const auto& row : rows)
                    delta.erase_row(row.key);
                return {};
            },
            page->rows.size());
        if (!erased)
            co_return erased;
    }
}

} // namespace posthouse::mailbox
