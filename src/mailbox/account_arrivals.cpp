// SPDX-License-Identifier: Apache-2.0
// Messages that come.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/arrival.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/keywords.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr std::size_t append_at_once = 500;

std::string thread_value(std::uint64_t thread)
{
    std::string value;
    append_u64(value, thread);
    return value;
}

/// The thread of a message that came with this very commit, or else the one found on disk.
std::uint64_t thread_of(const Delta& delta, const std::vector<std::uint64_t>& keys,
                        std::uint64_t on_disk)
{
    for (const auto hash : keys)
        if (const auto* row = hash == 0 ? nullptr : delta.row(key::thread(hash)))
            return read_u64(*row);
    return on_disk;
}

} // namespace

std::size_t bytes_of(const Account::NewMessage& message)
{
    return message.message.ByteSizeLong() + message.summary.size() + 512;
}

void add_arrival(Delta& delta, Account::NewMessage& message, Entry entry, MailboxId to)
{
    auto* box = delta.box(to);
    auto& account = delta.account();
    account.set_last_email(account.last_email() + 1);
    expects(box->uid_next() != 0); // 2^32 messages came
    if (entry.uid == 0)
        entry.uid = box->uid_next();
    box->set_uid_next(std::max(box->uid_next(), entry.uid + 1));
    entry.flags = message.flags.system;
    entry.keywords = learnt_bits(*box, message.flags.keywords);
    entry.size = message.size;
    entry.internal_date = message.internal_date;
    entry.email = account.last_email();
    entry.thread = thread_of(delta, message.threading, entry.thread);
    if (entry.thread == 0)
        entry.thread = entry.email;
    // Its own id, and the one it answers: that may come later than its answer.
    for (std::size_t i = 0; i < std::min<std::size_t>(message.threading.size(), 2); ++i)
        if (message.threading[i] != 0)
            delta.put_row(key::thread(message.threading[i]), thread_value(entry.thread));
    if (!message.threading.empty())
        message.message.set_thread_key(message.threading.front());
    message.message.set_internal_date(message.internal_date);
    if (message.data) {
        const auto blob = store::BlobId::from_bytes(message.message.body());
        expects(blob.has_value());
        delta.add_blob(*blob, std::move(*message.data));
    }
    delta.put_row(key::email(entry.email), message.message.SerializeAsString());
    if (!message.summary.empty())
        delta.put_row(key::summary(entry.email), std::move(message.summary));
    if (!message.uidl.empty()) {
        box->set_has_uidls(true);
        delta.put_row(key::uidl(to, entry.uid), std::move(message.uidl));
    }
    delta.put(to, entry);
}

Task<Result<std::vector<Account::Arrival>>> Account::prepare(std::vector<NewMessage> messages)
{
    std::vector<Arrival> arrivals;
    for (auto& message : messages) {
        if (message.summary.size() > Limits::summary_bytes)
            message.summary.clear(); // It can be made again.
        if (message.message.ByteSizeLong() > store::Limits::value - 64)
            co_return std::unexpected(Error::limit);
        Arrival arrival{std::move(message), 0};
        std::vector<std::string> keys;
        for (const auto hash : arrival.message.threading)
            if (hash != 0 && keys.size() < Limits::threads)
                keys.push_back(key::thread(hash));
        if (!keys.empty()) {
            auto page = co_await engine_.partitions().read(writer_.partition(), std::move(keys));
            if (!page)
                co_return std::unexpected(from_store(page.error()));
            for (const auto& row : page->rows)
                if (arrival.thread == 0 && row.value.size() == 8)
                    arrival.thread = read_u64(row.value);
        }
        arrivals.push_back(std::move(arrival));
    }
    co_return arrivals;
}

