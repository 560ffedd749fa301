// SPDX-License-Identifier: Apache-2.0
#include "process/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/resource.h>

namespace posthouse::process {

namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

std::expected<void, std::string> limit(__rlimit_resource_t resource, rlim_t value, const char* name)
{
    rlimit now{};
    if (::getrlimit(resource, &now) != 0)
        return std::unexpected(fmt::format("{}: {}", name, std::strerror(errno)));
    const rlimit raised{value, value};
    if (::setrlimit(resource, &raised) == 0)
        return {};
    const rlimit cut{std::min(value, now.rlim_max), std::min(value, now.rlim_max)};
    if (::setrlimit(resource, &cut) == 0)
        return {};
    return std::unexpected(fmt::format("{} {}: {}", name, value, std::strerror(errno)));
}

} // namespace

ResourceLimits default_limits(Role role)
{
    switch (role) {
    case Role::supervisor:
        return {.descriptors = 4096, .threads_of_user = {}, .address_space_bytes = {}};
    case Role::gate: // A descriptor a connection; several gates share the user.
        return {.descriptors = 65536, .threads_of_user = 512, .address_space_bytes = {}};
    case Role::keeper: // RocksDB's tables and blob files, large bodies.
        return {.descriptors = 65536, .threads_of_user = 512, .address_space_bytes = {}};
    case Role::sorter: // Works on letters it holds in memory; a bomb of a letter ends here.
        return {.descriptors = 1024, .threads_of_user = 256, .address_space_bytes = 4 * gibibyte};
    case Role::courier:
        return {.descriptors = 32768, .threads_of_user = 256, .address_space_bytes = {}};
    case Role::resolver:
        return {.descriptors = 8192, .threads_of_user = 128, .address_space_bytes = {}};
    case Role::tables: // Shares the sorters' user; holds a table's files and its image in memory.
        return {.descriptors = 1024, .threads_of_user = 256, .address_space_bytes = 4 * gibibyte};
    case Role::clerk: // argon2id takes its memory once per check in hand.
        return {.descriptors = 1024, .threads_of_user = 256, .address_space_bytes = 8 * gibibyte};
    case Role::signer: // A thread, and a link for each thread of each gate.
        return {.descriptors = 4096, .threads_of_user = 64, .address_space_bytes = gibibyte};
    case Role::envoy: // Four threads, each of which may compute a hash of 256 MiB.
        return {.descriptors = 1024, .threads_of_user = 256, .address_space_bytes = 8 * gibibyte};
    case Role::pam:
        return {.descriptors = 4096, .threads_of_user = {}, .address_space_bytes = {}};
    case Role::agent: // A letter in a memory file, a pipe and a process for each delivery.
    case Role::runner:
        return {.descriptors = 4096, .threads_of_user = {}, .address_space_bytes = {}};
    }
    return {};
}

std::expected<void, std::string> apply_limits(const ResourceLimits& limits, UserShare share)
{
    if (auto done = limit(RLIMIT_CORE, 0, "core size"); !done)
        return done;
    if (auto done = limit(RLIMIT_NOFILE, limits.descriptors, "open descriptors"); !done)
        return done;
    if (limits.threads_of_user && share == UserShare::own_user)
        if (auto done = limit(RLIMIT_NPROC, *limits.threads_of_user, "threads"); !done)
            return done;
#ifndef POSTHOUSE_SANITIZED
    if (limits.address_space_bytes)
        if (auto done = limit(RLIMIT_AS, *limits.address_space_bytes, "address space"); !done)
            return done;
#endif
    return {};
}

} // namespace posthouse::process
