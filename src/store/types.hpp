// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The narrow storage interface (docs/design.md, "Store"): what the weakest engine has. Atomicity
/// within one partition, forward scans a page at a time, versions that are the truth, hints that
/// are only hints.
namespace posthouse::store {

/// What a caller can do about it.
enum class Error : std::uint8_t {
    conflict,    // the partition is not at the expected version: nothing was written; read it again
    exists,      // a create-only blob is there already
    not_found,   //
    too_large,   // over a bound in Limits
    no_space,    // the disk is full: nothing was written; try again when there is room
    unavailable, // nothing was written and nothing will be
    unknown,     // the outcome is not known; it may still be applied later. Read back first.
    fenced,      // this client is shut out: stop, and open the store again
    corrupt,     // a checksum or format does not hold
};
std::string_view describe(Error);

template <class T>
using Result = std::expected<T, Error>;

/// Bounds that every engine keeps.
struct Limits {
    static constexpr std::size_t partition_name = 200, key = 512, value = 64 * 1024;
    static constexpr std::size_t commit_bytes = 4 << 20, commit_rows = 4096; // blobs not counted
    static constexpr std::size_t page_rows = 1000, hint = 256;
    static constexpr std::size_t small_blob = 1
                                              << 20; // larger ones are streamed through a BlobSink
};

/// Grows with every commit of a partition; equal means that nothing changed. 0: the partition
/// does not exist (never written, or dropped).
enum class Version : std::uint64_t { none = 0 };

/// The name of a partition: "a/<account>", "q/<shard>", "d/<shard>", "b/<blob>".
struct PartitionId {
    std::string name;
    auto operator<=>(const PartitionId&) const = default;
};

/// Names a body. `incarnation` counts the openings of the store, so that ids never repeat.
struct BlobId {
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const BlobId&) const = default;

    /// 16 bytes that sort as ids do; the form in keys and records.
    std::string bytes() const;
    static std::optional<BlobId> from_bytes(std::string_view);
};

struct Row {
    std::string key, value;
    bool operator==(const Row&) const = default;
};

/// Written with its commit; durable before the rows that name it can be seen. At most
/// Limits::small_blob bytes.
struct NewBlob {
    BlobId id;
    std::string data;
    PartitionId owner = {}; // whose row will name it; none: the commit's partition
};

/// All or nothing, in one partition. A key is named once, in put or in erase.
struct Commit {
    PartitionId partition;
    std::optional<Version> expect; // nullopt: whatever the version is
    std::vector<Row> put;
    std::vector<std::string> erase;
    std::vector<NewBlob> blobs;
    std::vector<BlobId>
        drop_blobs;   // removed after the rows are durable; the sweep finds what a crash left
    std::string hint; // not empty: published after the commit
};

struct Page {
    std::vector<Row> rows;
    Version at = Version::none;
    bool more = false;
};

} // namespace posthouse::store
