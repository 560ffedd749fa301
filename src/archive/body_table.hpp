// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/chunk_name.hpp"
#include "archive/repository.hpp"
#include "archive/rows.hpp"
#include "store/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace posthouse::archive {

/// A body in a backup: what it was called in the store, and the pieces that it is kept in.
struct StoredBody {
    store::BlobId id;
    std::string owner; ///< partition
    std::uint64_t bytes = 0;
    std::vector<ChunkName> pieces;
    bool operator==(const StoredBody&) const = default;
};

store::Row row_of(const StoredBody&);
std::optional<StoredBody> body_of(const store::Row&);

/// The bodies of a backup in the order of their ids, one chunk of the table in memory at a time.
class BodyTable {
public:
    BodyTable(Repository& repository, std::vector<ChunkName> chunks)
        : repository_(repository),
          chunks_(std::move(chunks))
    {
    }
    /// Nothing in it: the end.
    Result<std::optional<StoredBody>> next();

private:
    Repository& repository_;
    std::vector<ChunkName> chunks_;
    std::size_t next_chunk_ = 0;
    std::string chunk_;
    RowReader reader_{{}};
};

/// The rows of a partition in a backup, one chunk in memory at a time.
class PartitionRows {
public:
    PartitionRows(Repository& repository, const std::vector<ChunkName>& chunks)
        : repository_(repository),
          chunks_(chunks)
    {
    }
    Result<std::optional<store::Row>> next();

private:
    Repository& repository_;
    const std::vector<ChunkName>& chunks_;
    std::size_t next_chunk_ = 0;
    std::string chunk_;
    RowReader reader_{{}};
};

/// The whole body; for those of at most Limits::body_piece.
Result<std::string> whole_body(Repository&, const StoredBody&);

} // namespace posthouse::archive
