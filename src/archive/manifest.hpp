// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/chunk_name.hpp"
#include "archive/fault.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::archive {

/// A backup: what each partition was at one moment, and the bodies there were. Its file:
///
///     "PHBACKUP1\n", bytes expanded (8), bytes stored (8), the record, compressed (manifest.proto)
///     SHA-256 of all of it
struct Manifest {
    struct Partition {
        std::string name;
        std::uint64_t version = 0, rows = 0, bytes = 0;
        std::vector<ChunkName> chunks;
        bool operator==(const Partition&) const = default;
    };

    Timestamp taken_at, ended_at;
    std::string server, version;
    std::string store;
    std::vector<Partition> partitions; ///< by name
    std::vector<ChunkName> body_chunks;
    std::uint64_t bodies = 0, body_bytes = 0;

    const Partition* find(std::string_view partition) const;
    std::uint64_t rows() const;
    std::uint64_t row_bytes() const;
    bool operator==(const Manifest&) const = default;
};

std::string encode(const Manifest&);
/// What is wrong with it is in the fault's text, for its file's name to stand before.
Result<Manifest> decode_manifest(std::string_view);

} // namespace posthouse::archive
