// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::agent {

/// The role that delivers to this host's users: their mailboxes, files and programs. Ends the
/// process, or returns how.
process::Exit run_agent(process::StartUp);

} // namespace posthouse::agent
