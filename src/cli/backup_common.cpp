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

std::expected<Repositories, Exit> open_repository(Context& context, const std::string& directory,
                                                  archive::Repository::Purpose purpose)
{
    auto place = find_place(context, directory, Missing::refuse);
    if (!place)
        return std::unexpected(place.error());
    return open_repository(context, std::move(*place), purpose);
}

} // namespace posthouse::cli
