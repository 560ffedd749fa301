// SPDX-License-Identifier: Apache-2.0
#include "process/drop_desk.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace posthouse::process {
namespace {

constexpr std::string_view suffix = ".letter";

/// Anyone may add to it, and see nothing of it; each may remove what is his own.
constexpr mode_t drop_mode = S_ISVTX | S_IRWXU | S_IWGRP | S_IXGRP | S_IWOTH | S_IXOTH;

void make_directory(const std::string& path)
{
    if (::geteuid() != 0)
        return;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    if (::mkdir(path.c_str(), 0700) == 0)
        ::chmod(path.c_str(), drop_mode); // Whatever the umask is.
}

/// Some of the letters that are there; the others come the next time.
std::vector<std::string> letters_in(int directory, std::size_t most)
{
    std::vector<std::string> names;
    const int again = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0)
        return names;
    const std::unique_ptr<DIR, decltype(&::closedir)> listing(::fdopendir(again), &::closedir);
    if (!listing) {
        ::close(again);
        return names;
    }
    while (names.size() < most) {
        const auto* entry = ::readdir(listing.get());
        if (entry == nullptr)
            break;
        if (std::string_view(entry->d_name).ends_with(suffix))
            names.emplace_back(entry->d_name);
    }
    return names;
}

} // namespace

DropDesk::DropDesk(boost::asio::io_context& context, Send send)
    : timer_(context),
      send_(std::move(send))
{
}

void DropDesk::open(const std::string& directory)
{
    if (directory_ && path_ == directory)
        return;
    close();
    path_ = directory;
    if (directory.empty())
        return;
    make_directory(directory);
    UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
        log::info("drop.unusable", {{"directory", directory}, {"reason", std::strerror(errno)}});
        return;
    }
    directory_ = std::move(opened);
}

void DropDesk::close()
{
    timer_.cancel();
    directory_.reset();
    under_way_.clear();
    passed_over_.clear();
    taken_.clear();
}

void DropDesk::look()
{
    if (!directory_)
        return;
    std::erase_if(taken_, [&](const std::string& name) {
        return ::unlinkat(directory_.get(), name.c_str(), 0) == 0 || errno == ENOENT;
    });
    // One that is refused for now stays, and must not hide those behind it.
    for (const auto& name : letters_in(directory_.get(), 64 * Limits::at_once)) {
        if (under_way_.size() >= Limits::at_once)
            break;
        const bool in_hand = std::ranges::any_of(
            under_way_, [&](const auto& entry) { return entry.second == name; });
        if (!in_hand && !passed_over_.contains(name) && !taken_.contains(name))
            hand_over(name);
    }
    look_later();
}

void DropDesk::look_later()
{
    timer_.expires_after(Limits::interval);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        passed_over_.clear();
        look();
    });
}

/// Another name for somebody else's file, a pipe or a device are no letters, and are left alone.
void DropDesk::hand_over(const std::string& name)
{
    const UniqueFd file(::openat(directory_.get(), name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_nlink != 1) {
        passed_over_.insert(name);
        return;
    }
    wire::Control message;
    message.mutable_collect()->set_id(++last_id_);
    message.mutable_collect()->set_user(status.st_uid);
    if (send_(message, std::array{file.get()}))
        under_way_.emplace(last_id_, name);
}

void DropDesk::take(const wire::Control::Collected& collected)
{
    const auto found = under_way_.extract(collected.id());
    if (!found || !directory_)
        return;
    const auto& name = found.mapped();
    switch (collected.end()) {
    case wire::Control::Collected::TAKEN:
        if (::unlinkat(directory_.get(), name.c_str(), 0) != 0) {
            taken_.insert(name); // It must not be taken again.
            log::error("drop.not_removed", {{"file", name}, {"reason", std::strerror(errno)}});
        }
        break;
    case wire::Control::Collected::UNFIT: {
        const auto aside = name.substr(0, name.size() - suffix.size()) + ".bad";
        if (::renameat2(directory_.get(), name.c_str(), directory_.get(), aside.c_str(),
                        RENAME_NOREPLACE) != 0)
            passed_over_.insert(name); // Somebody else's of that name is there.
        log::warning("drop.unfit", {{"file", aside}, {"reason", collected.reason()}});
        break;
    }
    default:
        log::info("drop.later", {{"file", name}, {"reason", collected.reason()}});
        passed_over_.insert(name); // Until the interval is over; those behind it go on.
    }
    if (under_way_.empty())
        look();
}

} // namespace posthouse::process
