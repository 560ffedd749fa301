// SPDX-License-Identifier: Apache-2.0
#include "agent/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::agent {

std::expected<UniqueFd, int> open_at(int directory, const std::string& path, const Opening& opening)
{
    open_how how{};
    how.flags = static_cast<std::uint64_t>(opening.flags | O_CLOEXEC);
    how.mode = (opening.flags & O_CREAT) != 0 ? opening.mode : 0;
    how.resolve = opening.resolve;
    UniqueFd file(
        static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
    if (!file)
        return std::unexpected(errno);
    return file;
}

std::expected<UniqueFd, int> open_directory(const std::string& path)
{
    return open_at(AT_FDCWD, path, {.flags = O_RDONLY | O_DIRECTORY});
}

std::expected<UniqueFd, int> make_directory_beneath(int directory, std::string_view path)
{
    std::string so_far;
    for (auto rest = path; !rest.empty();) {
        const auto slash = rest.find('/');
        const auto part = rest.substr(0, slash);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (part.empty() || part == ".")
            continue;
        const auto parent = so_far.empty() ? std::string(".") : so_far;
        so_far += (so_far.empty() ? "" : "/") + std::string(part);
        const Opening opening{.flags = O_RDONLY | O_DIRECTORY, .resolve = beneath};
        if (auto there = open_at(directory, so_far, opening); there || there.error() != ENOENT)
            continue;
        const auto above = open_at(directory, parent, opening);
        if (!above)
            return std::unexpected(above.error());
        if (::mkdirat(above->get(), std::string(part).c_str(), 0700) != 0 && errno != EEXIST)
            return std::unexpected(errno);
        if (::fsync(above->get()) != 0)
            return std::unexpected(errno);
    }
    return open_at(directory, so_far.empty() ? "." : so_far,
                   {.flags = O_RDONLY | O_DIRECTORY, .resolve = beneath});
}

std::expected<FilePlace, int> find_file(const std::string& path, const std::string& home)
{
    if (!path.starts_with('/') || path.contains('\0'))
        return std::unexpected(EINVAL);
    const auto slash = path.rfind('/');
    FilePlace place{{}, path.substr(slash + 1)};
    if (place.name == "." || place.name == "..")
        return std::unexpected(EISDIR);
    const auto above = path.substr(0, slash + 1);
    const bool in_home =
        home.size() > 1 && above.starts_with(home.back() == '/' ? home : home + '/');
    if (!in_home) {
        auto directory =
            open_at(AT_FDCWD, above, {.flags = O_RDONLY | O_DIRECTORY, .resolve = without_links});
        if (!directory)
            return std::unexpected(directory.error());
        place.directory = std::move(*directory);
        return place;
    }
    const auto start = open_directory(home);
    if (!start)
        return std::unexpected(start.error());
    auto below = above.substr(home.size());
    below.erase(0, below.find_first_not_of('/'));
    auto directory = open_at(start->get(), below.empty() ? "." : below,
                             {.flags = O_RDONLY | O_DIRECTORY, .resolve = beneath | without_links});
    if (!directory)
        return std::unexpected(directory.error());
    place.directory = std::move(*directory);
    return place;
}

} // namespace posthouse::agent
