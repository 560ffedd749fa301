// SPDX-License-Identifier: Apache-2.0
// Letters that come from another server, with what that server had given them.
#include "mailbox/account.hpp"
#include "mailbox/arrival.hpp"
#include "mailbox/imports.pb.h"
#include "mailbox/keys.hpp"
#include "mailbox/keywords.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr std::size_t import_at_once = 500;
/// Clients that knew the mailbox from elsewhere ask for what changed behind the MODSEQ that it had
/// there. Ours are beyond any that a server has counted to, so that they hear of everything.
constexpr std::uint64_t beyond_other_modseqs = std::uint64_t{1} << 36;
/// Beyond these, what the other server had given is not taken on: there must be room above it.
constexpr std::uint32_t largest_validity = 0xf0000000, largest_uid_next = 0xf0000000;

bool fits(const Account::ImportSource& source)
{
    return source.uid_validity != 0 && source.uid_validity <= largest_validity &&
           source.uid_next <= largest_uid_next;
}

/// Clients that know the mailbox by its UIDVALIDITY so far begin anew.
void renew_validity(Delta& delta, MailboxId id, std::uint32_t validity)
{
    auto& account = delta.account();
    auto* box = delta.box(id);
    const auto modseq = delta.next_modseq();
    account.set_last_uid_validity(std::max(account.last_uid_validity(), validity));
    box->set_uid_validity(validity);
    box->set_highest_modseq(modseq);
    box->set_trail_since(modseq);
}

/// An import that finds its own earlier one: what comes now goes behind it.
bool goes_on(const Mailbox& box, const ImportedMailbox& before, const Account::ImportSource& source)
{
    if (!before.keeps_uids() || source.uid_validity != before.uid_validity())
        return false;
    if (!before.finished())
        return box.uid_validity() == before.own_validity();
    // Did both servers give UIDs of their own since?
    return box.uid_validity() == before.uid_validity() &&
           (source.uid_next <= before.uid_next() || box.uid_next() == before.own_uid_next());
}

} // namespace

Task<Result<bool>> Account::begin_import(MailboxId id, ImportSource source, Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (source.import.size() != import_id_bytes)
        co_return std::unexpected(Error::limit);
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    const auto row = key::imported_mailbox(source.import, id);
    auto page = co_await engine_.partitions().read(writer_.partition(), {row});
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    ImportedMailbox progress;
    const bool known = !page->rows.empty();
    if (known && !progress.ParseFromString(page->rows.front().value))
        co_return std::unexpected(Error::corrupt);
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            auto* box = delta.box(id);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            auto& account = delta.account();
            if (known && !goes_on(*box, progress, source)) {
                // Clients would take new messages for others that they have seen.
                if (progress.keeps_uids() && progress.finished() &&
                    box->uid_validity() == source.uid_validity)
                    renew_validity(delta, id, account.last_uid_validity() + 1);
                progress.set_keeps_uids(false);
            } else if (!known) {
                progress.set_keeps_uids(fits(source) && box->messages() == 0);
                progress.set_uid_validity(source.uid_validity);
                if (progress.keeps_uids()) {
                    account.set_modseq(std::max(account.modseq(), beyond_other_modseqs));
                    // Until all are there it has one of its own: who looks in meanwhile will begin
                    // anew, and finds none missing that comes below what he has seen.
                    renew_validity(
                        delta, id,
                        std::max(account.last_uid_validity() + 1,
                                 static_cast<std::uint32_t>(to_microseconds(now) / 1'000'000)));
                }
                progress.set_own_validity(box->uid_validity());
            }
            progress.set_uid_next(std::max(progress.uid_next(), source.uid_next));
            if (progress.keeps_uids() && !progress.finished()) // What else comes goes behind them.
                box->set_uid_next(std::max(box->uid_next(), progress.uid_next()));
            delta.put_row(row, progress.SerializeAsString());
            return {};
        },
        3);
    if (!done)
        co_return std::unexpected(done.error());
    co_return progress.keeps_uids();
}

