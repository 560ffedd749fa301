// SPDX-License-Identifier: Apache-2.0
#include "archive/repository.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::archive {
namespace {

constexpr std::string_view format_line = "posthouse backups 1\n",
                           format_head = "posthouse backups ";
constexpr std::size_t pack_name_digits = 64;
constexpr std::uint64_t stored_manifest_bytes = Limits::manifest_bytes;

bool is_pack_name(std::string_view name)
{
    return name.size() == pack_name_digits &&
           name.find_first_not_of("0123456789abcdef") == name.npos;
}

bool is_backup_name(std::string_view name)
{
    return name.size() > 2 && name.size() < 64 && name.front() == '2' &&
           name.find_first_not_of("0123456789abcdefTZ-") == name.npos;
}

/// Sorts by time; the digits behind it tell two of one second apart.
std::string name_for(const Manifest& manifest, std::string_view bytes)
{
    const auto at = std::chrono::time_point_cast<std::chrono::seconds>(manifest.taken_at);
    return fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(at),
                       hex(ChunkName::of(bytes).bytes().substr(0, 4)));
}

} // namespace

// ---- opening --------------------------------------------------------------------------------

Result<std::unique_ptr<Repository>> Repository::open(Disk& disk, std::string path, Purpose purpose,
                                                     std::string name)
{
    if (name.empty())
        name = path;
    auto repository =
        std::unique_ptr<Repository>(new Repository(disk, std::move(path), std::move(name)));
    const auto& called = repository->name_;
    const auto& at = repository->path_;
    const auto format = disk.read(at + "/format", 0, 64);
    if (!format && format.error().kind != Fault::Kind::absent)
        return std::unexpected(format.error());
    if (format && *format != format_line)
        return format->starts_with(format_head)
                   ? fault(Fault::Kind::newer,
                           fmt::format("{} was written by a newer Posthouse", called))
                   : fault(Fault::Kind::damaged,
                           fmt::format("{}/format does not say what it should", called));
    if (!format && purpose == Purpose::read)
        return fault(Fault::Kind::absent, fmt::format("{} is no repository of backups", called));
    if (!format)
        if (auto made = repository->prepare(); !made)
            return std::unexpected(made.error());
    auto lock = disk.lock(at + "/lock", purpose == Purpose::write ? Disk::Sharing::exclusive
                                                                  : Disk::Sharing::shared);
    if (!lock)
        return std::unexpected(lock.error());
    repository->lock_ = std::move(*lock);
    if (purpose == Purpose::write) // Of a backup that was broken off.
        for (const auto* unfinished : {"/packs/new", "/backups/new"})
            if (auto gone = disk.remove(at + unfinished);
                !gone && gone.error().kind != Fault::Kind::absent)
                return std::unexpected(gone.error());
    if (auto read = repository->read_packs(); !read)
        return std::unexpected(read.error());
    return repository;
}

/// The format's file comes last: without it there is no repository yet.
Result<void> Repository::prepare()
{
    if (auto made = disk_.make_directory(path_); !made)
        return made;
    const auto there = disk_.list(path_);
    if (!there)
        return std::unexpected(there.error());
    for (const auto& name : *there)
        if (name != "lock" && name != "packs" && name != "backups" && name != "new")
            return fault(Fault::Kind::refused,
                         fmt::format("{} is neither empty nor a repository of backups: it has {}",
                                     name_, printable(name, 100)));
    for (const auto* name : {"/packs", "/backups"})
        if (auto made = disk_.make_directory(path_ + name); !made)
            return made;
    return write_file("", "format", format_line);
}

/// Under its name only when it is whole.
Result<void> Repository::write_file(const std::string& directory, const std::string& name,
                                    std::string_view bytes)
{
    const auto in = path_ + directory, early = in + "/new";
    if (auto gone = disk_.remove(early); !gone && gone.error().kind != Fault::Kind::absent)
        return gone;
    auto file = disk_.create(early);
    if (!file)
        return std::unexpected(file.error());
    auto done = (*file)->append(bytes);
    if (done)
        done = (*file)->sync();
    file->reset();
    if (done)
        done = disk_.rename(early, in + "/" + name);
    if (done)
        done = disk_.sync_directory(in);
    bytes_written_ += bytes.size();
    return done;
}

