// SPDX-License-Identifier: Apache-2.0
#include "archive/manifest.hpp"

#include "archive/compression.hpp"
#include "archive/manifest.pb.h"
#include "base/text.hpp"

#include <algorithm>

namespace posthouse::archive {
namespace {

constexpr std::string_view head = "PHBACKUP1\n", heads = "PHBACKUP";
constexpr std::size_t fixed = head.size() + 16, digest_bytes = 32;

std::unexpected<Fault> damaged(std::string text)
{
    return fault(Fault::Kind::damaged, std::move(text));
}

template <class From>
bool take_names(const From& from, std::vector<ChunkName>& to)
{
    to.reserve(static_cast<std::size_t>(from.size()));
    for (const auto& bytes : from) {
        const auto name = ChunkName::from_bytes(bytes);
        if (!name)
            return false;
        to.push_back(*name);
    }
    return true;
}

Result<Manifest> from_record(const ManifestRecord& record)
{
    Manifest manifest;
    manifest.taken_at = from_microseconds(record.taken_at());
    manifest.ended_at = from_microseconds(record.ended_at());
    manifest.server = record.server();
    manifest.version = record.version();
    manifest.store = record.store();
    manifest.bodies = record.bodies();
    manifest.body_bytes = record.body_bytes();
    if (static_cast<std::size_t>(record.partitions_size()) > Limits::partitions)
        return damaged("it names more partitions than a backup may have");
    if (!take_names(record.body_chunks(), manifest.body_chunks))
        return damaged("the name of a chunk is too short");
    for (const auto& from : record.partitions()) {
        Manifest::Partition partition{.name = from.name(),
                                      .version = from.version(),
                                      .rows = from.rows(),
                                      .bytes = from.bytes(),
                                      .chunks = {}};
        if (partition.name.empty() ||
            (!manifest.partitions.empty() && partition.name <= manifest.partitions.back().name))
            return damaged("its partitions are out of order");
        if (!take_names(from.chunks(), partition.chunks))
            return damaged("the name of a chunk is too short");
        manifest.partitions.push_back(std::move(partition));
    }
    return manifest;
}

} // namespace

const Manifest::Partition* Manifest::find(std::string_view partition) const
{
    const auto found = std::ranges::lower_bound(partitions, partition, {}, &Partition::name);
    return found == partitions.end() || found->name != partition ? nullptr : &*found;
}

std::uint64_t Manifest::rows() const
{
    std::uint64_t sum = 0;
    for (const auto& partition : partitions)
        sum += partition.rows;
    return sum;
}

std::uint64_t Manifest::row_bytes() const
{
    std::uint64_t sum = 0;
    for (const auto& partition : partitions)
        sum += partition.bytes;
    return sum;
}

std::string encode(const Manifest& manifest)
{
    ManifestRecord record;
    record.set_taken_at(to_microseconds(manifest.taken_at));
    record.set_ended_at(to_microseconds(manifest.ended_at));
    record.set_server(manifest.server);
    record.set_version(manifest.version);
    record.set_store(manifest.store);
    record.set_bodies(manifest.bodies);
    record.set_body_bytes(manifest.body_bytes);
    for (const auto& name : manifest.body_chunks)
        record.add_body_chunks(std::string(name.bytes()));
    for (const auto& partition : manifest.partitions) {
        auto* to = record.add_partitions();
        to->set_name(partition.name);
        to->set_version(partition.version);
        to->set_rows(partition.rows);
        to->set_bytes(partition.bytes);
        for (const auto& name : partition.chunks)
            to->add_chunks(std::string(name.bytes()));
    }
    const auto expanded_bytes = record.SerializeAsString();
    const auto stored = compressed(expanded_bytes);
    std::string bytes(head);
    append_u64(bytes, expanded_bytes.size());
    append_u64(bytes, stored.size());
    bytes += stored;
    bytes += ChunkName::of(bytes).bytes();
    return bytes;
}

Result<Manifest> decode_manifest(std::string_view bytes)
{
    if (bytes.starts_with(heads) && bytes.size() >= head.size() && !bytes.starts_with(head))
        return fault(Fault::Kind::newer, "it was written by a newer Posthouse");
    if (!bytes.starts_with(head) || bytes.size() < fixed + digest_bytes)
        return damaged("it does not begin as a backup does");
    const auto size = read_u64(bytes.substr(head.size()));
    const auto stored = read_u64(bytes.substr(head.size() + 8));
    if (size > Limits::manifest_bytes || stored != bytes.size() - fixed - digest_bytes)
        return damaged("its length is wrong");
    const auto end = bytes.size() - digest_bytes;
    if (ChunkName::of(bytes.substr(0, end)).bytes() != bytes.substr(end))
        return damaged("its checksum does not hold");
    const auto text = expanded(bytes.substr(fixed, end - fixed), size);
    ManifestRecord record;
    if (!text || !record.ParseFromString(*text))
        return damaged("its record cannot be read");
    return from_record(record);
}

} // namespace posthouse::archive
