// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace posthouse::process {

/// The user and group a confined process runs as; never root. It has no supplementary groups.
struct Identity {
    uid_t user;
    gid_t group;

    friend bool operator==(const Identity&, const Identity&) = default;
};

/// Looks a system user up. For the supervisor, before children start: they can no longer read the
/// user database. No identity when this process is not root, since it could not change to it.
/// The error is a sentence for the administrator.
std::expected<std::optional<Identity>, std::string> identity_of(std::string_view user);

/// The same, whoever asks.
std::expected<Identity, std::string> look_up_user(std::string_view user);

} // namespace posthouse::process
