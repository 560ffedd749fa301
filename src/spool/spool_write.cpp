// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "base/text.hpp"
#include "spool/notice.hpp"
#include "spool/spool.hpp"
#include "store/own_bytes.hpp"

#include <algorithm>

namespace posthouse::spool {
namespace {

/// Addresses are at most 254 bytes and original recipients at most 500: a page stays below
/// store::Limits::value, and the first one with the rest of the letter's record.
constexpr std::size_t recipients_a_page = 60;
constexpr std::size_t hints_remembered = 50'000;

void add_page(Letter& holder, const std::vector<std::string>& all,
              const std::vector<RecipientTerms>& terms, std::size_t page)
{
    const auto first = page * recipients_a_page;
    const auto last = std::min(all.size(), first + recipients_a_page);
    for (auto i = first; i < last; ++i) {
        holder.add_recipients(all[i]);
        if (!terms.empty())
            *holder.add_terms() = terms[i];
    }
}

std::string recipients_page(const Spool::NewLetter& letter, std::size_t page)
{
    Letter holder; // Only its lists are used.
    add_page(holder, letter.recipients, letter.terms, page);
    return holder.SerializeAsString();
}

} // namespace

Spool::Spool(store::Engine& engine) : engine_(engine)
{
    for (std::size_t i = 0; i < shards; ++i)
        writers_[i] = std::make_unique<store::Writer>(engine, keys::shard(i));
    // Before the next mutation: it must not leave out a hint that did not come to be written.
    for (const auto& writer : writers_)
        writer->on_failure([this] { hinted_.clear(); });
}

Spool::~Spool() = default;

Task<Spool::Result<void>> Spool::open(Random& random)
{
    auto key = co_await store::own_bytes(engine_, {"n/spool"}, "delivery-key", random);
    if (!key)
        co_return std::unexpected(key.error());
    if (key->size() != DeliveryIds::key_bytes)
        co_return std::unexpected(store::Error::corrupt);
    delivery_ids_ = std::make_unique<DeliveryIds>(std::move(*key));
    co_return Result<void>{};
}

Task<Spool::Result<void>> Spool::commit(store::Writer& writer, store::Writer::Mutation mutation)
{
    auto done = co_await writer.apply(std::move(mutation));
    if (!done) {
        if (done.error() == store::Error::fenced && fenced_)
            fenced_();
        co_return std::unexpected(done.error());
    }
    co_return Result<void>{};
}

void Spool::set_recipients(Letter& record, const std::vector<std::string>& recipients,
                           const std::vector<RecipientTerms>& terms)
{
    expects(terms.empty() || terms.size() == recipients.size());
    record.clear_recipients();
    record.clear_terms();
    add_page(record, recipients, terms, 0);
    const auto pages = (recipients.size() + recipients_a_page - 1) / recipients_a_page;
    record.set_recipient_pages(static_cast<std::uint32_t>(pages > 1 ? pages - 1 : 0));
}

/// Its edits have a row of their own, so that neither grows too large.
void Spool::put_record(Batch& batch, LetterId id, const Letter& record)
{
    if (record.edits().empty()) {
        batch.put(keys::letter(id), record.SerializeAsString());
        return;
    }
    Letter edits, rest(record);
    edits.mutable_edits()->Swap(rest.mutable_edits());
    rest.set_edited(true);
    batch.put(keys::edits(id), edits.SerializeAsString());
    batch.put(keys::letter(id), rest.SerializeAsString());
}

void Spool::put_letter(Batch& batch, NewLetter& letter)
{
    auto& record = letter.record;
    set_recipients(record, letter.recipients, letter.terms);
    for (std::uint32_t page = 1; page <= record.recipient_pages(); ++page)
        batch.put(keys::recipients(letter.id, page), recipients_page(letter, page));
    put_record(batch, letter.id, record);
    if (letter.routes)
        put_routes(batch, letter.id, letter.routes->deliveries, letter.routes->notices);
    if (!letter.routes || letter.routes->over)
        batch.put(letter.arrival == Arrival::to_hold ? keys::held(letter.id)
                                                     : keys::unsorted(letter.id),
                  {});
    if (letter.body) {
        const auto blob = store::BlobId::from_bytes(record.body());
        expects(blob.has_value());
        batch.add_blob(*blob, std::move(*letter.body));
    }
}

Task<Spool::Result<void>> Spool::accept(NewLetter letter)
{
    auto& target = writer(letter.id);
    co_return co_await commit(
        target, [this, l = std::move(letter)](Batch& batch) mutable { put_letter(batch, l); });
}

Task<Spool::Result<void>> Spool::accept_notification(NewLetter letter, LetterId about, Told told,
                                                     Timestamp now)
{
    expects(letter.id.shard() == about.shard());
    auto& target = writer(letter.id);
    co_return co_await commit(target, [this, l = std::move(letter), about, t = std::move(told),
                                       now](Batch& batch) mutable {
        put_letter(batch, l);
        put_told(batch, about, t, now);
    });
}

Task<Spool::Result<void>> Spool::drop_notices(LetterId id, Told told, Timestamp now)
{
    co_return co_await commit(
        writer(id), [id, t = std::move(told), now](Batch& batch) { put_told(batch, id, t, now); });
}

void Spool::put_told(Batch& batch, LetterId id, const Told& told, Timestamp now)
{
    for (const auto delivery : told.deliveries)
        batch.erase(keys::notice(id, delivery));
    if (told.ending)
        put_ending(batch, id, *told.ending, now);
}

// ---- deliveries -----------------------------------------------------------------------------

void Spool::put_hint(Batch& batch, std::size_t shard, std::uint32_t bucket,
                     const std::string& destination)
{
    auto key = keys::hint(bucket, destination);
    const auto known = static_cast<char>(shard) + key;
    if (hinted_.size() > hints_remembered)
        hinted_.clear();
    if (hinted_.insert(known).second)
        batch.put(std::move(key), {});
}

void Spool::put_waiting(Batch& batch, LetterId id, const Delivery& delivery)
{
    const auto due = from_microseconds(delivery.due());
    std::string attempts;
    append_u64(attempts, delivery.attempts());
    batch.put(keys::due(delivery.destination(), delivery.priority(), due, id, {delivery.id()}),
              std::move(attempts));
    // Never into a bucket that may be swept already: see renew_hints().
    const auto bucket = std::max(keys::bucket_of(due), hinted_bucket_);
    put_hint(batch, id.shard(), bucket, delivery.destination());
}

void Spool::put_routes(Batch& batch, LetterId id, const std::vector<Delivery>& deliveries,
                       const Notices& notices)
{
    for (const auto& delivery : deliveries) {
        batch.put(keys::delivery(id, {delivery.id()}), delivery.SerializeAsString());
        if (delivery.state() == WAITING)
            put_waiting(batch, id, delivery);
    }
    for (const auto& [about, notice] : notices)
        batch.put(keys::notice(id, about), notice.SerializeAsString());
}

Task<Spool::Result<void>> Spool::add_deliveries(LetterId id, std::vector<Delivery> deliveries,
                                                Notices notices, std::optional<LastPage> last)
{
    co_return co_await commit(writer(id),
                              [this, id, d = std::move(deliveries), n = std::move(notices),
                               l = std::move(last)](Batch& batch) {
                                  put_routes(batch, id, d, n);
                                  if (!l)
                                      return;
                                  if (!l->over)
                                      batch.erase(keys::unsorted(id));
                                  put_record(batch, id, l->letter);
                                  for (const auto expansion : l->expansions)
                                      batch.erase(keys::expansion(id, expansion));
                              });
}

Task<Spool::Result<void>> Spool::record(LetterId id, std::vector<Update> updates,
                                        std::vector<TraceEvent> events)
{
    co_return co_await commit(
        writer(id), [this, id, u = std::move(updates), e = std::move(events)](Batch& batch) {
            for (const auto& update : u) {
                const auto& delivery = update.record;
                const DeliveryId about{delivery.id()};
                if (update.old_due)
                    batch.erase(keys::due(delivery.destination(), delivery.priority(),
                                          *update.old_due, id, about));
                if (delivery.state() == WAITING)
                    put_waiting(batch, id, delivery);
                batch.put(keys::delivery(id, about), delivery.SerializeAsString());
                if (update.notice)
                    batch.put(keys::notice(id, key_of_notice(about, update.notice->action())),
                              update.notice->SerializeAsString());
                if (update.expansion) {
                    batch.put(keys::expansion(id, about), update.expansion->SerializeAsString());
                    batch.put(keys::unsorted(id), {});
                }
            }
            std::uint32_t number = 0;
            for (const auto& event : e)
                batch.put(keys::event(id, from_microseconds(event.at()), number++),
                          event.SerializeAsString());
        });
}

Task<Spool::Result<void>> Spool::begin_closing(LetterId id, const Ending& ending)
{
    Closing closing;
    *closing.mutable_story() = ending.story;
    closing.set_body(static_cast<std::uint32_t>(ending.body));
    co_return co_await commit(writer(id),
                              [id, row = closing.SerializeAsString()](Batch& batch) mutable {
                                  batch.put(keys::closing(id), std::move(row));
                              });
}

namespace {

void erase_delivery(store::Writer::Batch& batch, LetterId id, const Delivery& delivery,
                    const std::optional<Timestamp>& due_row)
{
    batch.erase(keys::delivery(id, {delivery.id()}));
    if (due_row)
        batch.erase(
            keys::due(delivery.destination(), delivery.priority(), *due_row, id, {delivery.id()}));
}

} // namespace

Task<Spool::Result<void>> Spool::close_page(LetterId id, std::vector<ClosedRow> rows)
{
    co_return co_await commit(writer(id), [id, r = std::move(rows)](Batch& batch) {
        for (const auto& row : r)
            erase_delivery(batch, id, row.record, row.due_row);
    });
}

void Spool::put_ending(Batch& batch, LetterId id, const Ending& ending, Timestamp now)
{
    batch.erase(keys::letter(id));
    if (ending.arrival)
        batch.erase(*ending.arrival == Arrival::to_hold ? keys::held(id) : keys::unsorted(id));
    for (std::uint32_t page = 1; page <= ending.letter.recipient_pages(); ++page)
        batch.erase(keys::recipients(id, page));
    if (ending.letter.edited() || !ending.letter.edits().empty())
        batch.erase(keys::edits(id));
    if (ending.was_closing) {
        batch.erase(keys::closing(id));
        batch.erase(keys::unsorted(id)); // If it was over as soon as it was routed.
    }
    for (std::size_t i = 0; i < ending.deliveries.size(); ++i)
        erase_delivery(batch, id, ending.deliveries[i], ending.old_dues[i]);
    for (const auto expansion : ending.expansions)
        batch.erase(keys::expansion(id, expansion));
    for (const auto& key : ending.event_keys)
        batch.erase(key);
    batch.put(keys::finished(keys::day_of(now), id), ending.story.SerializeAsString());
    const auto blob = store::BlobId::from_bytes(ending.letter.body());
    if (!blob)
        return;
    if (ending.body == Body::drop)
        batch.drop_blob(*blob);
    else if (ending.body == Body::release_claim)
        batch.put(keys::release(*blob), {});
}

Task<Spool::Result<void>> Spool::finish(LetterId id, Ending ending, Timestamp now)
{
    co_return co_await commit(writer(id), [id, e = std::move(ending), now](Batch& batch) {
        put_ending(batch, id, e, now);
    });
}

Task<Spool::Result<void>> Spool::erase_events(LetterId id, std::vector<std::string> keys)
{
    co_return co_await commit(writer(id), [k = std::move(keys)](Batch& batch) {
        for (const auto& key : k)
            batch.erase(key);
    });
}

Task<Spool::Result<void>> Spool::release_done(std::size_t shard, store::BlobId blob)
{
    co_return co_await commit(*writers_[shard],
                              [blob](Batch& batch) { batch.erase(keys::release(blob)); });
}

Task<Spool::Result<void>> Spool::hold_unsorted(LetterId id)
{
    co_return co_await commit(writer(id), [id](Batch& batch) {
        batch.erase(keys::unsorted(id));
        batch.put(keys::held(id), {});
    });
}

Task<Spool::Result<void>> Spool::release_held(LetterId id)
{
    co_return co_await commit(writer(id), [id](Batch& batch) {
        batch.erase(keys::held(id));
        batch.put(keys::unsorted(id), {});
    });
}

Task<Spool::Result<void>> Spool::update_letter(LetterId id, const Letter& letter)
{
    co_return co_await commit(writer(id),
                              [id, letter](Batch& batch) { put_record(batch, id, letter); });
}

// ---- hints ----------------------------------------------------------------------------------

Task<Spool::Result<void>> Spool::renew_hints(std::size_t shard, std::vector<Hint> old,
                                             Timestamp now)
{
    // Only buckets before the last one are swept, and new hints go to this bucket or later, so
    // that a hint under way cannot be swept away by its twin's removal.
    const auto current = keys::bucket_of(now);
    if (hinted_bucket_ < current) {
        hinted_bucket_ = current;
        hinted_.clear();
    }
    std::vector<std::pair<Hint, std::uint32_t>> moved;
    std::vector<Hint> dead;
    for (auto& hint : old) {
        if (hint.bucket + 1 >= current)
            continue;
        auto page = co_await engine_.partitions().scan(keys::shard(shard),
                                                       keys::due_prefix(hint.destination), {}, 1);
        if (!page)
            co_return std::unexpected(page.error());
        if (page->rows.empty()) {
            dead.push_back(std::move(hint));
            continue;
        }
        const auto next = keys::parse_due(page->rows.front().key, hint.destination).at;
        const auto bucket = std::max(current, keys::bucket_of(next));
        moved.emplace_back(std::move(hint), bucket);
    }
    if (moved.empty() && dead.empty())
        co_return Result<void>{};
    co_return co_await commit(
        *writers_[shard], [this, shard, m = std::move(moved), d = std::move(dead)](Batch& batch) {
            for (const auto& hint : d)
                batch.erase(keys::hint(hint.bucket, hint.destination));
            for (const auto& [hint, bucket] : m) {
                batch.erase(keys::hint(hint.bucket, hint.destination));
                put_hint(batch, shard, bucket, hint.destination);
            }
        });
}

Task<Spool::Result<bool>> Spool::forget_days_before(std::size_t shard, std::uint32_t day)
{
    auto page = co_await engine_.partitions().scan(
        keys::shard(shard), std::string(keys::finished_prefix), {}, store::Limits::page_rows);
    if (!page)
        co_return std::unexpected(page.error());
    std::vector<std::string> old;
    for (auto& row : page->rows)
        if (keys::finished_day(row.key) < day)
            old.push_back(std::move(row.key));
    if (old.empty())
        co_return false;
    const bool more = old.size() == page->rows.size() && page->more;
    auto done = co_await commit(*writers_[shard], [o = std::move(old)](Batch& batch) {
        for (const auto& key : o)
            batch.erase(key);
    });
    if (!done)
        co_return std::unexpected(done.error());
    co_return more;
}

} // namespace posthouse::spool
