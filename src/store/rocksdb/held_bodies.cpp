// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/held_bodies.hpp"

#include "store/rocksdb/body_file.hpp"

#include <cerrno>

namespace posthouse::store::rocksdb {

void HeldBodies::release(Files& files, const std::string& data_dir)
{
    if (--holders_ != 0)
        return;
    for (const BlobId id : held_)
        (void)files.remove(new_body_path(data_dir, id)); // Else when the store is opened.
    held_.clear();
}

/// A body whose drop was committed before a snapshot was taken may be removed or held: that
/// snapshot does not show it.
FileResult<> HeldBodies::remove(Files& files, const std::string& data_dir, BlobId id)
{
    const std::string path = body_path(data_dir, id);
    const bool hold = holders_ != 0;
    const auto gone = hold ? files.rename(path, new_body_path(data_dir, id)) : files.remove(path);
    if (!gone && gone.error().code != ENOENT)
        return gone;
    if (gone && hold) {
        held_.push_back(id);
        if (const auto synced = files.sync_directory(data_dir + "/bodies/new"); !synced)
            return synced;
    }
    return files.sync_directory(body_directory(data_dir, id));
}

} // namespace posthouse::store::rocksdb
