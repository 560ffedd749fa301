// SPDX-License-Identifier: Apache-2.0
// Messages that go from one account into another, or into another's mailbox.
#include "keeper/mailboxes_parts.hpp"

#include <algorithm>

namespace posthouse::keeper {

using mailbox::Right;
using wire::Failure;

namespace {

/// A sink's bytes, from wherever `read` has them.
template <class Read>
Task<wire::Result<void>> write_body(store::BlobSink& sink, std::uint64_t bytes, Read read)
{
    for (std::uint64_t at = 0; at < bytes;) {
        auto piece = co_await read(at);
        if (!piece)
            co_return std::unexpected(failure_of(piece.error()));
        if (piece->empty())
            co_return std::unexpected(Failure::damaged);
        at += piece->size();
        if (auto written = co_await sink.write(std::move(*piece)); !written)
            co_return std::unexpected(failure_of(written.error()));
    }
    if (auto sealed = co_await sink.seal(); !sealed)
        co_return std::unexpected(failure_of(sealed.error()));
    co_return wire::Result<void>();
}

void add_all(mail::UidSet& to, const mail::UidSet& some)
{
    for (const auto& range : some.ranges())
        to.add(range.first, range.last);
}

} // namespace

// ---- what a viewer may set ------------------------------------------------------------------

/// RFC 4314 §4: what he has no right to set is left out, and the rest is done.
std::vector<bool> Mailboxes::keep_rights(const Spot& to,
                                         std::vector<mailbox::Account::NewMessage>& messages)
{
    std::vector<bool> seen(messages.size());
    if (!to.tree.foreign())
        return seen;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        auto& flags = messages[i].flags;
        using mail::SystemFlag;
        seen[i] = flags.system.has(SystemFlag::seen) && to.rights.has(Right::seen);
        flags.system.clear(SystemFlag::seen); // The owner has not.
        if (!to.rights.has(Right::deleted))
            flags.system.clear(SystemFlag::deleted);
        if (to.rights.has(Right::write))
            continue;
        flags.system.clear(mail::SystemFlags(SystemFlag::answered) | SystemFlag::flagged |
                           SystemFlag::draft);
        flags.keywords.clear();
    }
    return seen;
}

mail::UidSet Mailboxes::picked(const mail::UidSet& uids, const std::vector<bool>& which)
{
    mail::UidSet some;
    std::size_t i = 0;
    for (const auto uid : uids)
        if (i < which.size() && which[i++])
            some.add(uid);
    return some;
}

Task<void> Mailboxes::mark_seen(const Spot& spot, mail::UidSet uids)
{
    if (uids.empty() || !spot.rights.has(Right::seen))
        co_return;
    mailbox::Account::StoreOrder order;
    order.uids = std::move(uids);
    order.flags.system = mail::SystemFlag::seen;
    // Should it fail, he reads them again.
    (void)co_await spot.tree.account->store_as(spot.reader(), spot.id, std::move(order));
}

/// A copy within one account; of somebody else's, without what the viewer may not set there.
mailbox::Account::CopyOrder Mailboxes::copy_order(const Place& from, const Spot& to)
{
    using mail::SystemFlag;
    mailbox::Account::CopyOrder order;
    order.from = from.id;
    order.to = to.id;
    if (!from.foreign())
        return order;
    if (!to.rights.has(Right::deleted))
        order.cleared.set(SystemFlag::deleted);
    if (!to.rights.has(Right::write)) {
        order.cleared.set(mail::SystemFlags(SystemFlag::answered) | SystemFlag::flagged |
                          SystemFlag::draft);
        order.keywords = mailbox::Account::CopyOrder::Keywords::cleared;
    }
    return order;
}

/// What he has seen of the originals, he has of the copies; a crash before this lets him read them
/// again.
Task<void> Mailboxes::mark_seen_copies(const Place& from, const Spot& to,
                                       const mailbox::Account::Copied& copied)
{
    mail::UidSet seen;
    auto there = copied.to.begin();
    for (const auto uid : copied.from) {
        if (from.seen->seen(uid))
            seen.add(*there);
        ++there;
    }
    co_await mark_seen(to, std::move(seen));
}

// ---- bodies ---------------------------------------------------------------------------------

Task<wire::Result<void>> Mailboxes::rehome(Upload& upload, mailbox::AccountId account)
{
    if (upload.account == account)
        co_return wire::Result<void>();
    upload.account = account;
    if (!upload.sink)
        co_return wire::Result<void>();
    if (auto sealed = co_await upload.sink->seal(); !sealed)
        co_return std::unexpected(failure_of(sealed.error()));
    const auto before = upload.blob;
    const auto blob = office_.engine.blobs().new_id();
    auto sink = co_await office_.engine.blobs().create(blob, mailbox::partition_of(account));
    wire::Result<void> written;
    if (sink)
        written = co_await write_body(**sink, upload.bytes, [&](std::uint64_t at) {
            return office_.engine.blobs().read(before, at, Limits::piece);
        });
    else
        written = std::unexpected(failure_of(sink.error()));
    (void)co_await office_.engine.blobs().remove(before);
    if (!written)
        co_return written;
    upload.blob = blob;
    upload.sink = std::move(*sink);
    upload.sealed = true;
    co_return wire::Result<void>();
}

