// SPDX-License-Identifier: Apache-2.0
// What would grow for ever: the trails of what vanished, and threads whose messages have gone.
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/grace.pb.h"
#include "mailbox/keys.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr auto mark_every = std::chrono::hours(23);
constexpr auto sweep_every = std::chrono::hours(7 * 24 - 1);
constexpr std::size_t rows_a_commit = 1000;

/// Up to which MODSEQ everything is older than the trail is to reach; 0: nothing is.
std::uint64_t older_than(const Upkeep& upkeep, Timestamp when)
{
    std::uint64_t modseq = 0;
    for (const auto& mark : upkeep.marks())
        if (mark.at() < to_microseconds(when))
            modseq = std::max<std::uint64_t>(modseq, mark.modseq());
    return modseq;
}

/// Adds one a day, and forgets those that older_than() needs no more.
void put_mark(Upkeep& upkeep, std::uint64_t modseq, Timestamp now)
{
    const auto horizon = older_than(upkeep, now - Limits::trail_age);
    Upkeep kept;
    for (const auto& mark : upkeep.marks())
        if (mark.modseq() >= horizon)
            *kept.add_marks() = mark;
    auto* mark = kept.add_marks();
    mark->set_at(to_microseconds(now));
    mark->set_modseq(modseq);
    *upkeep.mutable_marks() = kept.marks();
}

} // namespace

bool upkeep_is_due(std::string_view account, std::string_view upkeep, Timestamp now)
{
    AccountRecord record;
    Upkeep known;
    if (!record.ParseFromString(std::string(account)) ||
        !known.ParseFromString(std::string(upkeep)))
        return !account.empty();
    if (known.marks().empty())
        return record.modseq() > 0;
    const auto& last = *known.marks().rbegin();
    return (last.modseq() != record.modseq() || known.threads_swept_modseq() != record.modseq()) &&
           now - from_microseconds(last.at()) >= mark_every;
}

Task<Result<void>> Account::upkeep(Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    auto page = co_await engine_.partitions().read(writer_.partition(), {key::upkeep});
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    Upkeep known;
    if (!page->rows.empty() && !known.ParseFromString(page->rows.front().value))
        known.Clear(); // It is begun anew.
    put_mark(known, state_.record.modseq(), now);
    const auto old = older_than(known, now - Limits::trail_age);
    std::vector<MailboxId> all;
    for (const auto& [id, box] : state_.boxes)
        if (!box.record.doomed())
            all.push_back(id);
    for (const auto id : all)
        if (auto cut = co_await cut_trail(id, old); !cut)
            co_return cut;
    if (now - from_microseconds(known.threads_swept_at()) >= sweep_every &&
        known.threads_swept_modseq() != state_.record.modseq()) {
        const auto modseq = state_.record.modseq();
        co_await take_grace(); // So that nothing comes back while it is looked for.
        auto swept = co_await sweep_threads();
        co_await leave_grace();
        if (swept) { // Otherwise another time.
            known.set_threads_swept_at(to_microseconds(now));
            known.set_threads_swept_modseq(modseq);
        }
    }
    co_return co_await commit(
        [&](Delta& delta) -> Result<void> {
            delta.put_row(key::upkeep, known.SerializeAsString());
            return {};
        },
        1, known.ByteSizeLong());
}

/// What vanished up to this MODSEQ, and what is too much, is named no more: a client that was last
/// here before then is told all UIDs that are not there. RFC 7162 §3.2.5.2
Task<Result<void>> Account::cut_trail(MailboxId id, std::uint64_t until)
{
    auto rows = co_await rows_under(key::trail(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    const auto modseq_of = [](const store::Row& row) {
        return read_u64(std::string_view(row.key).substr(5));
    };
    if (rows->size() > Limits::trail_rows)
        until = std::max(until, modseq_of((*rows)[rows->size() - Limits::trail_rows / 2 - 1]));
    std::erase_if(*rows, [&](const auto& row) { return modseq_of(row) > until; });
    for (std::size_t at = 0; at < rows->size(); at += rows_a_commit) {
        auto done = co_await commit(
            [&](Delta& delta) -> Result<void> {
                auto* box = delta.box(id);
                if (box == nullptr)
                    return std::unexpected(Error::nonexistent);
                // With the first rows that go: from then on none of the others is asked for.
                box->set_trail_since(std::max<std::uint64_t>(box->trail_since(), until));
                for (auto i = at; i < std::min(at + rows_a_commit, rows->size()); ++i)
                    delta.erase_row((*rows)[i].key);
                return {};
            },
            rows_a_commit + 2);
        if (!done)
            co_return done.error() == Error::nonexistent ? Result<void>{} : done;
    }
    co_return Result<void>{};
}

/// The threads of all messages, also of those that can be brought back; ascending.
Task<Result<std::vector<std::uint64_t>>> Account::live_threads()
{
    std::vector<std::uint64_t> threads;
    const auto take = [&](std::string_view packed) {
        mail::EntryUnpacker unpacker(mail::all_entry_fields, packed);
        while (const auto entry = unpacker.next())
            threads.push_back(entry->thread);
        return !unpacker.damaged();
    };
    for (const auto* prefix : {&key::all_pages, &key::all_graced}) {
        std::string after;
        for (bool more = true; more;) {
            auto page = co_await engine_.partitions().scan(writer_.partition(), *prefix, after,
                                                           store::Limits::page_rows);
            if (!page)
                co_return std::unexpected(from_store(page.error()));
            for (const auto& row : page->rows) {
                after = row.key;
                if (key::is_marks(row.key))
                    continue;
                GracedMessages graced;
                const bool whole = prefix == &key::all_pages ? take(row.value)
                                                             : graced.ParseFromString(row.value) &&
                                                                   take(graced.entries());
                if (!whole)
                    co_return std::unexpected(Error::corrupt); // Better too many threads
            }
            more = page->more;
        }
    }
    std::ranges::sort(threads);
    const auto same = std::ranges::unique(threads);
    threads.erase(same.begin(), same.end());
    co_return threads;
}

/// Rows of message-ids whose thread has no message left go. Whatever happens to the account
/// meanwhile ends it: it might be a message that moves from where it was not looked for yet to
/// where it was.
Task<Result<void>> Account::sweep_threads()
{
    const auto modseq = state_.record.modseq();
    const auto live = co_await live_threads();
    if (!live)
        co_return std::unexpected(live.error());
    std::string after;
    for (bool more = true; more;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), key::all_threads, after,
                                                       rows_a_commit);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        more = page->more;
        if (!page->rows.empty())
            after = page->rows.back().key;
        std::erase_if(page->rows, [&](const auto& row) {
            return row.value.size() == 8 && std::ranges::binary_search(*live, read_u64(row.value));
        });
        if (page->rows.empty())
            continue;
        auto done = co_await commit(
            [&](Delta& delta) -> Result<void> {
                if (delta.account().modseq() != modseq)
                    return std::unexpected(Error::unavailable);
                for (const auto& row : page->rows)
                    delta.erase_row(row.key);
                return {};
            },
            page->rows.size());
        if (!done)
            co_return done;
    }
    co_return Result<void>{};
}

} // namespace posthouse::mailbox
