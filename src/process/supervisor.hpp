// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/premises.hpp"
#include "process/start_up.hpp"

#include <string>

namespace posthouse::process {

/// Runs the house until it is told to stop: binds the sockets, starts every role, joins them by
/// links, restarts what dies, reloads on SIGHUP, drains on SIGTERM or SIGINT. It reads no network
/// byte and opens no store. What is wrong goes to the log and, in a sentence, to standard error.
Exit supervise(const std::string& config_path, Salvage = Salvage::no);

} // namespace posthouse::process
