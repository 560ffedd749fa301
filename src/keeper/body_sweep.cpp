// SPDX-License-Identifier: Apache-2.0
#include "keeper/body_sweep.hpp"

#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mailbox/records.pb.h"
#include "mailbox/shared_bodies.hpp"
#include "spool/keys.hpp"
#include "spool/records.pb.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace posthouse::keeper {
namespace {

constexpr std::size_t scan_costs = 4; // as many rows

} // namespace

BodySweep::BodySweep(store::Engine& engine, boost::asio::any_io_executor executor, Pace pace)
    : engine_(engine),
      timer_(std::move(executor)),
      pace_(pace),
      run_(engine.blobs().new_id().incarnation)
{
}

Task<void> BodySweep::run()
{
    for (auto wait = pace_.first;; wait = pace_.every) {
        timer_.expires_after(wait);
        const auto [error] =
            co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error)
            co_return;
        const auto swept = co_await sweep();
        if (!swept)
            log::warning("store.not_swept", {{"reason", store::describe(swept.error())}});
        else
            log::info(
                "store.swept",
                {{"bodies", swept->bodies}, {"removed", swept->removed}, {"bytes", swept->bytes}});
    }
}

Task<store::Result<BodySweep::Swept>> BodySweep::sweep()
{
    auto snapshot = co_await engine_.snapshot();
    if (!snapshot)
        co_return std::unexpected(snapshot.error());
    Swept swept;
    unnamed_now_.clear();
    for (store::BlobId after;;) {
        Looked looked;
        const auto last = co_await list_some(**snapshot, after, looked);
        if (!last)
            co_return std::unexpected(last.error());
        swept.bodies += looked.bodies.size();
        if (const auto done = co_await look_for_names(**snapshot, looked); !done)
            co_return std::unexpected(done.error());
        if (const auto done = co_await remove_unnamed(looked, swept); !done)
            co_return std::unexpected(done.error());
        if (*last == after)
            break;
        after = *last;
    }
    unnamed_before_ = std::exchange(unnamed_now_, {});
    co_return swept;
}

// ---- bodies -----------------------------------------------------------------------------------

void BodySweep::Looked::name(store::BlobId id)
{
    const auto found = std::ranges::lower_bound(bodies, id, {}, &Body::id);
    if (found != bodies.end() && found->id == id)
        named[static_cast<std::size_t>(found - bodies.begin())] = true;
}

void BodySweep::Looked::name(const std::string& bytes)
{
    if (const auto id = store::BlobId::from_bytes(bytes))
        name(*id);
}

bool BodySweep::Looked::all_named() const
{
    return std::ranges::find(named, false) == named.end();
}

/// Up to which id it was; `after` itself: there are no more.
Task<store::Result<store::BlobId>> BodySweep::list_some(store::Snapshot& snapshot,
                                                        store::BlobId after, Looked& looked)
{
    while (looked.bodies.size() < Limits::bodies_a_round) {
        auto page = co_await snapshot.list_blobs(after, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(page.error());
        if (page->empty())
            break;
        after = page->back().id;
        for (const auto& body : *page)
            if (body.bytes >= Limits::least_bytes)
                looked.bodies.push_back({body.id, body.bytes});
        co_await breathe(page->size());
    }
    looked.named.resize(looked.bodies.size());
    co_return after;
}

Task<store::Result<void>> BodySweep::remove_unnamed(const Looked& looked, Swept& swept)
{
    for (std::size_t i = 0; i < looked.bodies.size(); ++i) {
        const auto& body = looked.bodies[i];
        if (looked.named[i])
            continue;
        if (body.id.incarnation >= run_ && !unnamed_before_.contains(body.id)) {
            if (unnamed_now_.size() < Limits::remembered)
                unnamed_now_.insert(body.id);
            continue;
        }
        const auto claimed = co_await mailbox::SharedBodies(engine_).is_claimed(body.id);
        if (!claimed)
            co_return std::unexpected(claimed.error());
        if (*claimed)
            continue;
        if (const auto removed = co_await engine_.blobs().remove(body.id); !removed)
            co_return removed;
        ++swept.removed;
        swept.bytes += body.bytes;
        co_await breathe(Limits::rows_a_page);
    }
    co_return store::Result<void>{};
}

// ---- names ------------------------------------------------------------------------------------

/// Where bodies are named: docs/queue.md, docs/mailboxes.md. A kind of row that comes to name
/// bodies must come in here with it.
std::vector<BodySweep::Kind> BodySweep::kinds()
{
    const auto of_letter = [](const store::Row& row, Looked& looked) {
        spool::Letter letter;
        if (!letter.ParseFromString(row.value))
            return false;
        looked.name(letter.body());
        return true;
    };
    const auto of_release = [](const store::Row& row, Looked& looked) {
        looked.name(row.key.substr(1)); // The queue removes it, or its claim.
        return true;
    };
    const auto of_message = [](const store::Row& row, Looked& looked) {
        mailbox::Message message;
        if (!message.ParseFromString(row.value))
            return false;
        looked.name(message.body());
        return true;
    };
    const std::string restoring(archive::restore_prefix);
    return {{"q/", std::string(spool::keys::letter_prefix), of_letter},
            {"q/", std::string(spool::keys::release_prefix), of_release},
            {"a/", "e", of_message},
            {"a/", "m", of_message}, // of an account in the first format
            {restoring, "e", of_message},
            {restoring, "m", of_message}};
}

Task<store::Result<void>> BodySweep::look_for_names(store::Snapshot& snapshot, Looked& looked)
{
    const auto rows = kinds();
    for (std::string after; !looked.all_named();) {
        const auto partitions = co_await snapshot.list({}, after, store::Limits::page_rows);
        if (!partitions)
            co_return std::unexpected(partitions.error());
        if (partitions->empty())
            break;
        after = partitions->back().name;
        for (const auto& partition : *partitions)
            for (const auto& kind : rows)
                if (partition.name.starts_with(kind.partitions))
                    if (const auto done = co_await look_in(snapshot, partition, kind, looked);
                        !done)
                        co_return done;
        co_await breathe(partitions->size());
    }
    co_return store::Result<void>{};
}

Task<store::Result<void>> BodySweep::look_in(store::Snapshot& snapshot,
                                             const store::PartitionId& partition, const Kind& kind,
                                             Looked& looked)
{
    for (std::string after;;) {
        const auto page = co_await snapshot.scan(partition, kind.rows, after, Limits::rows_a_page);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& row : page->rows)
            if (!kind.take(row, looked)) {
                log::warning("store.row.unreadable",
                             {{"partition", partition.name}, {"key", hex(row.key)}});
                co_return std::unexpected(store::Error::corrupt);
            }
        co_await breathe(page->rows.size() + scan_costs);
        if (!page->more)
            co_return store::Result<void>{};
        after = page->rows.back().key;
    }
}

/// Others shall not wait for us, nor the disk be ours alone.
Task<void> BodySweep::breathe(std::size_t rows)
{
    since_pause_ += rows;
    if (since_pause_ < Limits::rows_a_page)
        co_return;
    since_pause_ = 0;
    timer_.expires_after(pace_.pause);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

} // namespace posthouse::keeper
