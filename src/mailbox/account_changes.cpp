// SPDX-License-Identifier: Apache-2.0
// Messages that change, go, and are copied.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/keywords.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

std::size_t pages_of(const mail::UidSet& uids)
{
    std::size_t pages = 0, next = 0;
    for (const auto& range : uids.ranges()) {
        const std::size_t first = std::max<std::size_t>(range.first / key::page_uids, next);
        next = range.last / key::page_uids + 1;
        pages += next - std::min(first, next);
    }
    return pages;
}

/// Cut into runs of so many messages, and of so many pages, at most: in one pass.
std::vector<mail::UidSet> cut(const mail::UidSet& uids, std::size_t messages, std::size_t pages)
{
    std::vector<mail::UidSet> runs(1);
    std::size_t in_run = 0, pages_in_run = 0;
    std::uint32_t last_page = 0xffffffff;
    for (const auto& range : uids.ranges())
        for (std::uint64_t first = range.first; first <= range.last;) {
            const auto page = static_cast<std::uint32_t>(first / key::page_uids);
            const bool fresh = page != last_page;
            if (in_run >= messages || (fresh && pages_in_run >= pages)) {
                runs.emplace_back();
                in_run = pages_in_run = 0;
                last_page = 0xffffffff;
                continue;
            }
            pages_in_run += fresh ? 1 : 0;
            last_page = page;
            const auto page_end = (std::uint64_t{page} + 1) * key::page_uids - 1;
            const auto last =
                std::min({std::uint64_t{range.last}, page_end, first + (messages - in_run) - 1});
            runs.back().add(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
            in_run += static_cast<std::size_t>(last - first + 1);
            first = last + 1;
        }
    if (runs.back().empty())
        runs.pop_back();
    return runs;
}

/// Those of the set that are there.
mail::UidSet present(const Box& box, const mail::UidSet& uids)
{
    mail::UidSet there;
    for (const auto& range : uids.ranges())
        for (const auto& entry : box.range(range.first, range.last))
            there.add(entry.uid);
    return there;
}

/// Did it change anything?
bool apply(const Account::StoreOrder& order, std::uint64_t bits, Entry& entry)
{
    const auto flags = entry.flags;
    const auto keywords = entry.keywords;
    switch (order.change) {
    case Account::FlagChange::replace:
        entry.flags = order.flags.system;
        entry.keywords = bits;
        break;
    case Account::FlagChange::add:
        entry.flags.set(order.flags.system);
        entry.keywords |= bits;
        break;
    case Account::FlagChange::remove:
        entry.flags.clear(order.flags.system);
        entry.keywords &= ~bits;
        break;
    }
    return entry.flags != flags || entry.keywords != keywords;
}

} // namespace

// ---- flags ----------------------------------------------------------------------------------

Task<Result<Account::Stored>> Account::store(MailboxId id, StoreOrder order)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    // Pages, not messages, are what a commit is full of.
    const auto all = present(state_.boxes.at(id), order.uids);
    Stored stored;
    for (const auto& uids : cut(all, Limits::flags_a_commit, Limits::pages_a_commit)) {
        auto done = co_await commit(
            [&](Delta& delta) -> Result<void> {
                if (delta.look(id) == nullptr)
                    return std::unexpected(Error::nonexistent);
                if (!delta.is_loaded(id))
                    return std::unexpected(Error::unavailable); // The state was read anew.
                const auto bits = bits_for(delta, id, order);
                if (!bits)
                    return std::unexpected(bits.error());
                std::uint64_t modseq = 0;
                delta.change_flags(id, uids, [&](Entry& entry) {
                    if (order.unchanged_since && entry.modseq > *order.unchanged_since) {
                        stored.refused.add(entry.uid);
                        return false;
                    }
                    if (!apply(order, *bits, entry))
                        return false;
                    if (modseq == 0)
                        modseq = delta.next_modseq();
                    if (order.known_modseq != 0 && entry.modseq > order.known_modseq)
                        stored.stale.add(entry.uid);
                    entry.modseq = modseq;
                    stored.changed.add(entry.uid);
                    return true;
                });
                if (modseq != 0 && stored.modseq != 0)
                    stored.earlier.push_back(stored.modseq);
                stored.modseq = std::max(stored.modseq, modseq);
                return {};
            },
            pages_of(uids) + 4, 4096 * pages_of(uids));
        if (!done)
            co_return std::unexpected(done.error());
    }
    co_return stored;
}

