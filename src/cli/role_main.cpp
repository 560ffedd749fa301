// SPDX-License-Identifier: Apache-2.0
#include "cli/role_main.hpp"

#include "agent/agent.hpp"
#include "agent/runner.hpp"
#include "base/log.hpp"
#include "clerk/clerk.hpp"
#include "compiler/compiler.hpp"
#include "courier/courier.hpp"
#include "envoy/envoy.hpp"
#include "gate/gate.hpp"
#include "keeper/keeper.hpp"
#include "process/house.hpp"
#include "process/spawn.hpp"
#include "resolver/resolver.hpp"
#include "signer/signer.hpp"
#include "sorter/sorter.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sys/prctl.h>

namespace posthouse::cli {

process::Exit run_role(const std::string& name)
{
    const auto role = process::role_named(name.substr(0, name.find_first_of("./")));
    if (!role || ::fcntl(process::control_fd, F_GETFD) < 0) {
        std::fputs("posthouse: roles are started by `posthouse serve`\n", stderr);
        return process::Exit::usage;
    }
    ::fcntl(process::control_fd, F_SETFD, FD_CLOEXEC);
    log::set_process(name);
    ::prctl(PR_SET_NAME, name.c_str()); // What `ps -o comm` and `ss -p` show, cut to 15 bytes.
    auto start =
        process::receive_start_up(process::ControlChannel(UniqueFd(process::control_fd)), name);
    if (!start)
        return process::Exit::ok;
    switch (*role) {
    case process::Role::gate:
        return gate::run_gate(std::move(*start));
    case process::Role::keeper:
        return keeper::run_keeper(std::move(*start));
    case process::Role::sorter:
        return sorter::run_sorter(std::move(*start));
    case process::Role::courier:
        return courier::run_courier(std::move(*start));
    case process::Role::resolver:
        return resolver::run_resolver(std::move(*start));
    case process::Role::clerk:
        return clerk::run_clerk(std::move(*start));
    case process::Role::agent:
        return agent::run_agent(std::move(*start));
    case process::Role::runner:
        return agent::run_runner(std::move(*start));
    case process::Role::signer:
        return signer::run_signer(std::move(*start));
    case process::Role::envoy:
        return envoy::run_envoy(std::move(*start));
    case process::Role::pam:
        return envoy::run_pam(std::move(*start));
    case process::Role::tables:
        return compiler::run_compiler(std::move(*start));
    case process::Role::supervisor:
        break;
    }
    return process::Exit::usage;
}

} // namespace posthouse::cli
