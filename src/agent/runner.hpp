// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::agent {

/// The role beside the agent that is not confined: it asks the user database, whose modules may do
/// anything, and starts the programs allowed, since seccomp and no_new_privs would outlive their
/// start and break what is set-user-id (procmail, vacation). It reads nothing but the agent's
/// requests, and checks each against the configuration itself; each is a process of its own.
process::Exit run_runner(process::StartUp);

} // namespace posthouse::agent
