// SPDX-License-Identifier: Apache-2.0
// What those may do who are not the owner, and what they have seen.
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/keywords.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

using mail::SystemFlag;

/// As much of a change as rights reach.
struct Reach {
    mail::SystemFlags system; ///< of the flags that all share
    bool keywords = false, seen = false;

    explicit Reach(Rights rights) : keywords(rights.has(Right::write))
    {
        if (rights.has(Right::write))
            system =
                mail::SystemFlags{SystemFlag::answered} | SystemFlag::flagged | SystemFlag::draft;
        if (rights.has(Right::deleted))
            system.set(SystemFlag::deleted);
        seen = rights.has(Right::seen);
    }
};

Entry changed(Entry entry, const Account::StoreOrder& order, std::uint64_t bits, const Reach& reach)
{
    const auto within =
        mail::SystemFlags::from_bits(order.flags.system.bits() & reach.system.bits());
    switch (order.change) {
    case Account::FlagChange::replace:
        entry.flags.clear(reach.system);
        entry.flags.set(within);
        if (reach.keywords)
            entry.keywords = bits;
        break;
    case Account::FlagChange::add:
        entry.flags.set(within);
        entry.keywords |= bits;
        break;
    case Account::FlagChange::remove:
        entry.flags.clear(within);
        entry.keywords &= ~bits;
        break;
    }
    return entry;
}

/// What becomes of \Seen; nothing: it stays.
std::optional<bool> seen_after(const Account::StoreOrder& order, const Reach& reach)
{
    const bool named = order.flags.system.has(SystemFlag::seen);
    if (!reach.seen || (!named && order.change != Account::FlagChange::replace))
        return std::nullopt;
    return named && order.change != Account::FlagChange::remove;
}

/// The UIDs of the set that are there, cut so that each part fits a commit.
std::vector<mail::UidSet> parts_of(const Box& box, const mail::UidSet& uids)
{
    std::vector<mail::UidSet> parts;
    std::size_t pages = 0;
    std::uint32_t last_page = 0xffffffff;
    for (const auto& range : uids.ranges())
        for (const auto& entry : box.range(range.first, range.last)) {
            const auto page = entry.uid / key::page_uids;
            if (page != last_page && ++pages > Limits::pages_a_commit)
                pages = 1;
            if (parts.empty() || (page != last_page && pages == 1))
                parts.emplace_back();
            last_page = page;
            parts.back().add(entry.uid);
        }
    return parts;
}

} // namespace

Rights rights_for(const Account::StoreOrder& order)
{
    if (order.change == Account::FlagChange::replace)
        return {Right::seen, Right::write, Right::deleted};
    Rights needed;
    for (const auto flag : {SystemFlag::answered, SystemFlag::flagged, SystemFlag::draft})
        if (order.flags.system.has(flag))
            needed = needed | Rights{Right::write};
    if (!order.flags.keywords.empty())
        needed = needed | Rights{Right::write};
    if (order.flags.system.has(SystemFlag::deleted))
        needed = needed | Rights{Right::deleted};
    if (order.flags.system.has(SystemFlag::seen))
        needed = needed | Rights{Right::seen};
    return needed;
}

// ---- access lists ---------------------------------------------------------------------------

Task<Result<void>> Account::change_access(MailboxId id, AccessChange change)
{
    const auto self = shared_from_this();
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            auto* box = delta.box(id);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            return mailbox::change_access(*box, change);
        },
        2, 64);
    if (done && listener_)
        listener_(MailboxId{0});
    co_return done;
}

// ---- \Seen of readers -------------------------------------------------------------------------

std::shared_ptr<const SeenRuns> Account::seen_by(MailboxId id, AccountId reader) const
{
    const auto found = seen_.find({id, reader});
    return found == seen_.end() ? nullptr : found->second;
}

Task<Result<void>> Account::load_seen(MailboxId id, AccountId reader)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    const std::pair key(id, reader);
    while (!seen_.contains(key)) {
        const auto readings = readings_;
        const auto prefix = key::seen_by(id, reader);
        auto rows = co_await rows_under(prefix);
        if (!rows)
            co_return std::unexpected(rows.error());
        // What nobody has in memory nobody changes; only the state may have been read anew.
        if (seen_.contains(key) || readings != readings_)
            continue;
        auto runs = std::make_shared<SeenRuns>();
        for (const auto& row : *rows) {
            if (row.key.size() != prefix.size() + 4)
                co_return std::unexpected(Error::corrupt);
            const auto page = read_u32(std::string_view(row.key).substr(prefix.size()));
            // A damaged page is one that the reader reads again.
            (void)runs->unpack(page, row.value);
        }
        seen_[key] = std::move(runs);
    }
    co_return Result<void>{};
}

