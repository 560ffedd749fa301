// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <string>
#include <vector>

namespace posthouse::process {

/// A bound, listening, non-blocking TCP socket. The error is one sentence that names the address.
std::expected<UniqueFd, std::string> listen_on(const config::Endpoint&);

/// The control socket, for root and the service user only.
std::expected<UniqueFd, std::string> listen_on_path(const std::string& path);

wire::Listener describe(const config::Listener&);

} // namespace posthouse::process
