// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <dirent.h>
#include <expected>
#include <functional>
#include <string_view>

namespace posthouse::agent {

/// The names in a directory, without "." and "..", until `take` says false. The error is an errno.
inline std::expected<void, int> read_names(UniqueFd directory,
                                           const std::function<bool(std::string_view)>& take)
{
    DIR* stream = ::fdopendir(directory.get());
    if (stream == nullptr)
        return std::unexpected(errno);
    (void)directory.release(); // The stream's now.
    errno = 0;
    while (const auto* entry = ::readdir(stream)) {
        const std::string_view name(entry->d_name);
        if (name != "." && name != ".." && !take(name))
            break;
        errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0)
        return std::unexpected(error);
    return {};
}

} // namespace posthouse::agent
