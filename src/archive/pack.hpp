// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/chunk_name.hpp"
#include "archive/fault.hpp"

#include <string>
#include <string_view>
#include <vector>

/// A pack holds many chunks in one file (numbers big-endian):
///
///     "PHPACK1\n"
///     chunks, one behind another, each compressed by itself
///     the index: for each chunk its name (32), offset (8), bytes here (4), bytes expanded (4)
///     the end: number of chunks (8), SHA-256 of the index (32), "PHPACKE\n"
///
/// Its file is named by the SHA-256 of all of it.
namespace posthouse::archive {

struct PackEntry {
    ChunkName name;
    std::uint64_t offset = 0;
    std::uint32_t stored = 0;
    std::uint32_t size = 0; // expanded
    bool operator==(const PackEntry&) const = default;
};

inline constexpr std::string_view pack_head = "PHPACK1\n", pack_end = "PHPACKE\n";
inline constexpr std::size_t pack_entry_bytes = 48, pack_end_bytes = 48;

/// Makes the bytes of a pack, piece by piece.
class PackBuilder {
public:
    PackBuilder();
    /// The bytes that are to be written next. `name` is that of `chunk`.
    std::string add(const ChunkName& name, std::string_view chunk);
    /// The last ones.
    std::string finish();
    /// Behind finish(): the name of the file.
    ChunkName name() const { return name_; }
    const std::vector<PackEntry>& entries() const { return entries_; }
    std::uint64_t bytes() const { return at_; }

private:
    std::string take(std::string bytes);

    std::uint64_t at_ = 0;
    std::vector<PackEntry> entries_;
    Digest digest_;
    ChunkName name_;
};

struct PackEnd {
    std::uint64_t chunks = 0;
    ChunkName index;
    std::uint64_t index_bytes() const { return chunks * pack_entry_bytes; }
};
/// Of a pack's last pack_end_bytes. Nothing: it is none.
std::optional<PackEnd> parse_pack_end(std::string_view, std::uint64_t pack_bytes);
/// Nothing: it is damaged. All entries lie within the pack.
std::optional<std::vector<PackEntry>> parse_pack_index(std::string_view, const PackEnd&,
                                                       std::uint64_t pack_bytes);
/// The chunk out of its bytes in the pack, checked against its name.
std::optional<std::string> unpack(const PackEntry&, std::string_view stored);

} // namespace posthouse::archive
