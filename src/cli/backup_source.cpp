// SPDX-License-Identifier: Apache-2.0
#include "cli/backup_source.hpp"

#include "archive/rows.hpp"
#include "base/text.hpp"
#include "wire/backup.pb.h"

#include <fmt/format.h>

namespace posthouse::cli {
namespace {

using archive::Fault;
using wire::BackupRead;

std::unexpected<Fault> failed(wire::Failure why)
{
    if (why == wire::Failure::busy)
        return archive::fault(Fault::Kind::locked,
                              "as many backups as may be are being taken already");
    if (why == wire::Failure::closed)
        return archive::fault(Fault::Kind::source, "the server went away, or refuses: only root "
                                                   "and the service user may administer it");
    return archive::fault(Fault::Kind::source,
                          fmt::format("the server did not answer: {}", wire::describe(why)));
}

std::unexpected<Fault> nonsense()
{
    return archive::fault(Fault::Kind::source, "the server's answer cannot be read");
}

} // namespace

archive::Result<std::unique_ptr<DeskSource>> DeskSource::begin(Desk& desk)
{
    auto source = std::unique_ptr<DeskSource>(new DeskSource(desk));
    const auto page = desk.call<wire::BackupPage>(wire::Method::backup_read, BackupRead());
    if (!page)
        return failed(page.error());
    source->handle_ = page->message.backup();
    source->store_ = page->message.store();
    source->taken_at_ = from_microseconds(page->message.taken_at());
    return source;
}

DeskSource::~DeskSource()
{
    wire::BackupEnd end;
    end.set_backup(handle_);
    if (handle_ != 0)
        (void)desk_.call<wire::BackupPage>(wire::Method::backup_end, end);
}

archive::Result<std::vector<archive::Source::Partition>>
DeskSource::partitions(const std::string& after)
{
    BackupRead request;
    request.set_what(BackupRead::PARTITIONS);
    request.set_backup(handle_);
    request.set_after(after);
    const auto page = desk_.call<wire::BackupPage>(wire::Method::backup_read, request);
    if (!page)
        return failed(page.error());
    std::vector<Partition> found;
    for (const auto& partition : page->message.partitions()) {
        if (partition.name() <= (found.empty() ? after : found.back().name))
            return nonsense();
        found.push_back({partition.name(), partition.version()});
    }
    return found;
}

archive::Result<store::Page> DeskSource::rows(const std::string& partition,
                                              const std::string& after)
{
    BackupRead request;
    request.set_what(BackupRead::ROWS);
    request.set_backup(handle_);
    request.set_partition(partition);
    request.set_after(after);
    const auto page = desk_.call<wire::BackupPage>(wire::Method::backup_read, request);
    if (!page)
        return failed(page.error());
    store::Page rows;
    rows.at = store::Version(page->message.version());
    rows.more = page->message.more();
    archive::RowReader reader(page->raw);
    while (auto row = reader.next()) {
        if (row->key <= (rows.rows.empty() ? after : rows.rows.back().key))
            return nonsense();
        rows.rows.push_back(std::move(*row));
    }
    if (reader.damaged())
        return nonsense();
    return rows;
}

archive::Result<std::vector<store::Blobs::Listed>> DeskSource::bodies(store::BlobId after)
{
    BackupRead request;
    request.set_what(BackupRead::BODIES);
    request.set_backup(handle_);
    request.set_after(after.bytes());
    const auto page = desk_.call<wire::BackupPage>(wire::Method::backup_read, request);
    if (!page)
        return failed(page.error());
    std::vector<store::Blobs::Listed> listed;
    for (const auto& body : page->message.bodies()) {
        const auto id = store::BlobId::from_bytes(body.id());
        if (!id || *id <= (listed.empty() ? after : listed.back().id))
            return nonsense();
        listed.push_back({*id, {body.owner()}, body.bytes()});
    }
    return listed;
}

archive::Result<std::vector<std::string>> DeskSource::read(const std::vector<store::BlobId>& ids)
{
    BackupRead request;
    request.set_what(BackupRead::WHOLE_BODIES);
    request.set_backup(handle_);
    for (const auto& id : ids)
        request.add_bodies(id.bytes());
    auto page = desk_.call<wire::BackupPage>(wire::Method::backup_read, request);
    if (!page)
        return failed(page.error());
    std::vector<std::string> bodies;
    std::string_view rest = page->raw;
    for (const auto size : page->message.sizes()) {
        if (size > rest.size())
            return nonsense();
        bodies.emplace_back(rest.substr(0, size));
        rest.remove_prefix(size);
    }
    return bodies;
}

archive::Result<std::string> DeskSource::read(store::BlobId id, std::uint64_t offset,
                                              std::size_t length)
{
    BackupRead request;
    request.set_what(BackupRead::PIECE);
    request.set_backup(handle_);
    request.add_bodies(id.bytes());
    request.set_offset(offset);
    request.set_length(static_cast<std::uint32_t>(length));
    auto page = desk_.call<wire::BackupPage>(wire::Method::backup_read, request);
    if (!page)
        return failed(page.error());
    return std::move(page->raw);
}

} // namespace posthouse::cli
