// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::tests {

/// A disk in memory that forgets at a power cut what was not synced: the end of a file since its
/// last sync (or any part of that end), and names given, changed or removed since the last sync of
/// their directory. Names are forgotten from the newest backwards, as a journal does.
/// Results are errno values, 0 for success. Safe to use from several threads.
class PowerCutDisk {
public:
    struct File {
        std::string data;
        std::size_t synced = 0;
    };
    using FilePtr = std::shared_ptr<File>;

    // --- what a test does ---

    /// From here on every operation fails, until reboot().
    void cut()
    {
        const std::lock_guard lock(mutex_);
        dead_ = true;
    }
    /// The nth sync from now on (0: the next) does not happen any more: the power is cut there.
    void cut_at_sync(std::uint64_t nth)
    {
        const std::lock_guard lock(mutex_);
        cut_at_ = syncs_ + nth;
    }
    std::uint64_t syncs() const
    {
        const std::lock_guard lock(mutex_);
        return syncs_;
    }
    bool is_cut() const
    {
        const std::lock_guard lock(mutex_);
        return dead_;
    }
    /// The power is back: what the disk has kept, by chance, of what was not synced.
    void reboot(Random& random)
    {
        const std::lock_guard lock(mutex_);
        names_ = durable_;
        const std::size_t kept = random.below(journal_.size() + 1);
        for (std::size_t i = 0; i < kept; ++i)
            journal_[i].replay(names_);
        journal_.clear();
        durable_ = names_;
        for (auto& [path, file] : names_) {
            const std::size_t unsynced = file->data.size() - file->synced;
            // None of it, all of it, or a torn end; now and then one with garbage.
            switch (random.below(4)) {
            case 0:
                file->data.resize(file->synced);
                break;
            case 1:
                break;
            case 2:
                file->data.resize(file->synced + random.below(unsynced + 1));
                break;
            case 3:
                // RocksDB's MANIFEST does not bear garbage, only a torn end; file systems that
                // write data before metadata (ext4 as it comes, XFS) leave no garbage either.
                if (unsynced != 0 && path.ends_with(".log"))
                    file->data[file->synced + random.below(unsynced)] ^= '\x40';
                break;
            }
            file->synced = file->data.size();
        }
        dead_ = false;
        cut_at_ = std::numeric_limits<std::uint64_t>::max();
        locks_.clear();
    }
    void set_capacity(std::uint64_t bytes)
    {
        const std::lock_guard lock(mutex_);
        capacity_ = bytes;
    }
    std::uint64_t used() const
    {
        const std::lock_guard lock(mutex_);
        return used_now();
    }
    /// Syncs fail with EIO while this is on.
    void fail_syncs(int error)
    {
        const std::lock_guard lock(mutex_);
        sync_error_ = error;
    }
    std::vector<std::string> paths(std::string_view prefix) const
    {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> found;
        for (const auto& [path, file] : names_)
            if (path.starts_with(prefix))
                found.push_back(path);
        return found;
    }

    // --- what a file system does ---

    int create(const std::string& path, bool must_be_new, FilePtr& file)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        if (must_be_new && names_.contains(path))
            return EEXIST;
        if (used_now() >= capacity_)
            return ENOSPC;
        file = std::make_shared<File>();
        change(path, file);
        return 0;
    }
    int find(const std::string& path, FilePtr& file) const
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        const auto found = names_.find(path);
        if (found == names_.end())
            return ENOENT;
        file = found->second;
        return 0;
    }
    int append(File& file, std::string_view bytes)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        const std::uint64_t room = capacity_ - std::min(capacity_, used_now());
        const std::size_t fits = std::min<std::uint64_t>(room, bytes.size());
        file.data += bytes.substr(0, fits);
        return fits == bytes.size() ? 0 : ENOSPC;
    }
    std::string read(const File& file, std::uint64_t offset, std::size_t length) const
    {
        const std::lock_guard lock(mutex_);
        return offset >= file.data.size() ? std::string() : file.data.substr(offset, length);
    }
    std::uint64_t size(const File& file) const
    {
        const std::lock_guard lock(mutex_);
        return file.data.size();
    }
    int truncate(File& file, std::uint64_t size)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        file.data.resize(size);
        file.synced = std::min<std::size_t>(file.synced, size);
        return 0;
    }
    int sync(File& file)
    {
        const std::lock_guard lock(mutex_);
        if (const int error = begin_sync())
            return error;
        file.synced = file.data.size();
        return 0;
    }
    int sync_directory(const std::string& path)
    {
        const std::lock_guard lock(mutex_);
        if (const int error = begin_sync())
            return error;
        std::erase_if(journal_, [&](const Change& change) {
            if (directory_of(change.path) != path)
                return false;
            change.replay(durable_);
            return true;
        });
        return 0;
    }
    int rename(const std::string& from, const std::string& to)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        const auto found = names_.find(from);
        if (found == names_.end())
            return ENOENT;
        const FilePtr file = found->second;
        change(to, file);
        change(from, nullptr);
        return 0;
    }
    int remove(const std::string& path)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        if (!names_.contains(path))
            return ENOENT;
        change(path, nullptr);
        return 0;
    }
    int make_directory(const std::string& path, bool must_be_new)
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        return !directories_.insert(path).second && must_be_new ? EEXIST : 0;
    }
    bool is_directory(const std::string& path) const
    {
        const std::lock_guard lock(mutex_);
        return directories_.contains(path);
    }
    int list(const std::string& directory, std::vector<std::string>& found) const
    {
        const std::lock_guard lock(mutex_);
        if (dead_)
            return EIO;
        if (!directories_.contains(directory))
            return ENOENT;
        const auto add = [&](const std::string& path) {
            if (directory_of(path) == directory)
                found.push_back(path.substr(directory.size() + 1));
        };
        for (const auto& [path, file] : names_)
            add(path);
        for (const std::string& path : directories_)
            add(path);
        return 0;
    }
    std::uint64_t free_bytes() const
    {
        const std::lock_guard lock(mutex_);
        return capacity_ - std::min(capacity_, used_now());
    }
    bool lock_path(const std::string& path)
    {
        const std::lock_guard lock(mutex_);
        return locks_.insert(path).second;
    }
    void unlock_path(const std::string& path)
    {
        const std::lock_guard lock(mutex_);
        locks_.erase(path);
    }

private:
    using Names = std::map<std::string, FilePtr, std::less<>>;
    struct Change { // of one name; null: removed
        std::string path;
        FilePtr file;
        void replay(Names& names) const
        {
            if (file)
                names[path] = file;
            else
                names.erase(path);
        }
    };

    static std::string directory_of(const std::string& path)
    {
        const std::size_t slash = path.rfind('/');
        return slash == std::string::npos ? std::string() : path.substr(0, slash);
    }
    void change(const std::string& path, FilePtr file)
    {
        journal_.push_back({path, std::move(file)});
        journal_.back().replay(names_);
    }
    int begin_sync()
    {
        if (!dead_ && syncs_++ >= cut_at_)
            dead_ = true;
        return dead_ ? EIO : sync_error_;
    }
    std::uint64_t used_now() const
    {
        std::uint64_t bytes = 0;
        for (const auto& [path, file] : names_)
            bytes += file->data.size();
        return bytes;
    }

    mutable std::mutex mutex_;
    Names names_, durable_;
    std::vector<Change> journal_; // not synced, oldest first
    std::set<std::string> directories_, locks_;
    std::uint64_t syncs_ = 0;
    std::uint64_t cut_at_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t capacity_ = std::uint64_t{1} << 40;
    int sync_error_ = 0;
    bool dead_ = false;
};

} // namespace posthouse::tests
