// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/control.hpp"

#include <expected>
#include <string>
#include <sys/types.h>

namespace posthouse::process {

struct Spawned {
    pid_t pid = -1;
    UniqueFd process; // a pidfd: readable when the process has ended
    ControlChannel control;
};

/// The descriptor on which a child finds its end of the control channel.
constexpr int control_fd = 3;

/// Starts this executable again as `posthouse --role NAME`, with the control channel as
/// descriptor 3 and nothing else but the standard streams open. The error is one sentence.
std::expected<Spawned, std::string> spawn_role(const std::string& name);

} // namespace posthouse::process
