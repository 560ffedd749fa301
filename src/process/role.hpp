// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::process {

/// What a process of the house is there for. Everything it may do follows from this
/// (docs/confinement.md).
enum class Role : std::uint8_t { supervisor, gate, keeper, sorter, courier, resolver, clerk };

/// Every role that confines itself: all but the supervisor.
inline constexpr std::array confined_roles = {Role::gate,    Role::keeper,   Role::sorter,
                                              Role::courier, Role::resolver, Role::clerk};

/// "gate", "keeper", …: in the process list, in logs, after --role.
std::string_view name_of(Role);
std::optional<Role> role_named(std::string_view);

/// The system user a role runs as where the house was started as root and the configuration names
/// no other. Empty for the supervisor.
std::string_view default_user(Role);

} // namespace posthouse::process