// ---- going ----------------------------------------------------------------------------------

void Account::drop_name(Delta& delta, std::uint64_t email,
                        const std::map<std::uint64_t, Message>& messages)
{
    const auto names = delta.names(email);
    delta.set_names(email, names - 1);
    if (names > 1)
        return;
    delta.erase_row(key::email(email));
    delta.erase_row(key::summary(email));
    delta.erase_row(key::folds(email / key::fold_emails));
    forget_fold(email);
    const auto found = messages.find(email);
    if (found == messages.end())
        return; // There was no record of it.
    const auto& message = found->second;
    if (message.thread_key() != 0)
        delta.erase_row(key::thread(message.thread_key()));
    const auto body = store::BlobId::from_bytes(message.body());
    if (!body)
        return;
    if (message.shared_body())
        delta.put_row(key::release(*body, message.delivery()), {});
    else
        delta.drop_blob(*body);
}

Task<Result<mail::UidSet>> Account::expunge_page(MailboxId id, mail::UidSet uids, Which which)
{
    std::vector<std::uint64_t> emails;
    const auto found = state_.boxes.find(id);
    if (found == state_.boxes.end())
        co_return mail::UidSet(); // Removed meanwhile, and they with it.
    for (const auto& range : uids.ranges())
        for (const auto& entry : found->second.range(range.first, range.last))
            emails.push_back(entry.email);
    // Those that can be brought back need no record read: none goes.
    const bool keeps = keep_ > Duration::zero();
    if (keeps)
        emails.clear();
    auto messages = co_await messages_of(std::move(emails));
    if (!messages)
        co_return std::unexpected(messages.error());
    auto kept_uidls = co_await uidls_of(id, keeps ? uids : mail::UidSet());
    if (!kept_uidls)
        co_return std::unexpected(kept_uidls.error());
    bool shared = false;
    for (const auto& [email, message] : *messages)
        shared = shared || message.shared_body();
    mail::UidSet gone;
    const auto count = uids.size();
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            bool first = true;
            if (!delta.is_loaded(id))
                return std::unexpected(Error::unavailable); // The state was read anew.
            std::vector<Entry> kept;
            for (const auto uid : uids) {
                const auto* entry = delta.entry(id, uid);
                if (entry == nullptr ||
                    (which == Which::deleted && !entry->flags.has(mail::SystemFlag::deleted)))
                    continue;
                if (std::exchange(first, false))
                    delta.next_modseq();
                const auto email = entry->email;
                if (keeps)
                    kept.push_back(*entry);
                delta.vanish(id, uid);
                if (delta.box(id) != nullptr && delta.box(id)->has_uidls())
                    delta.erase_row(key::uidl(id, uid));
                if (!keeps)
                    drop_name(delta, email, *messages);
                gone.add(uid);
            }
            keep_graced(delta, id, kept, *kept_uidls);
            return {};
        },
        // e, s, f, t, x or a body, a UIDL, and perhaps a page, of each.
        std::min<std::size_t>(static_cast<std::size_t>(count) * 7 + 4, 3900),
        pages_of(uids) * 4096 + (keeps ? static_cast<std::size_t>(count) * 120 + 4000 : 0));
    if (!done)
        co_return std::unexpected(done.error());
    if (shared) // They are gone, whatever becomes of the claims; the next opening goes on.
        (void)co_await settle_releases();
    co_return gone;
}

Task<Result<mail::UidSet>> Account::expunge_those(MailboxId id, std::optional<mail::UidSet> among,
                                                  Which which)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    mail::UidSet going;
    for (const auto& entry : state_.boxes.at(id).entries)
        if ((!among || among->contains(entry.uid)) &&
            (which == Which::all || entry.flags.has(mail::SystemFlag::deleted)))
            going.add(entry.uid);
    mail::UidSet gone;
    for (auto& uids : cut(going, 560, 560)) { // A commit holds seven rows of each.
        auto page = co_await expunge_page(id, std::move(uids), which);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& range : page->ranges())
            gone.add(range.first, range.last);
    }
    co_return gone;
}

Task<Result<mail::UidSet>> Account::expunge(MailboxId id, mail::UidSet uids)
{
    co_return co_await expunge_those(id, std::move(uids), Which::all);
}

Task<Result<mail::UidSet>> Account::expunge_deleted(MailboxId id, std::optional<mail::UidSet> among)
{
    co_return co_await expunge_those(id, std::move(among), Which::deleted);
}

