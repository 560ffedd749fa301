// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <expected>
#include <linux/openat2.h>
#include <string>
#include <string_view>
#include <utility>

/// Opening what users and the configuration name. Errors are errno's.
namespace posthouse::agent {

/// How a name may be followed: openat2's RESOLVE_… bits.
constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
constexpr std::uint64_t without_links = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

struct Opening {
    int flags = 0; // O_CLOEXEC is added.
    std::uint64_t resolve = 0;
    unsigned mode = 0600; // where O_CREAT is among the flags
};
std::expected<UniqueFd, int> open_at(int directory, const std::string& path, const Opening&);
std::expected<UniqueFd, int> open_directory(const std::string& path);

/// Opens a directory below another, and makes what is missing of it (mode 0700). Links may not
/// lead out.
std::expected<UniqueFd, int> make_directory_beneath(int directory, std::string_view path);

/// Where a file named by a user is: in the directory of that name, found without following any
/// link but those above the home itself. The path is absolute; a final slash names a directory.
struct FilePlace {
    UniqueFd directory;
    std::string name; // "": the directory itself
};
std::expected<FilePlace, int> find_file(const std::string& path, const std::string& home);

} // namespace posthouse::agent
