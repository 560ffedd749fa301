// SPDX-License-Identifier: Apache-2.0
// Messages that were expunged and can be brought back. Their entries are in rows of their own, and
// count as names of their emails, so that record, summary and body stay.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/graced_rows.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::mailbox {
namespace {

constexpr std::size_t entries_a_row = 300; // some 45 bytes each, and a UIDL of 70 for some
constexpr std::size_t rows_a_page = 50;
constexpr std::size_t listed_a_page = 500;

} // namespace

std::vector<Entry> entries_in(const GracedMessages& row)
{
    std::vector<Entry> entries;
    mail::EntryUnpacker unpacker(mail::all_entry_fields, row.entries());
    while (const auto entry = unpacker.next())
        entries.push_back(*entry);
    return entries;
}

std::uint64_t bytes_of(const std::vector<Entry>& entries)
{
    std::uint64_t bytes = 0;
    for (const auto& entry : entries)
        bytes += entry.size;
    return bytes;
}

void count_less(AccountRecord& account, std::uint64_t bytes, std::uint64_t messages)
{
    account.set_graced_bytes(account.graced_bytes() - std::min(account.graced_bytes(), bytes));
    account.set_graced_messages(account.graced_messages() -
                                std::min(account.graced_messages(), messages));
}

bool wants(const Account::WantedBack& wanted, const std::string& key, const GracedMessages& row)
{
    return (!wanted.mailbox || *wanted.mailbox == row.name()) &&
           (!wanted.since || key::graced_at(key) >= to_microseconds(*wanted.since));
}

void Account::keep_expunged(Duration keep, std::function<Timestamp()> clock)
{
    keep_ = keep;
    clock_ = std::move(clock);
}

// ---- keeping --------------------------------------------------------------------------------

Task<Result<std::map<std::uint32_t, std::string>>> Account::uidls_of(MailboxId id,
                                                                     const mail::UidSet& uids)
{
    std::map<std::uint32_t, std::string> found;
    const auto box = state_.boxes.find(id);
    if (box == state_.boxes.end() || !box->second.record.has_uidls())
        co_return found;
    std::vector<std::string> keys;
    for (const auto uid : uids)
        keys.push_back(key::uidl(id, uid));
    auto page = co_await engine_.partitions().read(writer_.partition(), std::move(keys));
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    for (auto& row : page->rows)
        if (row.key.size() == 9)
            found[read_u32(std::string_view(row.key).substr(5))] = std::move(row.value);
    co_return found;
}

namespace {

GracedMessages row_for(const Mailbox& record)
{
    GracedMessages row;
    row.set_name(record.name());
    row.set_uid_validity(record.uid_validity());
    row.set_uid_next(record.uid_next());
    row.set_object_id(record.object_id());
    row.set_special_use(record.special_use());
    return row;
}

} // namespace

void Account::keep_graced(Delta& delta, MailboxId id, const std::vector<Entry>& entries,
                          const std::map<std::uint32_t, std::string>& uidls)
{
    if (entries.empty())
        return;
    const auto* box = delta.look(id);
    const auto& record = box != nullptr ? *box : state_.boxes.at(id).record; // doomed
    auto row = row_for(record);
    if (std::ranges::any_of(entries, [](const auto& entry) { return entry.keywords != 0; }))
        *row.mutable_keywords() = record.keywords();
    const auto at = to_microseconds(clock_());
    std::uint32_t part = 0;
    for (std::size_t first = 0; first < entries.size(); first += entries_a_row) {
        const auto end = std::min(first + entries_a_row, entries.size());
        const std::vector<Entry> some(entries.begin() + static_cast<std::ptrdiff_t>(first),
                                      entries.begin() + static_cast<std::ptrdiff_t>(end));
        row.set_entries(mail::packed_entries(some));
        row.mutable_uidls()->clear();
        for (const auto& entry : some)
            if (const auto uidl = uidls.find(entry.uid); uidl != uidls.end())
                (*row.mutable_uidls())[entry.uid] = uidl->second;
        delta.put_row(key::graced(at, delta.account().modseq(), part++), row.SerializeAsString());
    }
    auto& account = delta.account();
    account.set_graced_bytes(account.graced_bytes() + bytes_of(entries));
    account.set_graced_messages(account.graced_messages() + entries.size());
}

