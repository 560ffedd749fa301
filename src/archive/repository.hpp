// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/disk.hpp"
#include "archive/manifest.hpp"
#include "archive/pack.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace posthouse::archive {

/// Backups in a directory of their own (docs/backup.md):
///
///     format         which layout this is
///     lock           held while a command is at work
///     packs/NAME     chunks; only whole packs have such names
///     packs/new      the one that is being written
///     backups/NAME   a manifest each, written last
///     unfinished     which bodies a backup that was broken off had stored
///
/// Nothing is ever changed in place. A crash leaves packs that no manifest needs, which the next
/// backup uses and prune() removes.
class Repository {
public:
    /// To write: makes it where the directory is absent or empty, and shuts all others out.
    enum class Purpose : std::uint8_t { read, write };
    /// `name` is what it is called in messages.
    static Result<std::unique_ptr<Repository>> open(Disk&, std::string path, Purpose,
                                                    std::string name = {});

    // ---- chunks ------------------------------------------------------------------------------
    bool has(const ChunkName& name) const { return places_.contains(name); }
    /// There once only, however often it is stored; durable behind flush().
    Result<ChunkName> store(std::string_view chunk);
    /// Checked against its name.
    Result<std::string> chunk(const ChunkName&);
    /// Ends the pack that is being written.
    Result<void> flush();

    // ---- backups -----------------------------------------------------------------------------
    /// The oldest first; their names sort by time.
    Result<std::vector<std::string>> backups();
    /// By its name, or "latest".
    Result<std::string> find(const std::string& name);
    Result<Manifest> manifest(const std::string& name);
    /// Behind all of its chunks. The backup's name.
    Result<std::string> commit(const Manifest&);
    Result<void> forget(const std::string& name);

    /// The chunks of the table of bodies that are stored for a backup of this store so far. Another
    /// run finds them if it comes to no commit().
    struct Unfinished {
        std::string store;
        std::vector<ChunkName> body_chunks;
    };
    Result<void> keep_unfinished(const Unfinished&);
    std::optional<Unfinished> unfinished();

    // ---- care --------------------------------------------------------------------------------
    struct Pruned {
        std::size_t packs_removed = 0, packs_rewritten = 0;
        std::uint64_t bytes_freed = 0;
    };
    /// Removes what no backup needs. Refuses while a manifest cannot be read.
    Result<Pruned> prune();
    struct PackFault {
        std::string pack, text;
    };
    const std::vector<std::string>& packs() const { return packs_; }
    /// Reads a pack from its first byte to its last: its file's name, its index, each chunk.
    Result<std::vector<std::string>> check_pack(const std::string& pack);
    /// Takes a damaged pack out of use; the next backup stores its chunks again.
    Result<void> set_aside(const std::string& pack);
    /// Packs whose index cannot be read.
    const std::vector<PackFault>& broken_packs() const { return broken_; }

    std::uint64_t bytes_written() const { return bytes_written_; }
    std::uint64_t bytes_stored() const { return bytes_stored_; } ///< in all packs

private:
    struct Place {
        std::uint32_t pack = 0;
        std::uint32_t stored = 0, size = 0;
        std::uint64_t offset = 0;
    };
    struct Writing {
        PackBuilder builder;
        std::unique_ptr<Disk::File> file;
    };
    using Needed = std::unordered_set<ChunkName, ChunkName::Hash>;

    Repository(Disk& disk, std::string path, std::string name)
        : disk_(disk),
          path_(std::move(path)),
          name_(std::move(name))
    {
    }
    Result<void> prepare();
    Result<void> read_packs();
    Result<std::vector<PackEntry>> read_index(const std::string& pack, std::uint64_t bytes);
    Result<void> write_file(const std::string& directory, const std::string& name,
                            std::string_view bytes);
    void add_pack(const std::string& name, const std::vector<PackEntry>&);
    Result<Needed> needed();
    Result<void> keep_needed_of(std::uint32_t pack, const Needed&);
    Result<void> drop_pack(const std::string& pack);

    Disk& disk_;
    std::string path_, name_;
    std::unique_ptr<Disk::Lock> lock_;
    std::unordered_map<ChunkName, Place, ChunkName::Hash> places_;
    std::vector<std::string> packs_;
    std::vector<PackFault> broken_;
    std::optional<Writing> writing_;
    std::uint64_t bytes_written_ = 0, bytes_stored_ = 0;
};

} // namespace posthouse::archive