/// A message as it will be in the other account, its body written anew: accounts share only the
/// bodies that one delivery brought them.
Task<wire::Result<mailbox::Account::NewMessage>>
Mailboxes::copy_of(const Place& from, mail::MessageEntry entry, const Spot& to)
{
    auto record = co_await from.account->message(entry.email);
    if (!record)
        co_return std::unexpected(failure_of(record.error()));
    auto summaries = co_await from.account->summaries({entry.email});
    if (!summaries)
        co_return std::unexpected(failure_of(summaries.error()));
    mailbox::Account::NewMessage made;
    made.summary = std::move(summaries->front());
    made.size = entry.size;
    made.internal_date = entry.internal_date;
    if (record->thread_key() != 0)
        made.threading = {record->thread_key()};
    const auto shown = from.shown(entry);
    made.flags.system = shown.flags;
    if (const auto* box = from.mailbox())
        for (int bit = 0; bit < box->keywords_size(); ++bit)
            if ((entry.keywords >> bit & 1U) != 0)
                made.flags.add_keyword(box->keywords(bit));
    const LetterText text(*record);
    const auto blob = office_.engine.blobs().new_id();
    made.message.set_body(blob.bytes());
    made.message.set_body_bytes(text.bytes());
    if (text.bytes() <= store::Limits::small_blob) {
        auto bytes = co_await text.read(office_.engine, 0, text.bytes());
        if (!bytes)
            co_return std::unexpected(failure_of(bytes.error()));
        made.data = std::move(*bytes);
        co_return made;
    }
    auto sink =
        co_await office_.engine.blobs().create(blob, mailbox::partition_of(to.tree.account->id()));
    if (!sink)
        co_return std::unexpected(failure_of(sink.error()));
    if (auto written = co_await write_body(
            **sink, text.bytes(),
            [&](std::uint64_t at) { return text.read(office_.engine, at, Limits::piece); });
        !written)
        co_return std::unexpected(written.error());
    co_return made;
}

// ---- COPY and MOVE --------------------------------------------------------------------------

/// Some at a time; should one fail, those before it are taken back.
Task<Mailboxes::Answer> Mailboxes::copy_across(Place from, mail::UidSet uids, Spot to, CopyHow how)
{
    std::vector<mail::MessageEntry> entries;
    std::uint64_t bytes = 0;
    const auto& box = from.account->state().boxes.at(from.id);
    for (const auto& range : uids.ranges())
        for (const auto& entry : box.range(range.first, range.last)) {
            entries.push_back(entry);
            bytes += entry.size;
        }
    auto& account = *to.tree.account;
    if (entries.size() > Limits::copied_across)
        co_return std::unexpected(Failure::limit);
    if (!account.would_fit(bytes, entries.size()))
        co_return std::unexpected(Failure::over_quota);
    const auto* target = to.mailbox();
    if (target == nullptr)
        co_return std::unexpected(Failure::nonexistent);
    wire::MessagesCopied answer;
    answer.set_uid_validity(target->uid_validity());
    mail::UidSet taken, made, seen;
    std::optional<Failure> failed;
    for (std::size_t at = 0; at < entries.size() && !failed;) {
        std::vector<mailbox::Account::NewMessage> messages;
        mail::UidSet these;
        for (std::uint64_t together = 0;
             at < entries.size() && messages.size() < Limits::across_at_once &&
             together < Limits::across_bytes_at_once;
             ++at) {
            auto message = co_await copy_of(from, entries[at], to);
            if (!message && message.error() == Failure::nonexistent)
                continue; // It went meanwhile.
            if (!message) {
                failed = message.error();
                break;
            }
            together += message->size;
            these.add(entries[at].uid);
            messages.push_back(std::move(*message));
        }
        if (failed || messages.empty())
            continue;
        // Rights may have been taken back since.
        if (const auto* still = to.mailbox();
            still == nullptr || !to.tree.rights(*still).has(Right::insert)) {
            failed = Failure::no_permission;
            continue;
        }
        const auto to_mark = keep_rights(to, messages);
        auto added = co_await account.append(to.id, std::move(messages), wall_clock());
        if (!added) {
            failed = failure_of(added.error());
            continue;
        }
        add_all(taken, these);
        add_all(made, added->uids);
        add_all(seen, picked(added->uids, to_mark));
    }
    if (failed) {
        if (!made.empty())
            (void)co_await account.expunge(to.id, std::move(made));
        co_return std::unexpected(*failed);
    }
    if (to.tree.foreign())
        co_await mark_seen(to, std::move(seen));
    if (how == CopyHow::move) {
        // A crash before this leaves them in both places.
        auto gone = co_await from.account->expunge(from.id, taken);
        if (!gone)
            co_return std::unexpected(failure_of(gone.error()));
        if (const auto* source = from.mailbox())
            answer.set_modseq(source->highest_modseq());
    }
    answer.set_from(taken.text());
    if (to.rights.has(Right::read)) // RFC 4315 §3
        answer.set_to(made.text());
    co_return wire::answer_with(answer);
}

} // namespace posthouse::keeper
