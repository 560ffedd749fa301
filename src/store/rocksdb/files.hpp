// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::store::rocksdb {

/// An errno value.
struct FileError {
    int code = 0;
};
template <class T = void>
using FileResult = std::expected<T, FileError>;

/// What the store itself does with files (RocksDB has a seam of its own). A test puts a disk in
/// its place that fills up, or forgets whatever was not synced.
class Files {
public:
    virtual ~Files() = default;

    class Writable { // closes when destroyed
    public:
        virtual ~Writable() = default;
        virtual FileResult<> append(std::string_view) = 0;
        virtual FileResult<> sync() = 0;
    };
    class Readable {
    public:
        virtual ~Readable() = default;
        /// Shorter than `length` only at the end of the file.
        virtual FileResult<std::string> read(std::uint64_t offset, std::size_t length) = 0;
    };
    class Lock { // unlocks when destroyed
    public:
        virtual ~Lock() = default;
    };
    struct Held { // by another: its process id, 0 if not known
        std::int64_t by = 0;
        FileError error; // code 0: it is held; otherwise it could not be tried
    };

    /// The file must not exist.
    virtual FileResult<std::unique_ptr<Writable>> create(const std::string& path) = 0;
    virtual FileResult<std::unique_ptr<Readable>> open(const std::string& path) = 0;
    virtual FileResult<> rename(const std::string& from, const std::string& to) = 0;
    virtual FileResult<> remove(const std::string& path) = 0;
    /// Existing already is success.
    virtual FileResult<> make_directory(const std::string& path) = 0;
    virtual FileResult<> sync_directory(const std::string& path) = 0;
    virtual FileResult<std::vector<std::string>> list(const std::string& directory) = 0;
    virtual FileResult<std::uint64_t> free_bytes(const std::string& path) = 0;
    virtual std::expected<std::unique_ptr<Lock>, Held> lock(const std::string& path) = 0;
};

std::shared_ptr<Files> system_files();

} // namespace posthouse::store::rocksdb
