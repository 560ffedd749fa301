// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::process {

/// What a process of the house is there for. Everything it may do follows from this
/// (docs/confinement.md).
enum class Role : std::uint8_t {
    supervisor,
    gate,
    keeper,
    sorter,
    courier,
    resolver,
    clerk,
    agent,
    runner,
    envoy,  // asks one outside source of users for the clerk
    pam,    // asks PAM for the clerk
    tables, // the compiler of aliases and its like
    signer,
};

/// Every role that confines itself and keeps no privilege. Not among them: the supervisor, the
/// agent, which confines itself but becomes other users; its runner, whose children must be able
/// to do what any program of a user can; and PAM's, whose modules may do anything.
inline constexpr std::array confined_roles = {Role::gate,    Role::keeper,   Role::sorter,
                                              Role::courier, Role::resolver, Role::clerk,
                                              Role::envoy,   Role::tables,   Role::signer};

/// Where a role that may connect may connect to.
enum class Reach : std::uint8_t {
    listed_ports,
    /// Unix sockets with a path, and no port: an envoy to a database of this host.
    unix_sockets,
    /// An envoy to a file.
    nowhere,
    /// Any port, and Unix sockets: a courier whose next hops are in tables that it never sees.
    anywhere,
};

/// "gate", "keeper", …: in the process list, in logs, after --role.
std::string_view name_of(Role);
std::optional<Role> role_named(std::string_view);

/// The system user a role runs as where the house was started as root and the configuration names
/// no other. Empty for the supervisor, the agent, the runner and PAM's, which stay root.
std::string_view default_user(Role);

} // namespace posthouse::process
