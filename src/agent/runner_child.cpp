// SPDX-License-Identifier: Apache-2.0
#include "agent/runner_child.hpp"

#include "agent/limits.hpp"
#include "agent/login.hpp"
#include "agent/names.hpp"
#include "agent/packet.hpp"
#include "agent/program.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

RunnerAnswer answer_for(std::string_view name)
{
    RunnerAnswer answer;
    const auto login = look_up_login(name);
    if (!login) {
        if (login.error() == LookupError::none)
            answer.mutable_none();
        else
            answer.mutable_unavailable();
        return answer;
    }
    auto* found = answer.mutable_found();
    found->set_name(login->name);
    found->set_home(login->home);
    found->set_user(login->user);
    found->set_group(login->group);
    for (const auto group : login->groups)
        found->add_groups(group);
    return answer;
}

/// Only those that the agent has a reason to set; PATH, LD_PRELOAD and their like never.
bool is_letters_variable(std::string_view variable)
{
    static constexpr std::array<std::string_view, 5> names{
        "SENDER=", "RECIPIENT=", "LOCAL=", "EXTENSION=", "DOMAIN="};
    return std::ranges::any_of(names,
                               [&](std::string_view name) { return variable.starts_with(name); });
}

bool is_whole(std::string_view text)
{
    return !text.contains('\0');
}

struct Failure {
    std::string_view step;
    int error;
};

[[noreturn]] void tell_and_end(int socket, std::uint32_t id, const Failure& failure)
{
    RunnerAnswer answer;
    answer.set_id(id);
    answer.mutable_not_started()->set_reason(
        fmt::format("{}: {}", failure.step, std::strerror(failure.error)));
    send_packet(socket, answer);
    ::_exit(0);
}

/// As a program expects to be started: nothing ignored, nothing blocked.
void reset_signals()
{
    for (int number = 1; number < 32; ++number)
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_limits(std::uint32_t cpu_seconds)
{
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const rlimit descriptors{1024, 4096};
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
    if (cpu_seconds != 0) {
        const rlimit processor{cpu_seconds, cpu_seconds};
        ::setrlimit(RLIMIT_CPU, &processor);
    }
}

std::vector<std::string> environment_of(const Login& login, const RunnerRequest::Run& run)
{
    std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                            "HOME=" + login.home,
                                            "USER=" + login.name,
                                            "LOGNAME=" + login.name,
                                            "SHELL=/bin/sh",
                                            "LANG=C"};
    for (const auto& variable : run.environment())
        if (is_letters_variable(variable))
            environment.push_back(variable);
    return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    for (auto& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

void find_logins(int socket, std::uint32_t id, const RunnerRequest::Find& find)
{
    for (int i = 0; i < find.names_size(); ++i) {
        auto answer = answer_for(find.names(i));
        answer.set_id(id);
        answer.set_index(static_cast<std::uint32_t>(i));
        if (!send_packet(socket, answer))
            ::_exit(1);
    }
    ::_exit(0);
}

std::expected<Program, std::string> check_program(const RunnerRequest::Run& run,
                                                  const config::LocalDelivery& terms,
                                                  std::vector<UniqueFd> descriptors)
{
    if (descriptors.size() != 2 || run.arguments_size() == 0 ||
        static_cast<std::size_t>(run.arguments_size()) > Limits::arguments ||
        !is_plain_login(run.user()) || !std::ranges::all_of(run.arguments(), is_whole) ||
        !std::ranges::all_of(run.environment(), is_whole))
        return std::unexpected("the request makes no sense");
    auto allowed = terms.programs_allowed;
    if (terms.format == config::LocalDelivery::Format::program)
        if (const auto own = program_of(terms.program))
            allowed.push_back(*own);
    auto path = allowed_program(run.arguments(0), allowed);
    if (!path)
        return std::unexpected(fmt::format("{} is not among local_delivery.programs_allowed",
                                           printable(run.arguments(0), 256)));
    return Program{std::move(*path), std::move(descriptors[0]), std::move(descriptors[1])};
}

void become_program(int socket, std::uint32_t id, const RunnerRequest::Run& run,
                    const Program& program)
{
    const auto login = look_up_login(run.user());
    if (!login)
        tell_and_end(socket, id, {"the user cannot be looked up", ENOENT});
    if (login->user == 0 && ::geteuid() == 0) // Nothing that a letter starts is root.
        tell_and_end(socket, id, {"root runs no programs", EPERM});
    ::setsid();
    reset_signals();
    if (::dup2(program.input.get(), STDIN_FILENO) < 0 ||
        ::dup2(program.output.get(), STDOUT_FILENO) < 0 ||
        ::dup2(program.output.get(), STDERR_FILENO) < 0 ||
        ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        tell_and_end(socket, id, {"its input and output", errno});
    set_limits(run.cpu_seconds());
    if (!become(*login, login->group))
        tell_and_end(socket, id, {"the user", errno == 0 ? EPERM : errno});
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); // Of the runner's end; not for set-user-id ones.
    ::umask(077);
    if (::chdir(login->home.c_str()) != 0 && ::chdir("/") != 0)
        tell_and_end(socket, id, {"the directory", errno});
    std::vector<std::string> arguments(run.arguments().begin(), run.arguments().end());
    auto environment = environment_of(*login, run);
    const auto argv = pointers_to(arguments);
    const auto envp = pointers_to(environment);
    ::execve(program.path.c_str(), argv.data(), envp.data());
    tell_and_end(socket, id, {program.path, errno});
}

} // namespace posthouse::agent
