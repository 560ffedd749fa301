// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "tables/formats.hpp"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

/// The files of the configured tables.
namespace posthouse::process {

/// Tables that have files; no others.
std::map<tables::Table, std::vector<std::string>> files_of(const config::Tables&);

/// Tells a file from what stood in its place before.
struct FileMark {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = 0, modified = 0, changed = 0; // nanoseconds
    auto operator<=>(const FileMark&) const = default;
};
/// nullopt: there is none.
std::optional<FileMark> mark_of(const std::string& path);

struct OpenedFile {
    UniqueFd file;
    FileMark mark;
    mode_t mode;
};
/// A regular file, for reading. The error is a sentence.
std::expected<OpenedFile, std::string> open_table_file(const std::string& path);

/// All of it, or what tables::Limits has a file hold and one byte more, by which that is seen.
std::expected<std::string, std::string> read_table_file(int descriptor);

/// What would keep the server from starting: files that are not there or cannot be read, as a
/// sentence each.
std::vector<std::string> trouble_with_table_files(const config::Tables&);

/// Reads and compiles the configured tables in this process, for commands that tell about them;
/// files that cannot be read are problems. With the rights of whoever asks.
std::map<tables::Table, tables::Compiled> read_tables(const config::Tables&);

} // namespace posthouse::process