Result<void> Repository::read_packs()
{
    const auto names = disk_.list(path_ + "/packs");
    if (!names)
        return std::unexpected(names.error());
    for (const auto& name : *names) {
        if (!is_pack_name(name))
            continue;
        const auto bytes = disk_.size(path_ + "/packs/" + name);
        if (!bytes)
            return std::unexpected(bytes.error());
        auto entries = read_index(name, *bytes);
        if (!entries && entries.error().kind != Fault::Kind::damaged)
            return std::unexpected(entries.error());
        bytes_stored_ += *bytes;
        if (!entries)
            broken_.push_back({name, entries.error().text});
        add_pack(name, entries ? *entries : std::vector<PackEntry>());
    }
    return {};
}

Result<std::vector<PackEntry>> Repository::read_index(const std::string& pack, std::uint64_t bytes)
{
    const auto path = path_ + "/packs/" + pack;
    const auto damaged = [](std::string_view what) {
        return fault(Fault::Kind::damaged, std::string(what));
    };
    if (bytes < pack_head.size() + pack_end_bytes)
        return damaged("the pack is too short");
    const auto tail = disk_.read(path, bytes - pack_end_bytes, pack_end_bytes);
    if (!tail)
        return std::unexpected(tail.error());
    const auto end = parse_pack_end(*tail, bytes);
    if (!end)
        return damaged("the pack's end is not as it was written");
    const auto index =
        disk_.read(path, bytes - pack_end_bytes - end->index_bytes(), end->index_bytes());
    if (!index)
        return std::unexpected(index.error());
    auto entries = parse_pack_index(*index, *end, bytes);
    if (!entries)
        return damaged("the pack's index is not as it was written");
    return std::move(*entries);
}

void Repository::add_pack(const std::string& name, const std::vector<PackEntry>& entries)
{
    const auto number = static_cast<std::uint32_t>(packs_.size());
    packs_.push_back(name);
    for (const auto& entry : entries)
        places_.insert_or_assign(entry.name, Place{number, entry.stored, entry.size, entry.offset});
}

// ---- chunks ---------------------------------------------------------------------------------

Result<ChunkName> Repository::store(std::string_view chunk)
{
    const auto name = ChunkName::of(chunk);
    if (has(name))
        return name;
    if (!writing_) {
        auto file = disk_.create(path_ + "/packs/new");
        if (!file)
            return std::unexpected(file.error());
        writing_.emplace();
        writing_->file = std::move(*file);
    }
    auto& builder = writing_->builder;
    const auto bytes = builder.add(name, chunk);
    if (auto done = writing_->file->append(bytes); !done)
        return std::unexpected(done.error());
    bytes_written_ += bytes.size();
    const auto& entry = builder.entries().back();
    places_[name] = Place{static_cast<std::uint32_t>(packs_.size()), entry.stored, entry.size,
                          entry.offset}; // The number that it will have.
    if (builder.bytes() >= Limits::pack_bytes || builder.entries().size() >= Limits::pack_chunks)
        if (auto done = flush(); !done)
            return std::unexpected(done.error());
    return name;
}

Result<void> Repository::flush()
{
    if (!writing_)
        return {};
    auto& writing = *writing_;
    const auto bytes = writing.builder.finish();
    auto done = writing.file->append(bytes);
    if (done)
        done = writing.file->sync();
    writing.file.reset();
    const auto name = hex(writing.builder.name().bytes());
    if (done)
        done = disk_.rename(path_ + "/packs/new", path_ + "/packs/" + name);
    if (done)
        done = disk_.sync_directory(path_ + "/packs");
    if (!done)
        return done;
    bytes_written_ += bytes.size();
    bytes_stored_ += writing.builder.bytes();
    packs_.push_back(name);
    writing_.reset();
    return {};
}