/// Of pages that have no messages any more nothing need be known.
void Account::forget_seen_of_gone(Delta& delta, MailboxId id, AccountId reader, SeenRuns& runs)
{
    const auto& box = state_.boxes.at(id);
    for (const auto page : runs.pages()) {
        const auto first = page * SeenRuns::page_uids;
        const auto last = first + (SeenRuns::page_uids - 1);
        // New ones have greater UIDs than any that was marked.
        if (!box.range(first, last).empty() || last >= box.record.uid_next())
            continue;
        runs.forget(page);
        delta.erase_row(key::seen_page(id, reader, page));
    }
}

Result<void> Account::store_part(Delta& delta, const StoringAs& storing, Stored& stored)
{
    const auto [reader, id, order, uids] = storing;
    if (delta.look(id) == nullptr)
        return std::unexpected(Error::nonexistent);
    const std::pair key(id, reader.account);
    if (!delta.is_loaded(id) || !seen_.contains(key))
        return std::unexpected(Error::unavailable); // The state was read anew.
    const Reach reach(reader.rights);
    const auto bits = reach.keywords ? bits_for(delta, id, order) : Result<std::uint64_t>(0);
    if (!bits)
        return std::unexpected(bits.error());
    auto& runs = coming_seen_[key];
    if (!runs)
        runs = std::make_shared<SeenRuns>(*seen_.at(key));
    const auto seen = seen_after(order, reach);
    std::uint64_t modseq = 0;
    mail::UidSet marked;
    for (const auto uid : uids) {
        const auto* before = delta.entry(id, uid);
        if (before == nullptr)
            continue;
        const auto known = std::max<std::uint64_t>(before->modseq, runs->modseq(uid));
        if (order.unchanged_since && known > *order.unchanged_since) {
            stored.refused.add(uid);
            continue;
        }
        auto after = changed(*before, order, *bits, reach);
        const bool shared_change = !(after == *before);
        const bool marks = seen && *seen != runs->seen(uid);
        if (!shared_change && !marks)
            continue;
        if (modseq == 0)
            modseq = delta.next_modseq();
        if (order.known_modseq != 0 && known > order.known_modseq)
            stored.stale.add(uid);
        if (shared_change) {
            after.modseq = modseq;
            delta.put(id, after, before);
        }
        if (marks)
            marked.add(uid);
        stored.changed.add(uid);
    }
    if (!marked.empty()) {
        std::uint32_t written = 0xffffffff;
        runs->set(marked, *seen ? SeenRuns::Mark::seen : SeenRuns::Mark::unseen, modseq);
        for (const auto& range : marked.ranges())
            for (auto page = range.first / SeenRuns::page_uids;
                 page <= range.last / SeenRuns::page_uids; ++page)
                if (std::exchange(written, page) != page)
                    delta.put_row(key::seen_page(id, reader.account, page), runs->packed(page));
        forget_seen_of_gone(delta, id, reader.account, *runs);
    }
    stored.modseq = std::max(stored.modseq, modseq);
    return {};
}

Task<Result<Account::Stored>> Account::store_as(Reader reader, MailboxId id, StoreOrder order)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    if (auto loaded = co_await load_seen(id, reader.account); !loaded)
        co_return std::unexpected(loaded.error());
    Stored stored;
    const std::pair key(id, reader.account);
    const auto found = state_.boxes.find(id);
    if (found == state_.boxes.end())
        co_return std::unexpected(Error::nonexistent);
    for (const auto& uids : parts_of(found->second, order.uids)) {
        std::shared_ptr<const SeenRuns> runs;
        auto done = co_await commit(
            [&](Delta& delta) -> Result<void> {
                auto part = store_part(delta, {reader, id, order, uids}, stored);
                if (part)
                    runs = coming_seen_.at(key);
                return part;
            },
            Limits::pages_a_commit * 2,
            4096 * std::min<std::size_t>(uids.size(), Limits::pages_a_commit),
            [&] { seen_[key] = std::move(runs); });
        if (!done)
            co_return std::unexpected(done.error());
    }
    if (!stored.changed.empty() && reader_listener_)
        reader_listener_(id, reader.account);
    co_return stored;
}

} // namespace posthouse::mailbox
