// SPDX-License-Identifier: Apache-2.0
#include "archive/verify.hpp"

#include "base/text.hpp"
#include "directory/accounts.hpp"
#include "directory/records.pb.h"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::archive {

void Verify::tell(std::string where, std::string what)
{
    ++report_.fault_count;
    if (report_.faults.size() < Limits::faults_told)
        report_.faults.push_back({now_, std::move(where), std::move(what)});
}

Result<void> Verify::told(const std::string& where, const archive::Fault& found)
{
    using Kind = archive::Fault::Kind;
    if (found.kind != Kind::damaged && found.kind != Kind::absent && found.kind != Kind::newer)
        return std::unexpected(found);
    tell(where, found.text);
    return {};
}

Result<Verify::Report> Verify::run(const std::vector<std::string>& backups)
{
    progress_.of = backups.size();
    if (depth_ == Depth::full)
        progress_.of += repository_.packs().size();
    if (auto done = packs(); !done)
        return std::unexpected(done.error());
    for (const auto& name : backups) {
        now_ = name;
        if (auto done = backup(name); !done)
            return std::unexpected(done.error());
        ++report_.backups;
        ++progress_.done;
    }
    return std::move(report_);
}

Result<void> Verify::packs()
{
    if (depth_ == Depth::quick) {
        for (const auto& broken : repository_.broken_packs()) {
            tell("pack " + broken.pack.substr(0, 16), broken.text);
            report_.damaged_packs.push_back(broken.pack);
        }
        return {};
    }
    for (const auto& pack : repository_.packs()) {
        const auto faults = repository_.check_pack(pack);
        if (!faults)
            return std::unexpected(faults.error());
        for (const auto& text : *faults)
            tell("pack " + pack.substr(0, 16), text);
        if (!faults->empty())
            report_.damaged_packs.push_back(pack);
        ++report_.packs;
        ++progress_.done;
        progress_.what = fmt::format("{} packs", report_.packs);
        on_progress_(progress_);
    }
    return {};
}

Result<void> Verify::backup(const std::string& name)
{
    const auto manifest = repository_.manifest(name);
    if (!manifest)
        return told("the manifest", manifest.error());
    if (auto done = bodies(*manifest); !done)
        return done;
    if (depth_ == Depth::full)
        if (auto done = name_accounts(*manifest); !done)
            return done;
    for (const auto& one : manifest->partitions) {
        if (auto done = partition(one); !done)
            return done;
        ++report_.partitions;
        progress_.what = fmt::format("{}: {} partitions", name, report_.partitions);
        on_progress_(progress_);
    }
    return {};
}

Result<void> Verify::bodies(const Manifest& manifest)
{
    bodies_.clear();
    BodyTable table(repository_, manifest.body_chunks);
    std::uint64_t bytes = 0;
    for (;;) {
        const auto body = table.next();
        if (!body)
            return told("the table of bodies", body.error());
        if (!*body)
            break;
        if (!bodies_.empty() && (*body)->id <= bodies_.back().id)
            tell("the table of bodies", "it is out of order");
        bytes += (*body)->bytes;
        bodies_.push_back({(*body)->id, (*body)->bytes});
        for (const auto& piece : (*body)->pieces)
            if (!repository_.has(piece))
                tell(
                    fmt::format("body {} of {}", hex((*body)->id.bytes()), name_of((*body)->owner)),
                    "a piece of it is missing");
    }
    report_.bodies += bodies_.size();
    if (bodies_.size() != manifest.bodies || bytes != manifest.body_bytes)
        tell("the table of bodies",
             fmt::format("it has {} bodies and should have {}", bodies_.size(), manifest.bodies));
    return {};
}

/// So that faults can be told by address.
Result<void> Verify::name_accounts(const Manifest& manifest)
{
    for (const auto& partition : manifest.partitions) {
        if (!partition.name.starts_with("d/"))
            continue;
        PartitionRows rows(repository_, partition.chunks);
        for (;;) {
            const auto row = rows.next();
            if (!row || !*row)
                break; // Told of when its turn comes.
            directory::AccountRecord record;
            if ((*row)->key.starts_with('a') && record.ParseFromString((*row)->value))
                addresses_[directory::partition_name(directory::AccountId{record.id()})] =
                    record.address();
        }
    }
    return {};
}

std::string Verify::name_of(const std::string& partition) const
{
    const auto found = addresses_.find(partition);
    return found == addresses_.end() ? "partition " + printable(partition, 200)
                                     : printable(found->second, 300);
}

std::optional<std::uint64_t> Verify::bytes_of(store::BlobId id) const
{
    const auto found = std::ranges::lower_bound(bodies_, id, {}, &Body::id);
    if (found == bodies_.end() || found->id != id)
        return std::nullopt;
    return found->bytes;
}

Result<void> Verify::partition(const Manifest::Partition& one)
{
    const auto before = seen_.find(one.name);
    if (before != seen_.end() && before->second == one.chunks)
        return {}; // As in a backup that was looked at; its faults were told.
    seen_[one.name] = one.chunks;
    if (depth_ == Depth::full)
        return records(one);
    const auto missing = std::ranges::count_if(
        one.chunks, [&](const ChunkName& name) { return !repository_.has(name); });
    if (missing != 0)
        tell(name_of(one.name),
             fmt::format("{} of its {} chunks are missing", missing, one.chunks.size()));
    return {};
}

Result<void> Verify::records(const Manifest::Partition& one)
{
    RecordCheck check(
        one.name, [this](store::BlobId id) { return bytes_of(id); },
        [&](const std::string& where, std::string what) {
            tell(name_of(one.name) + ": " + where, std::move(what));
        });
    PartitionRows rows(repository_, one.chunks);
    std::uint64_t count = 0, bytes = 0;
    std::string last;
    for (;;) {
        auto row = rows.next();
        if (!row)
            return told(name_of(one.name), row.error());
        if (!*row)
            break;
        if (count != 0 && (*row)->key <= last)
            tell(name_of(one.name), "its rows are out of order");
        ++count;
        bytes += (*row)->key.size() + (*row)->value.size();
        check.add(**row);
        last = std::move((*row)->key);
    }
    check.finish();
    report_.messages += check.messages();
    if (count != one.rows || bytes != one.bytes)
        tell(name_of(one.name), fmt::format("it has {} rows and should have {}", count, one.rows));
    return {};
}

} // namespace posthouse::archive