// ---- copying --------------------------------------------------------------------------------

Task<Result<Account::Copied>> Account::copy_page(CopyOrder order, CopyHow how, Timestamp now)
{
    Copied copied;
    const auto& [from, uids, to, cleared, keywords] = order;
    const auto count = static_cast<std::size_t>(uids.size());
    const auto pages = pages_of(uids);
    const bool keeps_keywords = keywords == CopyOrder::Keywords::kept;
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            const auto* source = delta.look(from);
            const auto* target = delta.look(to);
            if (source == nullptr || target == nullptr)
                return std::unexpected(Error::nonexistent);
            if (!delta.is_loaded(from) || !delta.is_loaded(to))
                return std::unexpected(Error::unavailable); // The state was read anew.
            std::vector<Entry> entries;
            std::uint64_t bytes = 0;
            for (const auto uid : uids)
                if (const auto* entry = delta.entry(from, uid)) {
                    entries.push_back(*entry);
                    bytes += entry->size;
                }
            copied.validity = UidValidity{target->uid_validity()};
            if (entries.empty())
                return {};
            if (how == CopyHow::copy && !has_room(delta.account(), bytes, entries.size()))
                return std::unexpected(Error::over_quota);
            if (0xffffffff - target->uid_next() <= entries.size())
                return std::unexpected(Error::limit); // There are no UIDs left.
            copied.modseq = delta.next_modseq();
            auto* box = delta.box(to);
            // Keywords have other bits there; most messages have none.
            std::map<std::uint64_t, std::uint64_t> bits{{0, 0}};
            const auto of_source = *source;
            for (const auto& entry : entries) {
                auto [known, fresh] = bits.try_emplace(keeps_keywords ? entry.keywords : 0);
                if (fresh)
                    known->second = learnt_bits(*box, keywords_of(of_source, entry.keywords));
                auto there = entry;
                there.keywords = known->second;
                there.flags.clear(cleared);
                expects(box->uid_next() != 0);
                there.uid = box->uid_next();
                box->set_uid_next(there.uid + 1);
                there.modseq = copied.modseq;
                there.save_date = to_microseconds(now);
                copied.from.add(entry.uid);
                copied.to.add(there.uid);
                delta.put(to, there);
                if (how == CopyHow::move)
                    delta.vanish(from, entry.uid);
                else
                    delta.set_names(entry.email, delta.names(entry.email) + 1);
            }
            return {};
        },
        std::min<std::size_t>(count / 30 + 2 * pages + 16, 3900),
        count * 40 + (how == CopyHow::move ? pages * 4096 : 0));
    if (!done)
        co_return std::unexpected(done.error());
    co_return copied;
}

Task<Result<mail::UidSet>> Account::prepare_copy(const CopyOrder& order)
{
    for (const auto id : {order.to, order.from})
        if (auto loaded = co_await load(id); !loaded)
            co_return std::unexpected(loaded.error());
    co_return present(state_.boxes.at(order.from), order.uids);
}

Task<Result<Account::Copied>> Account::copy(CopyOrder order, Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    auto there = co_await prepare_copy(order);
    if (!there)
        co_return std::unexpected(there.error());
    // One commit: RFC 9051 §6.4.7 wants all or none. Its size is what limits it.
    if (there->size() > Limits::flags_a_commit)
        co_return std::unexpected(Error::limit);
    order.uids = std::move(*there);
    co_return co_await copy_page(std::move(order), CopyHow::copy, now);
}

Task<Result<Account::Copied>> Account::move(CopyOrder order, Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    auto there = co_await prepare_copy(order);
    if (!there)
        co_return std::unexpected(there.error());
    auto runs = cut(*there, Limits::flags_a_commit / 2, Limits::pages_a_commit / 2);
    if (runs.empty())
        runs.emplace_back();
    // Each message is in one place at any time, whatever becomes of the rest of them.
    Copied all;
    for (auto& run : runs) {
        order.uids = std::move(run);
        auto page = co_await copy_page(order, CopyHow::move, now);
        if (!page)
            co_return std::unexpected(page.error());
        all.validity = page->validity;
        all.modseq = page->modseq;
        for (const auto& range : page->from.ranges())
            all.from.add(range.first, range.last);
        for (const auto& range : page->to.ranges())
            all.to.add(range.first, range.last);
    }
    co_return all;
}

} // namespace posthouse::mailbox
