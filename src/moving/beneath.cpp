// SPDX-License-Identifier: Apache-2.0
#include "moving/beneath.hpp"

#include <cerrno>
#include <climits>
#include <deque>
#include <fcntl.h>
#include <ranges>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace posthouse::moving {
namespace {

constexpr int to_walk = O_PATH | O_DIRECTORY;

std::deque<std::string> parts_of(std::string_view path)
{
    std::deque<std::string> parts;
    for (const auto part : std::views::split(path, '/'))
        if (const std::string name(part.begin(), part.end()); !name.empty() && name != ".")
            parts.push_back(name);
    return parts;
}

std::expected<std::string, int> target_of(int directory, const std::string& name)
{
    std::string target(PATH_MAX, '\0');
    const auto length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
    if (length < 0)
        return std::unexpected(errno);
    target.resize(static_cast<std::size_t>(length));
    return target;
}

} // namespace

Beneath::Beneath(const std::string& root) : path_(root)
{
    while (path_.size() > 1 && path_.ends_with('/'))
        path_.pop_back();
    auto parts = parts_of(root);
    if (!root.starts_with('/') || parts.empty()) {
        error_ = ENOENT;
        return;
    }
    name_ = std::move(parts.back());
    parts.pop_back();
    above_.reset(::open("/", to_walk | O_CLOEXEC));
    for (const auto& part : parts) {
        auto next = open_exactly(above_.get(), part, to_walk);
        if (!next) {
            error_ = next.error();
            return;
        }
        above_ = std::move(*next);
    }
    if (auto directory = open_exactly(above_.get(), name_, to_walk))
        root_ = std::move(*directory);
}

/// Not what a link of that name leads to, but ELOOP then.
Beneath::Opened Beneath::open_exactly(int directory, const std::string& name, int flags)
{
    UniqueFd fd(::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    const int error = fd ? 0 : errno;
    struct stat found{};
    // With O_PATH the link itself is opened; with O_DIRECTORY it is merely no directory.
    const bool seen = error == 0 ? (flags & O_PATH) != 0 && ::fstat(fd.get(), &found) == 0
                      : error == ENOTDIR
                          ? ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0
                          : false;
    if (seen && S_ISLNK(found.st_mode))
        return std::unexpected(ELOOP);
    if (error != 0)
        return std::unexpected(error);
    return fd;
}

Beneath::Opened Beneath::open(const std::string& path, int flags) const
{
    if (error_ != 0)
        return std::unexpected(error_);
    auto rest = parts_of(path);
    if (rest.empty())
        return open_exactly(above_.get(), name_, flags);
    if (!root_)
        return std::unexpected(ENOTDIR);
    std::vector<UniqueFd> below; // the directories on the way, for ".."
    const auto here = [&] { return below.empty() ? root_.get() : below.back().get(); };
    for (int followed = 0; !rest.empty();) {
        const auto name = std::move(rest.front());
        rest.pop_front();
        if (name == "..") {
            if (below.empty())
                return std::unexpected(EXDEV);
            below.pop_back();
            continue;
        }
        auto opened = open_exactly(here(), name, rest.empty() ? flags : to_walk);
        if (opened && rest.empty())
            return opened;
        if (opened) {
            below.push_back(std::move(*opened));
            continue;
        }
        if (opened.error() != ELOOP || ++followed > links)
            return opened;
        auto target = target_of(here(), name);
        if (!target)
            return std::unexpected(target.error());
        if (target->starts_with('/')) {
            if (!(*target + '/').starts_with(path_ + '/'))
                return std::unexpected(EXDEV);
            target->erase(0, path_.size());
            below.clear();
        }
        auto parts = parts_of(*target);
        rest.insert(rest.begin(), parts.begin(), parts.end());
    }
    return open_exactly(here(), ".", flags); // The name, or a link's, ends in "..".
}

} // namespace posthouse::moving
