// SPDX-License-Identifier: Apache-2.0
// Reading what is there.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/marks.hpp"

#include <algorithm>
#include <functional>

namespace posthouse::mailbox {

const Mailbox* Account::mailbox(MailboxId id) const
{
    const auto found = state_.boxes.find(id);
    return found == state_.boxes.end() || found->second.record.doomed() ? nullptr
                                                                        : &found->second.record;
}

std::span<const Entry> Account::entries(MailboxId id) const
{
    const auto found = state_.boxes.find(id);
    if (found == state_.boxes.end())
        return {};
    return found->second.entries;
}

namespace {

struct Pages {
    std::vector<Entry> entries;
    std::set<std::uint32_t> marked;
};

/// Nothing: a row is damaged.
std::optional<Pages> unpacked(const std::vector<store::Row>& rows)
{
    Pages pages;
    std::string_view page;      // the last one
    std::size_t page_begin = 0; // where its entries begin
    for (const auto& row : rows) {
        if (key::is_marks(row.key)) {
            if (!key::is_marks_of(row.key, page) ||
                !unpack_marks(row.value, std::span(pages.entries).subspan(page_begin)))
                return std::nullopt;
            pages.marked.insert(key::page_number(row.key));
            continue;
        }
        page = row.key;
        page_begin = pages.entries.size();
        mail::EntryUnpacker unpacker(mail::all_entry_fields, row.value);
        while (const auto entry = unpacker.next())
            pages.entries.push_back(*entry);
        if (unpacker.damaged())
            return std::nullopt;
    }
    return pages;
}

} // namespace

Task<Result<void>> Account::load(MailboxId id)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    for (int attempt = 0; attempt < 100; ++attempt) {
        const auto box = state_.boxes.find(id);
        if (box == state_.boxes.end())
            co_return std::unexpected(Error::nonexistent);
        if (box->second.loaded)
            co_return Result<void>{};
        // Pages and the mailbox's row are of one commit, or it is read again: a mailbox that is
        // not loaded has no commits of its own but those of the tree.
        const auto modseq = box->second.record.highest_modseq();
        auto rows = co_await rows_under(key::pages(id));
        if (!rows)
            co_return std::unexpected(rows.error());
        const auto again = state_.boxes.find(id);
        if (again == state_.boxes.end())
            co_return std::unexpected(Error::nonexistent);
        if (again->second.loaded)
            co_return Result<void>{};
        if (again->second.record.highest_modseq() != modseq)
            continue;
        auto read = unpacked(*rows);
        if (!read)
            co_return std::unexpected(Error::corrupt);
        again->second.entries = std::move(read->entries);
        again->second.marked = std::move(read->marked);
        again->second.loaded = true;
        again->second.recent.clear();
        again->second.recent_since = modseq;
        co_return Result<void>{};
    }
    co_return std::unexpected(Error::unavailable);
}

Task<Result<Message>> Account::message(std::uint64_t email)
{
    auto found = co_await messages_of({email});
    if (!found)
        co_return std::unexpected(found.error());
    if (found->empty())
        co_return std::unexpected(Error::nonexistent);
    co_return std::move(found->begin()->second);
}

Task<Result<Message>> Account::message(MailboxId id, Uid uid)
{
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    const auto* entry = state_.boxes.at(id).find(static_cast<std::uint32_t>(uid));
    if (entry == nullptr)
        co_return std::unexpected(Error::nonexistent);
    const auto email = entry->email;
    co_return co_await message(email);
}

Task<Result<std::map<std::uint64_t, Message>>>
Account::messages_of(std::vector<std::uint64_t> emails)
{
    std::map<std::uint64_t, Message> messages;
    std::vector<std::string> keys;
    for (const auto email : emails)
        keys.push_back(key::email(email));
    auto page = co_await engine_.partitions().read(writer_.partition(), std::move(keys));
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    for (const auto& row : page->rows) {
        Message message;
        if (!message.ParseFromString(row.value))
            continue; // A damaged record costs one message, not those beside it.
        messages[read_u64(std::string_view(row.key).substr(1))] = std::move(message);
    }
    co_return messages;
}

namespace {

/// Is reading all that lies between them less than asking for each?
bool lie_together(const std::vector<std::uint64_t>& numbers)
{
    return numbers.size() > 8 &&
           std::ranges::adjacent_find(numbers, std::greater_equal()) == numbers.end() &&
           numbers.back() - numbers.front() < numbers.size() * 3 / 2;
}

} // namespace

