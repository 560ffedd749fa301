// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/repository.hpp"
#include "base/unique_fd.hpp"
#include "cli/commands.hpp"
#include "cli/progress_line.hpp"

#include <string>

/// What the commands of backup and restore share.
namespace posthouse::cli {

/// A fault as the administrator is told of it.
process::Exit refuse(Context&, const archive::Fault&);
process::Exit exit_for(archive::Fault::Kind);

/// The directory of a repository, opened while there are the rights to reach it.
struct Place {
    UniqueFd directory;
    std::string name;
};
enum class Missing : std::uint8_t { refuse, make };
/// What is made is the store's owner's.
std::expected<Place, process::Exit> find_place(Context&, const std::string& directory, Missing);

struct Repositories {
    std::unique_ptr<archive::Disk> disk;
    std::unique_ptr<archive::Repository> repository;
};
/// As the repository's owner, which root becomes for good; behind desk_for(), if there is a desk.
std::expected<Repositories, process::Exit> open_repository(Context&, Place,
                                                           archive::Repository::Purpose);

/// Both, of one that is there already.
std::expected<Repositories, process::Exit> open_repository(Context&, const std::string& directory,
                                                           archive::Repository::Purpose);

struct BackupToRestore {
    archive::Repository& repository;
    const archive::Manifest& manifest;
};
process::Exit restore_account(Context&, Desk&, BackupToRestore, const RestoreWish&);

} // namespace posthouse::cli