Task<Result<Account::Added>> Account::append(MailboxId to, std::vector<NewMessage> messages,
                                             Timestamp now, std::optional<Gone> gone)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    if (messages.size() > append_at_once)
        co_return std::unexpected(Error::limit);
    auto arrivals = co_await prepare(std::move(messages));
    if (!arrivals)
        co_return std::unexpected(arrivals.error());
    if (auto loaded = co_await load(to); !loaded)
        co_return std::unexpected(loaded.error());
    std::map<std::uint64_t, Message> going;
    auto kept_uidls =
        co_await uidls_of(gone ? gone->mailbox : MailboxId{0},
                          gone ? mail::UidSet::range(gone->uid, gone->uid) : mail::UidSet());
    if (!kept_uidls)
        co_return std::unexpected(kept_uidls.error());
    if (gone) {
        if (auto loaded = co_await load(gone->mailbox); !loaded)
            co_return std::unexpected(loaded.error());
        const auto* entry = state_.boxes.at(gone->mailbox).find(gone->uid);
        if (entry == nullptr)
            co_return std::unexpected(Error::nonexistent);
        auto found = co_await messages_of({entry->email});
        if (!found)
            co_return std::unexpected(found.error());
        going = std::move(*found);
    }
    std::size_t bytes = 0;
    std::uint64_t size = 0;
    for (const auto& arrival : *arrivals) {
        bytes += bytes_of(arrival.message);
        size += arrival.message.size;
    }
    Added added;
    const auto count = arrivals->size();
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            const auto* box = delta.look(to);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            if (!delta.is_loaded(to) || (gone && !delta.is_loaded(gone->mailbox)))
                return std::unexpected(Error::unavailable); // The state was read anew.
            if (0xffffffff - box->uid_next() <= count)
                return std::unexpected(Error::limit); // There are no UIDs left.
            const auto* old = gone ? delta.entry(gone->mailbox, gone->uid) : nullptr;
            if (gone && (old == nullptr || delta.look(gone->mailbox) == nullptr))
                return std::unexpected(Error::nonexistent);
            // What is replaced makes room for what comes: RFC 8508 §3.4
            if (!has_room(delta.account(), size - std::min(size, old ? old->size : 0),
                          count - std::min<std::size_t>(count, old ? 1 : 0)))
                return std::unexpected(Error::over_quota);
            const auto going_entry = gone ? *old : Entry(); // It may move when others come.
            added.modseq = delta.next_modseq();
            added.validity = UidValidity{box->uid_validity()};
            for (auto& arrival : *arrivals) {
                Entry entry;
                entry.modseq = added.modseq;
                entry.save_date = to_microseconds(now);
                entry.thread = arrival.thread;
                added.uids.add(box->uid_next());
                add_arrival(delta, arrival.message, entry, to);
                box = delta.look(to);
            }
            if (gone) {
                delta.vanish(gone->mailbox, gone->uid);
                if (delta.look(gone->mailbox)->has_uidls())
                    delta.erase_row(key::uidl(gone->mailbox, gone->uid));
                if (keep_ > Duration::zero())
                    keep_graced(delta, gone->mailbox, {going_entry}, *kept_uidls);
                else
                    drop_name(delta, going_entry.email, going);
            }
            return {};
        },
        count * 6 + 8, bytes);
    if (!done)
        co_return std::unexpected(done.error());
    if (gone) // It is done, whatever becomes of a claim; the next opening goes on with that.
        (void)co_await settle_releases();
    co_return added;
}

Task<Result<bool>> Account::was_delivered(std::uint64_t delivery)
{
    auto page = co_await engine_.partitions().read(writer_.partition(), {key::delivered(delivery)});
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    co_return !page->rows.empty();
}

Task<Result<void>> Account::deliver(std::uint64_t delivery, NewMessage message, Timestamp now,
                                    MailboxId to)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    auto before = co_await was_delivered(delivery);
    if (!before)
        co_return std::unexpected(before.error());
    if (*before)
        co_return Result<void>{};
    message.message.set_delivery(delivery);
    const auto bytes = bytes_of(message);
    std::vector<NewMessage> one;
    one.push_back(std::move(message));
    auto arrivals = co_await prepare(std::move(one));
    if (!arrivals)
        co_return std::unexpected(arrivals.error());
    if (mailbox(to) == nullptr)
        to = inbox;
    if (auto loaded = co_await load(to); !loaded)
        co_return std::unexpected(loaded.error());
    Delivered mark;
    mark.set_at(to_microseconds(now));
    co_return co_await commit(
        [&](Delta& delta) -> Result<void> {
            // It may have been removed since; the INBOX never is.
            if (!delta.is_loaded(to) || delta.look(to) == nullptr ||
                delta.look(to)->uid_next() >= 0xfffffffe)
                return std::unexpected(Error::unavailable);
            if (delta.row(key::delivered(delivery)) != nullptr)
                return {}; // Twice at once
            Entry entry;
            entry.modseq = delta.next_modseq();
            entry.save_date = to_microseconds(now);
            entry.thread = arrivals->front().thread;
            add_arrival(delta, arrivals->front().message, entry, to);
            delta.put_row(key::delivered(delivery), mark.SerializeAsString());
            return {};
        },
        8, bytes);
}

} // namespace posthouse::mailbox
