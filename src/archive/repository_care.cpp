// SPDX-License-Identifier: Apache-2.0
// What keeps a repository small and sound.
#include "archive/body_table.hpp"
#include "archive/repository.hpp"
#include "base/contract.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::archive {
namespace {

/// A pack is written anew when less than this share of its bytes is needed.
constexpr std::uint64_t worth_keeping_percent = 60;

} // namespace

Result<Repository::Needed> Repository::needed()
{
    Needed needed;
    const auto names = backups();
    if (!names)
        return std::unexpected(names.error());
    for (const auto& name : *names) {
        const auto manifest = this->manifest(name);
        if (!manifest)
            return std::unexpected(manifest.error());
        for (const auto& partition : manifest->partitions)
            needed.insert(partition.chunks.begin(), partition.chunks.end());
        needed.insert(manifest->body_chunks.begin(), manifest->body_chunks.end());
        BodyTable bodies(*this, manifest->body_chunks);
        for (;;) {
            const auto body = bodies.next();
            if (!body)
                return fault(body.error().kind,
                             fmt::format("the backup {}: {}", name, body.error().text));
            if (!*body)
                break;
            needed.insert((*body)->pieces.begin(), (*body)->pieces.end());
        }
    }
    return needed;
}

Result<void> Repository::keep_needed_of(std::uint32_t pack, const Needed& needed)
{
    std::vector<ChunkName> kept;
    for (const auto& [name, place] : places_)
        if (place.pack == pack && needed.contains(name))
            kept.push_back(name);
    for (const auto& name : kept) {
        const auto bytes = chunk(name);
        if (!bytes)
            return std::unexpected(bytes.error());
        places_.erase(name);
        if (auto stored = store(*bytes); !stored)
            return std::unexpected(stored.error());
    }
    return {};
}

Result<void> Repository::drop_pack(const std::string& pack)
{
    const auto path = path_ + "/packs/" + pack;
    const auto bytes = disk_.size(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    bytes_stored_ -= *bytes;
    return disk_.remove(path);
}

Result<Repository::Pruned> Repository::prune()
{
    const auto needed = this->needed();
    if (!needed)
        return std::unexpected(needed.error());
    std::vector<std::uint64_t> used(packs_.size());
    for (const auto& [name, place] : places_)
        if (needed->contains(name))
            used[place.pack] += place.stored;
    Pruned pruned;
    const auto before = bytes_stored_;
    const auto packs = packs_; // Those that are written meanwhile stay.
    std::vector<std::uint32_t> doomed;
    for (std::uint32_t number = 0; number < packs.size(); ++number) {
        const auto broken = std::ranges::find(broken_, packs[number], &PackFault::pack);
        if (broken != broken_.end())
            continue; // For verify to tell of.
        const auto size = disk_.size(path_ + "/packs/" + packs[number]);
        if (!size)
            return std::unexpected(size.error());
        if (used[number] * 100 >= *size * worth_keeping_percent)
            continue;
        if (used[number] != 0) {
            if (auto kept = keep_needed_of(number, *needed); !kept)
                return std::unexpected(kept.error());
            ++pruned.packs_rewritten;
        } else {
            ++pruned.packs_removed;
        }
        doomed.push_back(number);
    }
    // What was needed stands in other packs, durably, before the old ones go.
    if (auto done = flush(); !done)
        return std::unexpected(done.error());
    for (const auto number : doomed)
        if (auto gone = drop_pack(packs[number]); !gone)
            return std::unexpected(gone.error());
    if (!doomed.empty())
        if (auto synced = disk_.sync_directory(path_ + "/packs"); !synced)
            return std::unexpected(synced.error());
    if (auto gone = disk_.remove(path_ + "/unfinished"); // It may name what went.
        !gone && gone.error().kind != Fault::Kind::absent)
        return std::unexpected(gone.error());
    std::erase_if(places_, [&](const auto& entry) {
        return std::ranges::binary_search(doomed, entry.second.pack);
    });
    pruned.bytes_freed = before > bytes_stored_ ? before - bytes_stored_ : 0;
    return pruned;
}

Result<std::vector<std::string>> Repository::check_pack(const std::string& pack)
{
    std::vector<std::string> faults;
    const auto path = path_ + "/packs/" + pack;
    const auto size = disk_.size(path);
    if (!size)
        return std::unexpected(size.error());
    Digest digest;
    for (std::uint64_t at = 0; at < *size; at += Limits::body_piece) {
        const auto bytes = disk_.read(path, at, Limits::body_piece);
        if (!bytes)
            return std::unexpected(bytes.error());
        digest.add(*bytes);
    }
    if (hex(digest.finish().bytes()) != pack)
        faults.push_back("its bytes are not those that were written");
    const auto entries = read_index(pack, *size);
    if (!entries && entries.error().kind != Fault::Kind::damaged)
        return std::unexpected(entries.error());
    if (!entries) {
        faults.push_back(entries.error().text);
        return faults;
    }
    std::size_t broken = 0;
    for (const auto& entry : *entries) {
        const auto stored = disk_.read(path, entry.offset, entry.stored);
        if (!stored)
            return std::unexpected(stored.error());
        if (!unpack(entry, *stored))
            ++broken;
    }
    if (broken != 0)
        faults.push_back(fmt::format("{} of its {} chunks are damaged", broken, entries->size()));
    return faults;
}

Result<void> Repository::set_aside(const std::string& pack)
{
    const auto number = std::ranges::find(packs_, pack);
    expects(number != packs_.end());
    const auto path = path_ + "/packs/" + pack;
    if (auto renamed = disk_.rename(path, path + ".damaged"); !renamed)
        return renamed;
    std::erase_if(places_, [&](const auto& entry) {
        return entry.second.pack == static_cast<std::uint32_t>(number - packs_.begin());
    });
    return disk_.sync_directory(path_ + "/packs");
}

} // namespace posthouse::archive