Task<Result<Account::Imported>> Account::import_letters(MailboxId to, ImportBatch batch,
                                                        Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    const auto count = batch.messages.size();
    if (count > import_at_once || batch.uids.size() != count || batch.identities.size() != count ||
        batch.import.size() != import_id_bytes ||
        std::ranges::any_of(batch.identities,
                            [](const auto& identity) { return identity.size() != identity_bytes; }))
        co_return std::unexpected(Error::limit);
    auto noted = co_await engine_.partitions().read(writer_.partition(),
                                                    {key::imported_mailbox(batch.import, to)});
    ImportedMailbox progress;
    if (!noted)
        co_return std::unexpected(from_store(noted.error()));
    if (noted->rows.empty() || !progress.ParseFromString(noted->rows.front().value))
        co_return std::unexpected(Error::nonexistent); // It was not begun.
    auto arrivals = co_await prepare(std::move(batch.messages));
    if (!arrivals)
        co_return std::unexpected(arrivals.error());
    if (auto loaded = co_await load(to); !loaded)
        co_return std::unexpected(loaded.error());
    std::size_t bytes = count * identity_bytes;
    std::uint64_t size = 0;
    for (const auto& arrival : *arrivals) {
        bytes += bytes_of(arrival.message);
        size += arrival.message.size;
    }
    Imported imported;
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            const auto* box = delta.look(to);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            if (!delta.is_loaded(to))
                return std::unexpected(Error::unavailable); // The state was read anew.
            if (0xffffffff - box->uid_next() <= count)
                return std::unexpected(Error::limit); // There are no UIDs left.
            if (batch.quota == ImportBatch::Quota::respected &&
                !has_room(delta.account(), size, count))
                return std::unexpected(Error::over_quota);
            const auto modseq = delta.next_modseq();
            std::string identities;
            bool taken = false; // by a letter of ours
            for (std::size_t i = 0; i < count; ++i) {
                auto& message = (*arrivals)[i].message;
                const auto wished = progress.keeps_uids() ? batch.uids[i] : 0;
                Entry entry;
                entry.modseq = modseq;
                entry.save_date = to_microseconds(now);
                entry.thread = (*arrivals)[i].thread;
                // One that was finished before has been looked at: nothing comes below.
                const auto least = progress.finished() ? delta.look(to)->uid_next() : 1;
                if (wished >= least && wished < progress.uid_next() &&
                    delta.entry(to, wished) == nullptr)
                    entry.uid = wished;
                taken = taken || (entry.uid == 0 && progress.finished() &&
                                  wished >= progress.own_uid_next() && wished < least);
                if (!has_room_for(*delta.look(to), message.flags.keywords)) {
                    Mailbox after = *delta.look(to);
                    (void)learnt_bits(after, message.flags.keywords);
                    for (const auto& keyword : message.flags.keywords)
                        if (known_bits(after, {keyword}) == 0)
                            imported.keywords_left_out.push_back(keyword);
                }
                imported.uids.push_back(entry.uid == 0 ? delta.look(to)->uid_next() : entry.uid);
                add_arrival(delta, message, entry, to);
                identities += batch.identities[i];
            }
            delta.put_row(key::imported_letters(batch.import, to, modseq), std::move(identities));
            if (taken) {
                // Clients would take ours for the one that had its UID there.
                renew_validity(delta, to, delta.account().last_uid_validity() + 1);
                progress.set_keeps_uids(false);
                delta.put_row(key::imported_mailbox(batch.import, to),
                              progress.SerializeAsString());
            }
            return {};
        },
        count * 6 + 8, bytes);
    if (!done)
        co_return std::unexpected(done.error());
    co_return imported;
}

Task<Result<Account::ImportedPage>> Account::imported(std::string import, MailboxId id,
                                                      std::string after)
{
    constexpr std::size_t rows_a_page = 64; // of import_at_once identities at most
    const auto prefix = key::imported_letters(import, id);
    auto page = co_await engine_.partitions().scan(
        writer_.partition(), prefix, after.empty() ? after : prefix + after, rows_a_page);
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    ImportedPage found;
    for (const auto& row : page->rows)
        found.identities += row.value;
    if (page->more && !page->rows.empty())
        found.next = page->rows.back().key.substr(prefix.size());
    co_return found;
}

Task<Result<void>> Account::finish_import(std::string import, MailboxId id, Timestamp)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    const auto row = key::imported_mailbox(import, id);
    auto page = co_await engine_.partitions().read(writer_.partition(), {row});
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    ImportedMailbox progress;
    if (page->rows.empty() || !progress.ParseFromString(page->rows.front().value))
        co_return std::unexpected(Error::nonexistent);
    if (!progress.keeps_uids())
        co_return Result<void>{};
    co_return co_await commit(
        [&](Delta& delta) -> Result<void> {
            auto* box = delta.box(id);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            if (!progress.finished())
                renew_validity(delta, id, progress.uid_validity());
            // They may have been told of a smaller one, there.
            box->set_uid_next(std::max(box->uid_next(), progress.uid_next()));
            progress.set_own_uid_next(box->uid_next());
            progress.set_finished(true);
            delta.put_row(row, progress.SerializeAsString());
            return {};
        },
        3, 0, [&] { ++undeletions_[id]; });
}

Task<Result<void>> Account::forget_import(std::string import)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (import.size() != import_id_bytes)
        co_return std::unexpected(Error::limit);
    auto rows = co_await rows_under(key::import(import));
    if (!rows)
        co_return std::unexpected(rows.error());
    for (std::size_t at = 0; at < rows->size(); at += Limits::a_commit) {
        const auto end = std::min(at + Limits::a_commit, rows->size());
        auto done = co_await commit(
            [&](Delta& delta) -> Result<void> {
                for (auto i = at; i < end; ++i)
                    delta.erase_row((*rows)[i].key);
                return {};
            },
            end - at);
        if (!done)
            co_return done;
    }
    co_return Result<void>{};
}

} // namespace posthouse::mailbox
