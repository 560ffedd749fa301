// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "spool/scheduler.hpp"
#include "spool/spool.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace posthouse::spool {
namespace {

/// All rows with a prefix, page after page: for the rows of one letter, which its limits bound.
Task<store::Result<std::vector<store::Row>>>
all_rows(store::Engine& engine, store::PartitionId partition, std::string prefix)
{
    std::vector<store::Row> rows;
    for (;;) {
        auto page = co_await engine.partitions().scan(
            partition, prefix, rows.empty() ? "" : rows.back().key, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(page.error());
        std::ranges::move(page->rows, std::back_inserter(rows));
        if (!page->more)
            co_return rows;
    }
}

template <class Record>
store::Result<std::vector<Record>> parse_all(const std::vector<store::Row>& rows)
{
    std::vector<Record> records(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!records[i].ParseFromString(rows[i].value))
            return std::unexpected(store::Error::corrupt);
    return records;
}

} // namespace

Task<Spool::Result<Spool::Stored>> Spool::letter(LetterId id)
{
    auto page = co_await engine_.partitions().read(
        keys::shard_of(id),
        {keys::letter(id), keys::unsorted(id), keys::held(id), keys::edits(id), keys::closing(id)});
    if (!page)
        co_return std::unexpected(page.error());
    std::map<char, std::string_view> rows;
    for (const auto& row : page->rows)
        rows[row.key.front()] = row.value;
    if (!rows.contains('l'))
        co_return std::unexpected(store::Error::not_found);
    Stored stored;
    stored.routed = !rows.contains('a') && !rows.contains('h');
    if (!stored.letter.ParseFromString(std::string(rows['l'])))
        co_return std::unexpected(store::Error::corrupt);
    if (stored.letter.edited()) {
        Letter edits;
        if (!rows.contains('g') || !edits.ParseFromString(std::string(rows['g'])))
            co_return std::unexpected(store::Error::corrupt);
        stored.letter.mutable_edits()->Swap(edits.mutable_edits());
    }
    if (rows.contains('k') && !stored.closing.emplace().ParseFromString(std::string(rows['k'])))
        co_return std::unexpected(store::Error::corrupt);
    const auto add = [&](const Letter& holder) {
        stored.recipients.insert(stored.recipients.end(), holder.recipients().begin(),
                                 holder.recipients().end());
        stored.terms.insert(stored.terms.end(), holder.terms().begin(), holder.terms().end());
    };
    add(stored.letter);
    for (std::uint32_t number = 1; number <= stored.letter.recipient_pages(); ++number) {
        auto more =
            co_await engine_.partitions().read(keys::shard_of(id), {keys::recipients(id, number)});
        Letter holder;
        if (!more)
            co_return std::unexpected(more.error());
        if (more->rows.empty() || !holder.ParseFromString(more->rows.front().value))
            co_return std::unexpected(store::Error::corrupt);
        add(holder);
    }
    if (!stored.terms.empty() && stored.terms.size() != stored.recipients.size())
        co_return std::unexpected(store::Error::corrupt);
    co_return stored;
}

Task<Spool::Result<std::vector<Expansion>>> Spool::expansions(LetterId id)
{
    auto rows = co_await all_rows(engine_, keys::shard_of(id), keys::expansions(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    co_return parse_all<Expansion>(*rows);
}

Task<Spool::Result<std::vector<Delivery>>> Spool::deliveries(LetterId id)
{
    auto rows = co_await all_rows(engine_, keys::shard_of(id), keys::deliveries(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    co_return parse_all<Delivery>(*rows);
}

Task<Spool::Result<Spool::Events>> Spool::events(LetterId id)
{
    auto rows = co_await all_rows(engine_, keys::shard_of(id), keys::events(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    auto parsed = parse_all<TraceEvent>(*rows);
    if (!parsed)
        co_return std::unexpected(parsed.error());
    Events events{std::move(*parsed), {}};
    for (auto& row : *rows)
        events.keys.push_back(std::move(row.key));
    co_return events;
}

Task<Spool::Result<std::vector<Spool::Notice>>> Spool::notices(LetterId id)
{
    auto rows = co_await all_rows(engine_, keys::shard_of(id), keys::notices(id));
    if (!rows)
        co_return std::unexpected(rows.error());
    auto parsed = parse_all<NoticeDue>(*rows);
    if (!parsed)
        co_return std::unexpected(parsed.error());
    std::vector<Notice> notices;
    for (std::size_t i = 0; i < rows->size(); ++i)
        notices.push_back({keys::delivery_in((*rows)[i].key), std::move((*parsed)[i])});
    co_return notices;
}

Task<Spool::Result<std::optional<FinishedLetter>>> Spool::finished(LetterId id, Timestamp now,
                                                                   int days)
{
    std::vector<std::string> wanted;
    const auto today = keys::day_of(now);
    const auto first =
        std::max(keys::day_of(id.made_at()), today - static_cast<std::uint32_t>(days));
    for (auto day = first; day <= today; ++day)
        wanted.push_back(keys::finished(day, id));
    auto page = co_await engine_.partitions().read(keys::shard_of(id), std::move(wanted));
    if (!page)
        co_return std::unexpected(page.error());
    if (page->rows.empty())
        co_return std::optional<FinishedLetter>{};
    FinishedLetter story;
    if (!story.ParseFromString(page->rows.back().value))
        co_return std::unexpected(store::Error::corrupt);
    co_return story;
}

Task<Spool::Result<std::vector<LetterId>>> Spool::letters(std::size_t shard, std::string_view kind,
                                                          LetterId after, std::size_t limit)
{
    std::vector<LetterId> ids;
    std::string from;
    if (after.value != 0) { // Behind every row of `after`, whose keys may be longer than its id.
        from = std::string(kind) + keys::letter(after).substr(1) + std::string(9, '\xff');
    }
    while (ids.size() < limit) {
        auto page = co_await engine_.partitions().scan(keys::shard(shard), std::string(kind), from,
                                                       std::min(limit, store::Limits::page_rows));
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& row : page->rows) {
            const auto id = keys::letter_in(row.key);
            if (ids.empty() || ids.back() != id)
                ids.push_back(id);
        }
        if (!page->more)
            break;
        from = page->rows.back().key;
    }
    if (ids.size() > limit)
        ids.resize(limit);
    co_return ids;
}

Task<Spool::Result<Spool::DuePage>> Spool::due(std::string destination, Timestamp now,
                                               std::size_t limit)
{
    DuePage found;
    const auto later = [&](Timestamp at) {
        found.next = found.next ? std::min(*found.next, at) : at;
    };
    // Band by band, since the rows of a band are in the order of their times, the future ones last.
    for (std::uint32_t priority = 0; priority < priorities; ++priority) {
        const auto prefix = keys::due_prefix(destination) + static_cast<char>(priority);
        for (std::size_t shard = 0; shard < shards; ++shard) {
            auto page =
                co_await engine_.partitions().scan(keys::shard(shard), prefix, {}, limit + 1);
            if (!page)
                co_return std::unexpected(page.error());
            for (const auto& row : page->rows) {
                const auto due = keys::parse_due(row.key, destination);
                if (due.at > now) {
                    later(due.at);
                    break;
                }
                const auto attempts = row.value.size() == 8 ? read_u64(row.value) : 0;
                found.due.push_back({due.letter, due.delivery, due.at, due.priority,
                                     static_cast<std::uint32_t>(attempts)});
            }
            if (page->more && page->rows.size() < limit + 1) // Cut by the engine's own bound.
                later(found.due.empty() ? now : found.due.back().due);
        }
    }
    const auto order = [](const DueDelivery& d) {
        return std::tuple(d.priority, d.due, d.letter, d.delivery);
    };
    std::ranges::sort(found.due, {}, order);
    while (found.due.size() > limit) {
        later(found.due.back().due);
        found.due.pop_back();
    }
    co_return found;
}

Task<Spool::Result<std::vector<Spool::Hint>>> Spool::hints(std::size_t shard, Timestamp now)
{
    std::vector<Hint> hints;
    const auto last = keys::bucket_of(now);
    std::string after;
    for (;;) {
        auto page = co_await engine_.partitions().scan(
            keys::shard(shard), std::string(keys::hint_prefix), after, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& row : page->rows) {
            const auto bucket = keys::hint_bucket(row.key);
            if (bucket > last)
                co_return hints;
            hints.push_back({shard, bucket, keys::hint_destination(row.key)});
        }
        if (!page->more)
            co_return hints;
        after = page->rows.back().key;
    }
}

Task<Spool::Result<std::vector<store::BlobId>>> Spool::releases(std::size_t shard)
{
    auto rows = co_await all_rows(engine_, keys::shard(shard), std::string(keys::release_prefix));
    if (!rows)
        co_return std::unexpected(rows.error());
    std::vector<store::BlobId> blobs;
    for (const auto& row : *rows)
        if (const auto blob = store::BlobId::from_bytes(std::string_view(row.key).substr(1)))
            blobs.push_back(*blob);
    co_return blobs;
}

} // namespace posthouse::spool
