// SPDX-License-Identifier: Apache-2.0
#include "process/landlock.hpp"

#include "base/unique_fd.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

namespace posthouse::process {

namespace {

// Debian 12's <linux/landlock.h> ends at ABI 2; the rest is written out here.
struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t ports;  // since ABI 4
    std::uint64_t scopes; // since ABI 6
};
struct PortAttributes {
    std::uint64_t allowed;
    std::uint64_t port; // host byte order
};
constexpr int rule_for_port = 2;
constexpr std::uint64_t file_refer = std::uint64_t{1} << 13;
constexpr std::uint64_t file_truncate = std::uint64_t{1} << 14;
constexpr std::uint64_t file_ioctl_device = std::uint64_t{1} << 15;
constexpr std::uint64_t port_bind = 1;
constexpr std::uint64_t port_connect = 2;
constexpr std::uint64_t scope_abstract_socket = 1;
constexpr std::uint64_t scope_signal = 2;

constexpr std::uint64_t never_in_data = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                        LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                        LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                        LANDLOCK_ACCESS_FS_MAKE_SOCK | file_ioctl_device;

std::uint64_t files_known_at(int abi)
{
    std::uint64_t known = (std::uint64_t{1} << 13) - 1;
    if (abi >= 2)
        known |= file_refer;
    if (abi >= 3)
        known |= file_truncate;
    if (abi >= 5)
        known |= file_ioctl_device;
    return known;
}

/// A kernel that confines files but does not know moves between directories refuses these.
std::uint64_t files_refused(const LandlockRules& rules, int abi)
{
    if (!rules.ordinary_files)
        return files_known_at(abi);
    return abi >= 2 ? (never_in_data | file_refer) & files_known_at(abi) : 0;
}

std::size_t attributes_size_at(int abi)
{
    if (abi >= 6)
        return sizeof(RulesetAttributes);
    if (abi >= 4)
        return offsetof(RulesetAttributes, scopes);
    return offsetof(RulesetAttributes, ports);
}

std::unexpected<std::string> failed(std::string_view what)
{
    return std::unexpected(fmt::format("Landlock: {}: {}", what, std::strerror(errno)));
}

std::expected<void, std::string> add_directory(int ruleset, const std::string& path,
                                               std::uint64_t allowed)
{
    const UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory)
        return failed(path);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = allowed;
    rule.parent_fd = directory.get();
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return failed(path);
    return {};
}

std::expected<void, std::string> add_readable_file(int ruleset, const std::string& path)
{
    const UniqueFd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!file)
        return errno == ENOENT ? std::expected<void, std::string>() : failed(path);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    rule.parent_fd = file.get();
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return failed(path);
    return {};
}

std::expected<void, std::string> add_ports(int ruleset, const std::vector<std::uint16_t>& ports,
                                           std::uint64_t allowed)
{
    for (const std::uint16_t port : ports) {
        const PortAttributes rule{allowed, port};
        if (::syscall(SYS_landlock_add_rule, ruleset, rule_for_port, &rule, 0) != 0)
            return failed(fmt::format("port {}", port));
    }
    return {};
}

} // namespace

int landlock_abi()
{
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                               LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? static_cast<int>(abi) : 0;
}

std::expected<void, std::string> restrict_by_landlock(const LandlockRules& rules)
{
    const int abi = landlock_abi();
    if (abi == 0)
        return {};
    const std::uint64_t ports = port_bind | (rules.any_connect_port ? 0 : port_connect);
    const RulesetAttributes attributes{
        .files = files_refused(rules, abi),
        .ports = abi >= 4 ? ports : 0,
        .scopes = abi >= 6 ? scope_abstract_socket | scope_signal : 0,
    };
    const UniqueFd ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size_at(abi), 0)));
    if (!ruleset && errno == ENOMSG) // Nothing that this kernel knows is to be refused.
        return {};
    if (!ruleset)
        return failed("create a ruleset");
    if (rules.ordinary_files && attributes.files != 0)
        if (auto done = add_directory(ruleset.get(), "/", file_refer); !done)
            return done;
    if (!rules.writable_directory.empty())
        if (auto done = add_directory(ruleset.get(), rules.writable_directory,
                                      attributes.files & ~never_in_data);
            !done)
            return done;
    if (!rules.readable_directory.empty())
        if (auto done = add_directory(ruleset.get(), rules.readable_directory,
                                      LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
            !done)
            return done;
    for (const auto& path : rules.readable_files)
        if (auto done = add_readable_file(ruleset.get(), path); !done)
            return done;
    if (abi >= 4) {
        if (!rules.any_connect_port)
            if (auto done = add_ports(ruleset.get(), rules.connect_ports, port_connect); !done)
                return done;
        if (auto done = add_ports(ruleset.get(), rules.bind_ports, port_bind); !done)
            return done;
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
        return failed("restrict this process");
    return {};
}

} // namespace posthouse::process
