// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/runner.pb.h"
#include "base/unique_fd.hpp"
#include "config/config.hpp"

#include <vector>

/// What the runner's children do, each for one request.
namespace posthouse::agent {

/// Answers for each name, then ends the process.
[[noreturn]] void find_logins(int socket, std::uint32_t id, const RunnerRequest::Find&);

struct Program {
    std::string path;
    UniqueFd input, output;
};
/// Is it allowed, and whole? The error is what the agent is told.
std::expected<Program, std::string> check_program(const RunnerRequest::Run&,
                                                  const config::LocalDelivery&,
                                                  std::vector<UniqueFd> descriptors);

/// Becomes the user and the program. Says so to the agent if it cannot.
[[noreturn]] void become_program(int socket, std::uint32_t id, const RunnerRequest::Run&,
                                 const Program&);

} // namespace posthouse::agent
