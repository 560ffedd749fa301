// SPDX-License-Identifier: Apache-2.0
#include "process/spawn.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(const char* name, int channel, pid_t parent)
{
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // A terminal or a service manager may signal the whole group; when to end is the supervisor's
    // word, on the control channel.
    for (const int number : {SIGINT, SIGHUP, SIGPIPE, SIGTERM})
        ::signal(number, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    if (channel == control_fd)
        ::fcntl(channel, F_SETFD, 0);
    else if (::dup2(channel, control_fd) < 0)
        ::_exit(71);
    ::syscall(SYS_close_range, control_fd + 1, ~0u, 0);
    std::array<const char*, 4> arguments{"posthouse", "--role", name, nullptr};
    ::execv("/proc/self/exe", const_cast<char* const*>(arguments.data()));
    ::_exit(71);
}

} // namespace

std::expected<Spawned, std::string> spawn_role(const std::string& name)
{
    auto [ours, theirs] = ControlChannel::make_pair();
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0)
        return std::unexpected(std::string("cannot start a process: ") + std::strerror(errno));
    if (pid == 0)
        become(name.c_str(), theirs.fd(), parent);
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process) {
        const std::string reason = std::strerror(errno);
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return std::unexpected("cannot watch a process: " + reason);
    }
    return Spawned{pid, std::move(process), std::move(ours)};
}

} // namespace posthouse::process
