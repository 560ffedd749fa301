// SPDX-License-Identifier: Apache-2.0
#include "keeper/backup_desk.hpp"

#include "archive/rows.hpp"
#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {
namespace {

using wire::Failure;

Failure failure_of(store::Error error)
{
    switch (error) {
    case store::Error::not_found:
        return Failure::nonexistent;
    case store::Error::too_large:
        return Failure::invalid;
    case store::Error::no_space:
        return Failure::no_space;
    case store::Error::corrupt:
        return Failure::damaged;
    default:
        return Failure::unavailable;
    }
}

} // namespace

Task<wire::Result<wire::Answer>> BackupDesk::answer(const void* asker, wire::Frame frame)
{
    if (frame.head.method == wire::Method::backup_end) {
        const auto request = wire::parse<wire::BackupEnd>(frame.message);
        if (!request)
            co_return std::unexpected(Failure::invalid);
        const auto found = moments_.find(request->backup());
        if (found != moments_.end() && found->second.asker == asker) {
            log::info("backup.ended", {{"backup", found->first}});
            moments_.erase(found);
        }
        co_return wire::answer_with(Page());
    }
    auto request = wire::parse<wire::BackupRead>(frame.message);
    if (frame.head.method != wire::Method::backup_read || !request)
        co_return std::unexpected(Failure::invalid);
    if (request->what() == wire::BackupRead::BEGIN)
        co_return co_await begin(asker);
    const auto found = moments_.find(request->backup());
    if (found == moments_.end() || found->second.asker != asker)
        co_return std::unexpected(Failure::refused);
    co_return co_await read(found->second.snapshot, std::move(*request));
}

void BackupDesk::gone(const void* asker)
{
    const auto ended =
        std::erase_if(moments_, [&](const auto& entry) { return entry.second.asker == asker; });
    if (ended != 0)
        log::info("backup.broken_off");
}

Task<wire::Result<wire::Answer>> BackupDesk::begin(const void* asker)
{
    if (moments_.size() >= Limits::at_once)
        co_return std::unexpected(Failure::busy);
    const auto id = co_await archive::store_id(engine_, random_);
    if (!id)
        co_return std::unexpected(failure_of(id.error()));
    const auto now = wall_clock();
    auto snapshot = co_await engine_.snapshot();
    if (!snapshot)
        co_return std::unexpected(failure_of(snapshot.error()));
    const auto handle = ++last_;
    moments_.emplace(handle, Moment{asker, std::move(*snapshot)});
    log::info("backup.begun", {{"backup", handle}});
    Page page;
    page.set_backup(handle);
    page.set_store(*id);
    page.set_taken_at(to_microseconds(now));
    co_return wire::answer_with(page);
}

Task<wire::Result<wire::Answer>> BackupDesk::read(std::shared_ptr<store::Snapshot> snapshot,
                                                  wire::BackupRead request)
{
    switch (request.what()) {
    case wire::BackupRead::PARTITIONS:
        co_return co_await partitions(*snapshot, request);
    case wire::BackupRead::ROWS:
        co_return co_await rows(*snapshot, request);
    case wire::BackupRead::BODIES:
        co_return co_await bodies(*snapshot, request);
    case wire::BackupRead::WHOLE_BODIES:
        co_return co_await whole_bodies(*snapshot, request);
    case wire::BackupRead::PIECE:
        co_return co_await piece(*snapshot, request);
    default:
        co_return std::unexpected(Failure::invalid);
    }
}

Task<wire::Result<wire::Answer>> BackupDesk::partitions(store::Snapshot& snapshot,
                                                        const wire::BackupRead& request)
{
    const auto names = co_await snapshot.list({}, request.after(), Limits::partitions_a_page);
    if (!names)
        co_return std::unexpected(failure_of(names.error()));
    Page page;
    for (const auto& name : *names) {
        const auto at = co_await snapshot.scan(name, {}, {}, 0); // its version alone
        if (!at)
            co_return std::unexpected(failure_of(at.error()));
        auto* partition = page.add_partitions();
        partition->set_name(name.name);
        partition->set_version(static_cast<std::uint64_t>(at->at));
    }
    co_return wire::answer_with(page);
}

Task<wire::Result<wire::Answer>> BackupDesk::rows(store::Snapshot& snapshot,
                                                  const wire::BackupRead& request)
{
    const auto rows = co_await snapshot.scan({request.partition()}, {}, request.after(),
                                             store::Limits::page_rows);
    if (!rows)
        co_return std::unexpected(failure_of(rows.error()));
    Page page;
    page.set_version(static_cast<std::uint64_t>(rows->at));
    page.set_more(rows->more);
    std::string raw;
    for (const auto& row : rows->rows)
        archive::append_row(raw, row);
    co_return wire::answer_with(page, std::move(raw));
}

Task<wire::Result<wire::Answer>> BackupDesk::bodies(store::Snapshot& snapshot,
                                                    const wire::BackupRead& request)
{
    const auto after = request.after().empty() ? std::optional(store::BlobId())
                                               : store::BlobId::from_bytes(request.after());
    if (!after)
        co_return std::unexpected(Failure::invalid);
    const auto listed = co_await snapshot.list_blobs(*after, Limits::bodies_a_page);
    if (!listed)
        co_return std::unexpected(failure_of(listed.error()));
    Page page;
    for (const auto& body : *listed) {
        auto* to = page.add_bodies();
        to->set_id(body.id.bytes());
        to->set_owner(body.owner.name);
        to->set_bytes(body.bytes);
    }
    co_return wire::answer_with(page);
}

Task<wire::Result<wire::Answer>> BackupDesk::whole_bodies(store::Snapshot& snapshot,
                                                          const wire::BackupRead& request)
{
    Page page;
    std::string raw;
    for (const auto& bytes : request.bodies()) {
        const auto id = store::BlobId::from_bytes(bytes);
        if (!id)
            co_return std::unexpected(Failure::invalid);
        const auto body = co_await snapshot.read_blob(*id, 0, Limits::raw_bytes + 1);
        if (!body)
            co_return std::unexpected(failure_of(body.error()));
        if (body->size() > Limits::raw_bytes)
            co_return std::unexpected(Failure::too_big);
        if (page.sizes_size() != 0 && raw.size() + body->size() > Limits::raw_bytes)
            break;
        raw += *body;
        page.add_sizes(static_cast<std::uint32_t>(body->size()));
    }
    co_return wire::answer_with(page, std::move(raw));
}

Task<wire::Result<wire::Answer>> BackupDesk::piece(store::Snapshot& snapshot,
                                                   const wire::BackupRead& request)
{
    const auto id =
        request.bodies_size() == 1 ? store::BlobId::from_bytes(request.bodies(0)) : std::nullopt;
    if (!id)
        co_return std::unexpected(Failure::invalid);
    auto body = co_await snapshot.read_blob(
        *id, request.offset(), std::min<std::size_t>(request.length(), Limits::raw_bytes));
    if (!body)
        co_return std::unexpected(failure_of(body.error()));
    co_return wire::answer_with(Page(), std::move(*body));
}

} // namespace posthouse::keeper
