// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace posthouse::agent {

/// A user of this host.
struct Login {
    std::string name, home;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
    bool operator==(const Login&) const = default;
};

enum class LookupError : unsigned char { none, unavailable };

/// By the C library and whatever nsswitch.conf names; may take as long as those do.
std::expected<Login, LookupError> look_up_login(std::string_view name);

/// Takes user and groups for good; `other_group` stays within reach (setegid) where it is not the
/// user's own. Only root can be somebody else; for others it is checked that they are the user.
/// False: it failed, and the process has to end.
bool become(const Login&, gid_t other_group);

} // namespace posthouse::agent
