// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <string>
#include <sys/types.h>
#include <vector>

namespace posthouse::process {

/// A bound, listening, non-blocking TCP socket. The error is one sentence that names the address.
std::expected<UniqueFd, std::string> listen_on(const config::Endpoint&);

/// The control socket, for root and the service user only.
std::expected<UniqueFd, std::string> listen_on_path(const std::string& path);

/// A Unix socket's file, and whose it is to be; names are of the user database, or empty.
struct UnixPlace {
    std::string path;
    mode_t mode = 0660;
    std::string owner = {}, group = {};
};
/// A bound, listening, non-blocking one. What a server that is gone has left there is replaced;
/// where one listens still, or there is another kind of file, that is an error.
std::expected<UniqueFd, std::string> listen_on(const UnixPlace&);

/// The one or the other.
std::expected<UniqueFd, std::string> listen_on(const config::Listener&);

/// The sendmail command's socket, which anyone may connect to. Its directory is made if it can be.
std::expected<UniqueFd, std::string> listen_for_submission(const std::string& path);
wire::Listener describe_submission(const std::string& path);

wire::Listener describe(const config::Listener&);

} // namespace posthouse::process