void Account::keep_estate(Delta& delta, MailboxId id)
{
    if (keep_ == Duration::zero() && delta.account().graced_messages() == 0)
        return;
    delta.put_row(key::graced(to_microseconds(clock_()), delta.next_modseq(), 0),
                  row_for(state_.boxes.at(id).record).SerializeAsString());
}

// ---- looking --------------------------------------------------------------------------------

Task<Result<Account::GracedPage>> Account::graced(WantedBack wanted, std::string after)
{
    GracedPage answer;
    auto page = co_await engine_.partitions().scan(writer_.partition(), key::all_graced, after,
                                                   rows_a_page);
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    for (const auto& row : page->rows) {
        if (answer.messages.size() >= listed_a_page)
            co_return answer;
        answer.next = row.key;
        GracedMessages messages;
        if (!messages.ParseFromString(row.value) || !wants(wanted, row.key, messages))
            continue;
        const auto at = from_microseconds(key::graced_at(row.key));
        for (const auto& entry : entries_in(messages))
            if (!wanted.uids || wanted.uids->contains(entry.uid))
                answer.messages.push_back({messages.name(), at, entry});
    }
    if (!page->more)
        answer.next.clear();
    co_return answer;
}

// ---- one at a time ----------------------------------------------------------------------------

Task<> Account::take_grace()
{
    if (!grace_taken_) {
        grace_taken_ = true;
        co_return;
    }
    store::Waiter waiter;
    auto enqueue = [&] { grace_waits_.push_back(&waiter); };
    co_await waiter.wait(enqueue); // Who leaves hands it on.
}

Task<> Account::leave_grace()
{
    if (grace_waits_.empty()) {
        grace_taken_ = false;
        co_return;
    }
    std::vector<store::Waiter*> next{grace_waits_.front()};
    grace_waits_.pop_front();
    co_await store::resume_later(std::move(next));
}

// ---- going for good ---------------------------------------------------------------------------

Task<Result<std::uint64_t>> Account::drop_graced(Timestamp before)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    co_await take_grace();
    auto dropped = co_await drop_graced_rows(before);
    co_await leave_grace();
    co_return dropped;
}

Task<Result<std::uint64_t>> Account::drop_graced_rows(Timestamp before)
{
    std::uint64_t dropped = 0;
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), key::all_graced, {},
                                                       rows_a_page);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        for (const auto& row : page->rows) {
            if (key::graced_at(row.key) >= to_microseconds(before))
                co_return dropped;
            auto done = co_await drop_graced_row(row);
            if (!done)
                co_return std::unexpected(done.error());
            dropped += *done;
        }
        if (!page->more)
            co_return dropped;
    }
}

bool Account::wants_room() const
{
    const auto& record = state_.record;
    return record.graced_messages() > 0 &&
           !has_room(record, record.graced_bytes(), record.graced_messages());
}

Task<Result<std::uint64_t>> Account::make_room()
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    co_await take_grace();
    auto dropped = co_await drop_graced_beyond_quota();
    co_await leave_grace();
    co_return dropped;
}

Task<Result<std::uint64_t>> Account::drop_graced_beyond_quota()
{
    std::uint64_t dropped = 0;
    for (;;) {
        if (!wants_room())
            co_return dropped;
        auto page = co_await engine_.partitions().scan(writer_.partition(), key::all_graced, {}, 1);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        if (page->rows.empty())
            co_return dropped;
        auto done = co_await drop_graced_row(page->rows.front());
        if (!done)
            co_return std::unexpected(done.error());
        dropped += *done;
    }
}

Task<Result<std::uint64_t>> Account::drop_graced_row(const store::Row& row)
{
    GracedMessages graced;
    std::vector<Entry> entries;
    if (graced.ParseFromString(row.value))
        entries = entries_in(graced);
    std::vector<std::uint64_t> emails;
    for (const auto& entry : entries)
        emails.push_back(entry.email);
    auto messages = co_await messages_of(std::move(emails));
    if (!messages)
        co_return std::unexpected(messages.error());
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            for (const auto& entry : entries)
                drop_name(delta, entry.email, *messages);
            count_less(delta.account(), bytes_of(entries), entries.size());
            delta.erase_row(row.key);
            return {};
        },
        entries.size() * 5 + 4);
    if (!done)
        co_return std::unexpected(done.error());
    const bool shared = std::ranges::any_of(
        *messages, [](const auto& message) { return message.second.shared_body(); });
    if (shared) // The next opening goes on with what fails here.
        (void)co_await settle_releases();
    co_return entries.size();
}

} // namespace posthouse::mailbox