Task<Result<std::vector<std::string>>> Account::values(std::string (*key_of)(std::uint64_t),
                                                       std::vector<std::uint64_t> numbers)
{
    std::vector<std::string> found(numbers.size());
    if (numbers.empty())
        co_return found;
    if (lie_together(numbers)) {
        const auto most =
            std::min<std::size_t>(numbers.back() - numbers.front() + 1, store::Limits::page_rows);
        const auto prefix = key_of(0).substr(0, 1);
        auto after = numbers.front() == 0 ? std::string() : key_of(numbers.front() - 1);
        for (std::size_t i = 0; i < numbers.size();) {
            auto page =
                co_await engine_.partitions().scan(writer_.partition(), prefix, after, most);
            if (!page)
                co_return std::unexpected(from_store(page.error()));
            for (auto& row : page->rows) {
                const auto number = read_u64(std::string_view(row.key).substr(1));
                while (i < numbers.size() && numbers[i] < number)
                    ++i;
                if (i < numbers.size() && numbers[i] == number)
                    found[i++] = std::move(row.value);
            }
            if (!page->more)
                break;
            after = page->rows.back().key;
        }
        co_return found;
    }
    std::vector<std::string> keys;
    for (const auto number : numbers)
        keys.push_back(key_of(number));
    auto page = co_await engine_.partitions().read(writer_.partition(), keys);
    if (!page)
        co_return std::unexpected(from_store(page.error()));
    auto row = page->rows.begin(); // In the order asked for, without those that are not there.
    for (std::size_t i = 0; i < numbers.size() && row != page->rows.end(); ++i)
        if (row->key == keys[i])
            found[i] = std::move((row++)->value);
    co_return found;
}

Task<Result<std::vector<std::string>>> Account::summaries(std::vector<std::uint64_t> emails)
{
    co_return co_await values(key::summary, std::move(emails));
}

Task<Result<void>> Account::put_summary(std::uint64_t email, std::string summary)
{
    if (summary.size() > Limits::summary_bytes)
        co_return std::unexpected(Error::limit);
    const auto bytes = summary.size();
    forget_fold(email);
    co_return co_await commit(
        [email, summary = std::move(summary)](Delta& delta) mutable -> Result<void> {
            delta.put_row(key::summary(email), std::move(summary));
            delta.erase_row(key::folds(email / key::fold_emails));
            return {};
        },
        2, bytes);
}

Task<Result<Account::Changed>> Account::changes(MailboxId id, std::uint64_t since)
{
    if (auto loaded = co_await load(id); !loaded)
        co_return std::unexpected(loaded.error());
    const Hold hold(*this);
    const auto readings = readings_;
    Changed changed;
    const auto* box = &state_.boxes.at(id);
    changed.modseq = box->record.highest_modseq();
    if (since >= changed.modseq)
        co_return changed;
    if (since >= box->recent_since) {
        for (const auto& recent : box->recent) {
            if (recent.modseq <= since)
                continue;
            for (const auto& range : recent.changed.ranges()) {
                changed.changed.add(range.first, range.last);
                changed.vanished.remove(range.first, range.last); // It came back.
            }
            for (const auto& range : recent.vanished.ranges()) {
                changed.changed.remove(range.first, range.last);
                changed.vanished.add(range.first, range.last);
            }
        }
        co_return changed;
    }
    for (const auto& entry : box->entries)
        if (entry.modseq > since)
            changed.changed.add(entry.uid);
    if (since < box->record.trail_since()) {
        // The trail does not reach so far: all that is not there has vanished.
        if (box->record.uid_next() > 1)
            changed.vanished = mail::UidSet::range(1, box->record.uid_next() - 1);
        for (const auto& entry : box->entries)
            changed.vanished.remove(entry.uid);
        co_return changed;
    }
    const auto uid_next = box->record.uid_next();
    std::string after = key::vanished(id, since, 0xffffffff);
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), key::trail(id), after,
                                                       store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        for (const auto& row : page->rows) {
            after = row.key;
            if (read_u64(std::string_view(row.key).substr(5)) > changed.modseq)
                continue; // It came meanwhile, and will be told of next time.
            const auto uids = mail::UidSet::parse(row.value);
            if (!uids)
                co_return std::unexpected(Error::corrupt);
            for (const auto& range : uids->ranges())
                if (range.last < uid_next)
                    changed.vanished.add(range.first, range.last);
        }
        if (!page->more)
            break;
    }
    const auto still = state_.boxes.find(id);
    if (readings != readings_ || still == state_.boxes.end() ||
        since < still->second.record.trail_since()) // It was cut while it was read.
        co_return std::unexpected(Error::unavailable);
    changed.vanished = changed.vanished.without(changed.changed); // Some came back.
    co_return changed;
}

std::size_t Account::memory_bytes() const
{
    std::size_t bytes = 1000;
    bytes += folded_bytes_;
    for (const auto& [who, runs] : seen_)
        bytes += 200 + runs->memory_bytes();
    for (const auto& [id, box] : state_.boxes)
        bytes += 400 + box.entries.capacity() * sizeof(Entry);
    return bytes;
}

void Account::shrink()
{
    expects(idle());
    folded_ = {};
    folded_bytes_ = 0;
    seen_.clear();
    for (auto& [id, box] : state_.boxes) {
        box.loaded = false;
        box.entries = {};
        box.recent.clear();
        box.recent_since = ~0ULL;
    }
}

} // namespace posthouse::mailbox
