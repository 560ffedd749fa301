// SPDX-License-Identifier: Apache-2.0
#include "store/bounds.hpp"

namespace posthouse::store {

bool within_limits(const PartitionId& partition)
{
    return !partition.name.empty() && partition.name.size() <= Limits::partition_name;
}

bool within_limits(const Commit& commit)
{
    if (!within_limits(commit.partition) || commit.hint.size() > Limits::hint ||
        commit.put.size() + commit.erase.size() > Limits::commit_rows ||
        commit.blobs.size() + commit.drop_blobs.size() > Limits::commit_rows)
        return false;
    std::size_t bytes = 0;
    for (const Row& row : commit.put) {
        if (row.key.size() > Limits::key || row.value.size() > Limits::value)
            return false;
        bytes += row.key.size() + row.value.size();
    }
    for (const std::string& key : commit.erase) {
        if (key.size() > Limits::key)
            return false;
        bytes += key.size();
    }
    for (const NewBlob& blob : commit.blobs)
        if (blob.data.size() > Limits::small_blob)
            return false;
    return bytes <= Limits::commit_bytes;
}

} // namespace posthouse::store
