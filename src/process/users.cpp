// SPDX-License-Identifier: Apache-2.0
#include "process/users.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace posthouse::process {

namespace {

/// A user's record is a line; directories have been seen to answer with some kilobytes.
constexpr std::size_t largest_record_bytes = std::size_t{1} << 20;

} // namespace

std::expected<Identity, std::string> look_up_user(std::string_view user)
{
    const std::string name(user);
    std::vector<char> space(4096);
    passwd record{};
    passwd* found = nullptr;
    int code = ::getpwnam_r(name.c_str(), &record, space.data(), space.size(), &found);
    while (code == ERANGE && space.size() < largest_record_bytes) {
        space.resize(space.size() * 2);
        code = ::getpwnam_r(name.c_str(), &record, space.data(), space.size(), &found);
    }
    if (code == EINTR || code == EIO || code == EMFILE || code == ENFILE || code == ENOMEM ||
        code == ERANGE)
        return std::unexpected(
            fmt::format("the user {} could not be looked up: {}", name, std::strerror(code)));
    if (found == nullptr)
        return std::unexpected(fmt::format("there is no user {}", name));
    if (found->pw_uid == 0 || found->pw_gid == 0)
        return std::unexpected(
            fmt::format("the user {} is root or in root's group; name one without rights", name));
    return Identity{found->pw_uid, found->pw_gid};
}

std::expected<std::optional<Identity>, std::string> identity_of(std::string_view user)
{
    if (::geteuid() != 0)
        return std::nullopt;
    const auto found = look_up_user(user);
    if (!found)
        return std::unexpected(found.error());
    return *found;
}

} // namespace posthouse::process