Result<std::string> Repository::chunk(const ChunkName& name)
{
    const auto found = places_.find(name);
    if (found == places_.end())
        return fault(Fault::Kind::absent,
                     fmt::format("the chunk {} is missing", hex(name.bytes().substr(0, 8))));
    const auto& place = found->second;
    const auto file = place.pack < packs_.size() ? packs_[place.pack] : std::string("new");
    const auto stored = disk_.read(path_ + "/packs/" + file, place.offset, place.stored);
    if (!stored)
        return std::unexpected(stored.error());
    auto bytes = unpack({name, place.offset, place.stored, place.size}, *stored);
    if (!bytes)
        return fault(Fault::Kind::damaged,
                     fmt::format("the chunk {} of pack {} is not as it was written",
                                 hex(name.bytes().substr(0, 8)), file.substr(0, 16)));
    return std::move(*bytes);
}

// ---- backups --------------------------------------------------------------------------------

Result<std::vector<std::string>> Repository::backups()
{
    auto names = disk_.list(path_ + "/backups");
    if (names)
        std::erase_if(*names, [](const auto& name) { return !is_backup_name(name); });
    return names;
}

Result<std::string> Repository::find(const std::string& name)
{
    const auto names = backups();
    if (!names)
        return std::unexpected(names.error());
    if (names->empty())
        return fault(Fault::Kind::absent, fmt::format("there is no backup in {} yet", name_));
    if (name == "latest")
        return names->back();
    std::string found;
    for (const auto& one : *names)
        if (one.starts_with(name)) {
            if (!found.empty())
                return fault(Fault::Kind::absent,
                             fmt::format("more than one backup begins with {}", name));
            found = one;
        }
    if (found.empty())
        return fault(Fault::Kind::absent,
                     fmt::format("there is no backup {} in {}", printable(name, 100), name_));
    return found;
}

Result<Manifest> Repository::manifest(const std::string& name)
{
    expects(is_backup_name(name));
    const auto path = path_ + "/backups/" + name;
    const auto size = disk_.size(path);
    if (!size)
        return std::unexpected(size.error());
    if (*size > stored_manifest_bytes)
        return fault(Fault::Kind::damaged, fmt::format("the backup {} is too large", name));
    const auto bytes = disk_.read(path, 0, *size);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto manifest = decode_manifest(*bytes);
    if (!manifest)
        return fault(manifest.error().kind,
                     fmt::format("the backup {}: {}", name, manifest.error().text));
    return manifest;
}

Result<std::string> Repository::commit(const Manifest& manifest)
{
    if (auto done = flush(); !done)
        return std::unexpected(done.error());
    const auto bytes = encode(manifest);
    auto name = name_for(manifest, bytes);
    if (auto done = write_file("/backups", name, bytes); !done)
        return std::unexpected(done.error());
    if (auto gone = disk_.remove(path_ + "/unfinished");
        !gone && gone.error().kind != Fault::Kind::absent)
        return std::unexpected(gone.error());
    return name;
}

Result<void> Repository::forget(const std::string& name)
{
    expects(is_backup_name(name));
    if (auto gone = disk_.remove(path_ + "/backups/" + name); !gone)
        return gone;
    return disk_.sync_directory(path_ + "/backups");
}

/// In the form of a manifest: it has a checksum.
Result<void> Repository::keep_unfinished(const Unfinished& so_far)
{
    if (auto done = flush(); !done)
        return done;
    Manifest manifest;
    manifest.store = so_far.store;
    manifest.body_chunks = so_far.body_chunks;
    return write_file("", "unfinished", encode(manifest));
}

std::optional<Repository::Unfinished> Repository::unfinished()
{
    const auto path = path_ + "/unfinished";
    const auto size = disk_.size(path);
    if (!size || *size > stored_manifest_bytes)
        return std::nullopt;
    const auto bytes = disk_.read(path, 0, *size);
    auto manifest = bytes ? decode_manifest(*bytes) : std::unexpected(bytes.error());
    if (!manifest) // Then the bodies are read again.
        return std::nullopt;
    return Unfinished{std::move(manifest->store), std::move(manifest->body_chunks)};
}

} // namespace posthouse::archive
