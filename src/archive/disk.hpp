// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/fault.hpp"
#include "base/unique_fd.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::archive {

/// What a repository does with files. A test puts a disk in its place that loses what was not
/// synced, or ends at any step.
class Disk {
public:
    virtual ~Disk() = default;

    class File { // closes when destroyed
    public:
        virtual ~File() = default;
        virtual Result<void> append(std::string_view) = 0;
        virtual Result<void> sync() = 0;
    };
    class Lock { // unlocks when destroyed
    public:
        virtual ~Lock() = default;
    };
    enum class Sharing : std::uint8_t { shared, exclusive };

    /// For the owner only. The file must not exist.
    virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
    /// Shorter than `length` only at the end of the file. Fault::absent: there is no such file.
    virtual Result<std::string> read(const std::string& path, std::uint64_t offset,
                                     std::size_t length) = 0;
    virtual Result<std::uint64_t> size(const std::string& path) = 0;
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& path) = 0;
    /// For the owner only; existing already is success.
    virtual Result<void> make_directory(const std::string& path) = 0;
    virtual Result<void> sync_directory(const std::string& path) = 0;
    /// Sorted.
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
    /// Fault::locked: another process has it. Makes the file.
    virtual Result<std::unique_ptr<Lock>> lock(const std::string& path, Sharing) = 0;
};

/// Paths are relative to this directory, so that whoever may do so opens it and gives up his rights
/// then. `name` is what it is called in messages.
std::unique_ptr<Disk> system_disk(UniqueFd directory, std::string name);

} // namespace posthouse::archive
