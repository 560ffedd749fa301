// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/limits.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::moving {

/// What went wrong, for the administrator: "Permission denied".
template <class T>
using Result = std::expected<T, std::string>;

class File {
public:
    virtual ~File() = default;
    virtual std::uint64_t bytes() const = 0;
    virtual std::int64_t changed() const = 0; ///< microseconds since 1970
    /// Shorter only at the end.
    virtual Result<std::string> read(std::uint64_t offset, std::size_t length) = 0;
};

enum class FileKind : std::uint8_t { file, directory, other };

/// What is to be read, by its path below where it begins: "" is that itself.
class Files {
public:
    struct Entry {
        std::string name;
        FileKind kind = FileKind::other;
    };
    virtual ~Files() = default;
    /// Nothing there: FileKind::other.
    virtual FileKind kind(const std::string& path) = 0;
    virtual Result<std::vector<Entry>> list(const std::string& path) = 0;
    virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;
};

/// Below a directory of this host, or a file. No symbolic link in it, nor below it, is followed to
/// anywhere else: the path is a canonical one.
std::unique_ptr<Files> files_at(const std::string& path);

/// All of a small file; "" where it is none, nothing where it is too large.
Result<std::string> read_whole(Files&, const std::string& path);
std::string joined(const std::string& directory, std::string_view name);

} // namespace posthouse::moving
