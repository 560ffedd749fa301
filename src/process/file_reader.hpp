// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <expected>
#include <functional>
#include <string>
#include <sys/types.h>

namespace posthouse::process {

/// A child of an administrator's command that reads other people's files for it: it may read what
/// is below one path, talk over the socket that it is given, and nothing else
/// (docs/confinement.md).
struct FileReader {
    pid_t pid = -1;
    UniqueFd socket; ///< ours; when it is closed the child ends
};

/// Forks; `work` runs in the child, confined. While there is one thread. The error is a sentence.
std::expected<FileReader, std::string> fork_file_reader(const std::string& path,
                                                        const std::function<void(int)>& work);

} // namespace posthouse::process
