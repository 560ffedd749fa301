// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Keys and records of the column family "rows". Its key spaces:
///
///     b<blob id>                     what a blob is (BlobRecord)
///     m<name>                        the store's own numbers
///     r<length of name><name><key>   a row; the length keeps partitions from interleaving
///     v<name>                        a partition's version; together, in the order of names
///
/// The column family "bodies" has the bytes of small blobs under their ids.
namespace posthouse::store::rocksdb {

std::string version_key(std::string_view partition);
std::string row_key(std::string_view partition, std::string_view key);
std::string blob_key(BlobId);
inline const std::string incarnation_key = "mincarnation";
inline const std::string floor_key = "mfloor"; // the greatest version of any dropped partition

/// The first key after all that start with `prefix`.
std::string after_prefix(std::string prefix);

std::string encode_number(std::uint64_t);
std::optional<std::uint64_t> decode_number(std::string_view);

struct BlobRecord {
    enum class Place : std::uint8_t { row = 's', file = 'l' };
    Place place = Place::row;
    std::uint64_t bytes = 0;
    std::string owner;

    std::string encode() const;
    static std::optional<BlobRecord> decode(std::string_view);
};

} // namespace posthouse::store::rocksdb
