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

/// The rows of a partition in a backup, one chunk in memory at a time.
class PartitionRows {
public:
    /// `damage`: what is said where they are not well-formed.
    PartitionRows(Repository& repository, std::vector<ChunkName> chunks,
                  std::string_view damage = "the rows of a chunk are not well-formed")
        : repository_(&repository),
          chunks_(std::move(chunks)),
          damage_(damage)
    {
    }
    Result<std::optional<store::Row>> next();

private:
    Repository* repository_;
    std::vector<ChunkName> chunks_;
    std::string_view damage_;
    std::size_t next_chunk_ = 0;
    std::string chunk_;
    RowReader reader_{{}};
};

/// The bodies of a backup in the order of their ids, one chunk of the table in memory at a time.
class BodyTable {
public:
    BodyTable(Repository& repository, std::vector<ChunkName> chunks)
        : rows_(repository, std::move(chunks), damage)
    {
    }
    /// Nothing in it: the end.
    Result<std::optional<StoredBody>> next();

private:
    static constexpr std::string_view damage = "the table of bodies is not well-formed";
    PartitionRows rows_;
};

/// The whole body; for those of at most Limits::body_piece.
Result<std::string> whole_body(Repository&, const StoredBody&);

} // namespace posthouse::archive
