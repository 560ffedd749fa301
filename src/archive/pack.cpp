// SPDX-License-Identifier: Apache-2.0
#include "archive/pack.hpp"

#include "archive/compression.hpp"
#include "base/contract.hpp"
#include "base/text.hpp"

namespace posthouse::archive {
PackBuilder::PackBuilder() = default;

std::string PackBuilder::take(std::string bytes)
{
    digest_.add(bytes);
    at_ += bytes.size();
    return bytes;
}

std::string PackBuilder::add(const ChunkName& name, std::string_view chunk)
{
    expects(chunk.size() <= Limits::chunk_bytes);
    std::string bytes;
    if (at_ == 0)
        bytes = pack_head;
    const auto stored = compressed(chunk);
    entries_.push_back({name, at_ + bytes.size(), static_cast<std::uint32_t>(stored.size()),
                        static_cast<std::uint32_t>(chunk.size())});
    bytes += stored;
    return take(std::move(bytes));
}

std::string PackBuilder::finish()
{
    std::string index;
    index.reserve(entries_.size() * pack_entry_bytes + pack_end_bytes);
    for (const auto& entry : entries_) {
        index += entry.name.bytes();
        append_u64(index, entry.offset);
        append_u32(index, entry.stored);
        append_u32(index, entry.size);
    }
    const auto sum = ChunkName::of(index);
    append_u64(index, entries_.size());
    index += sum.bytes();
    index += pack_end;
    auto bytes = take(std::move(index));
    name_ = digest_.finish();
    return bytes;
}

std::optional<PackEnd> parse_pack_end(std::string_view bytes, std::uint64_t pack_bytes)
{
    if (bytes.size() != pack_end_bytes || !bytes.ends_with(pack_end))
        return std::nullopt;
    PackEnd end;
    end.chunks = read_u64(bytes);
    end.index = *ChunkName::from_bytes(bytes.substr(8, 32));
    if (end.chunks == 0 || end.chunks > Limits::pack_chunks ||
        pack_bytes < pack_head.size() + end.index_bytes() + pack_end_bytes)
        return std::nullopt;
    return end;
}

std::optional<std::vector<PackEntry>> parse_pack_index(std::string_view bytes, const PackEnd& end,
                                                       std::uint64_t pack_bytes)
{
    if (bytes.size() != end.index_bytes() || ChunkName::of(bytes) != end.index)
        return std::nullopt;
    const std::uint64_t last = pack_bytes - pack_end_bytes - end.index_bytes();
    std::vector<PackEntry> entries;
    entries.reserve(end.chunks);
    for (; !bytes.empty(); bytes.remove_prefix(pack_entry_bytes)) {
        const PackEntry entry{*ChunkName::from_bytes(bytes.substr(0, 32)),
                              read_u64(bytes.substr(32)), read_u32(bytes.substr(40)),
                              read_u32(bytes.substr(44))};
        if (entry.size > Limits::chunk_bytes || entry.stored > entry.size || entry.offset > last ||
            entry.stored > last - entry.offset)
            return std::nullopt;
        entries.push_back(entry);
    }
    return entries;
}

std::optional<std::string> unpack(const PackEntry& entry, std::string_view stored)
{
    if (stored.size() != entry.stored || entry.size > Limits::chunk_bytes)
        return std::nullopt;
    auto bytes = expanded(stored, entry.size);
    if (!bytes || ChunkName::of(*bytes) != entry.name)
        return std::nullopt;
    return bytes;
}

} // namespace posthouse::archive
