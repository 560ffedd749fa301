// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/role.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace posthouse::process {

/// Kernel limits of one process (setrlimit). Core dumps are always off: memory holds letters.
struct ResourceLimits {
    /// Open descriptors. Cut to the hard limit where it cannot be raised.
    std::uint64_t descriptors = 1024;
    /// Threads and processes of the user, whichever program they belong to; so it is set only
    /// where the role has a user of its own.
    std::optional<std::uint64_t> threads_of_user = {};
    /// Address space. Not set in sanitizer builds, whose shadow is terabytes.
    std::optional<std::uint64_t> address_space_bytes = {};
};

ResourceLimits default_limits(Role);

enum class UserShare : std::uint8_t { own_user, shared_user };

/// Soft and hard together, so that the process cannot raise them again. While it is still root,
/// if it is. The error names the limit.
std::expected<void, std::string> apply_limits(const ResourceLimits&, UserShare);

} // namespace posthouse::process
