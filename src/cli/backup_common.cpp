// SPDX-License-Identifier: Apache-2.0
#include "cli/backup.hpp"
#include "cli/told.hpp"
#include "config/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::cli {

using archive::Fault;
using process::Exit;

Exit exit_for(Fault::Kind kind)
{
    switch (kind) {
    case Fault::Kind::absent:
    case Fault::Kind::refused:
        return Exit::failure;
    case Fault::Kind::newer:
        return Exit::config;
    case Fault::Kind::locked:
    case Fault::Kind::source:
        return Exit::temporary;
    case Fault::Kind::files:
        return Exit::cannot_create;
    case Fault::Kind::damaged:
    case Fault::Kind::no_space:
        return Exit::io_error;
    }
    return Exit::software;
}

Exit refuse(Context& context, const Fault& fault)
{
    return refuse(context, exit_for(fault.kind), fault.text);
}

ProgressLine::ProgressLine(const Context& context)
    : console_(context.console),
      wanted_(context.output == Output::text && context.console.look == Look::coloured &&
              ::isatty(STDERR_FILENO) == 1)
{
}

ProgressLine::~ProgressLine()
{
    if (shown_)
        console_.err << "\r\x1b[K" << std::flush;
}

void ProgressLine::show(std::uint64_t done, std::uint64_t of, const std::string& words)
{
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now < next_)
        return;
    next_ = now + std::chrono::milliseconds(200);
    shown_ = true;
    std::string bar;
    if (of != 0) {
        constexpr std::uint64_t width = 24;
        const auto full = std::min(width, width * done / of);
        bar = fmt::format("[{}{}] {:3}%  ", std::string(full, '='), std::string(width - full, ' '),
                          std::min<std::uint64_t>(100, 100 * done / of));
    }
    console_.err << "\r\x1b[K" << bar << words << std::flush;
}

namespace {

Exit refuse(Context& context, const process::Obstacle& obstacle)
{
    std::string all;
    for (const auto& sentence : obstacle.sentences)
        all += (all.empty() ? "" : "; ") + sentence;
    return refuse(context, obstacle.code, all);
}

/// Makes the directory and gives it to the store's owner, who writes and reads it from then on.
std::expected<void, Exit> make_place(Context& context, const std::string& name)
{
    const auto cannot = [&](int error) {
        return std::unexpected(
            refuse(context, Exit::cannot_create,
                   fmt::format("the directory {} cannot be made: {}", name, std::strerror(error))));
    };
    if (::mkdir(name.c_str(), 0700) != 0) {
        if (errno == EEXIST)
            return {};
        return cannot(errno);
    }
    if (::geteuid() != 0)
        return {};
    const auto config = config::load_file(context.config_path);
    if (!config) // The desk tells what is wrong with it.
        return {};
    const auto owner = store_owner(*config);
    if (!owner)
        return std::unexpected(refuse(context, owner.error()));
    if (::chown(name.c_str(), owner->user, owner->group) != 0)
        return cannot(errno);
    return {};
}

} // namespace

std::expected<Place, Exit> find_place(Context& context, const std::string& directory,
                                      Missing missing)
{
    std::error_code error;
    const auto name = std::filesystem::absolute(directory, error).lexically_normal().string();
    if (missing == Missing::make)
        if (auto made = make_place(context, name); !made)
            return std::unexpected(made.error());
    Place place{UniqueFd(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), name};
    if (!place.directory)
        return std::unexpected(
            refuse(context, errno == ENOENT ? Exit::failure : Exit::cannot_create,
                   fmt::format("{} cannot be opened: {}", name, std::strerror(errno))));
    return place;
}

std::expected<Repositories, Exit> open_repository(Context& context, Place place,
                                                  archive::Repository::Purpose purpose)
{
    struct stat found{};
    if (::fstat(place.directory.get(), &found) != 0)
        return std::unexpected(refuse(context, Exit::os_error, std::strerror(errno)));
    if (const auto acting = act_as({found.st_uid, found.st_gid}); !acting)
        return std::unexpected(refuse(context, acting.error()));
    Repositories opened{archive::system_disk(std::move(place.directory), place.name), nullptr};
    auto repository = archive::Repository::open(*opened.disk, ".", purpose, place.name);
    if (!repository)
        return std::unexpected(refuse(context, repository.error()));
    opened.repository = std::move(*repository);
    return opened;
}

} // namespace posthouse::cli
