// SPDX-License-Identifier: Apache-2.0
#include "tests/process/sandbox_rig.hpp"

#include "base/contract.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>

namespace posthouse::process::testing {

namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

UniqueFd bound_socket(int type)
{
    UniqueFd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(0);
    expects(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return made;
}

std::uint16_t port_of(const UniqueFd& fd)
{
    sockaddr_in address{};
    socklen_t length = sizeof address;
    expects(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    return ntohs(address.sin_port);
}

UniqueFd listening(UniqueFd made)
{
    expects(::listen(made.get(), 16) == 0);
    return made;
}

/// A name starting with a NUL is an abstract one.
UniqueFd unix_listening(std::string_view name)
{
    UniqueFd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    expects(name.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    expects(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    return listening(std::move(made));
}

std::string new_directory()
{
    std::string name = (std::filesystem::temp_directory_path() / "confinement-XXXXXX").string();
    expects(::mkdtemp(name.data()) != nullptr);
    return name;
}

std::string everything_from(int fd)
{
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    return text;
}

void complain(const ConfinementError& error)
{
    fmt::print(stderr, "not confined: {}\n", error.text);
    std::fflush(stderr);
    ::_exit(77);
}

} // namespace

std::string name_of(Outcome outcome)
{
    switch (outcome) {
    case Outcome::allowed:
        return "allowed";
    case Outcome::refused:
        return "refused";
    case Outcome::killed:
        return "killed";
    case Outcome::broken:
        return "broken";
    }
    return "?";
}

std::string name_of(Place place)
{
    switch (place) {
    case Place::first_thread:
        return "in the first thread";
    case Place::thread_from_before:
        return "in a thread from before";
    case Place::thread_from_after:
        return "in a thread from after";
    }
    return "?";
}

Surroundings::Surroundings()
    : directory(new_directory()),
      data_dir(directory + "/data"),
      secret_file(directory + "/secret"),
      unix_path(directory + "/socket"),
      abstract_name(std::string(1, '\0') + directory),
      unix_listener(unix_listening(unix_path)),
      abstract_listener(unix_listening(abstract_name)),
      listener(listening(bound_socket(SOCK_STREAM))),
      waiting_client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      mail_port(port_of(listener)),
      other_listener(listening(bound_socket(SOCK_STREAM))),
      other_port(port_of(other_listener)),
      udp_receiver(bound_socket(SOCK_DGRAM)),
      udp_port(port_of(udp_receiver)),
      loose_tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      loose_udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      bound_tcp(bound_socket(SOCK_STREAM)),
      loose_unix(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      data_dir_handle(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))
{
    std::filesystem::create_directory(data_dir);
    std::ofstream(secret_file) << "secret";
    const sockaddr_in address = loopback(mail_port);
    expects(::connect(waiting_client.get(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) == 0);
}

Surroundings::~Surroundings()
{
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
}

Confinement Surroundings::confinement(Role role) const
{
    Confinement made{.role = role};
    if (role == Role::keeper)
        made.data_dir = data_dir;
    if (role == Role::courier || role == Role::resolver || role == Role::envoy)
        made.connect_ports = {mail_port};
    return made;
}

Ending run_in_child(const std::function<bool()>& attempt)
{
    int answer[2];
    int errors[2];
    expects(::pipe2(answer, O_CLOEXEC) == 0 && ::pipe2(errors, O_CLOEXEC) == 0);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    expects(child >= 0);
    if (child == 0) {
        ::alarm(120); // A child that hangs is a failure, not the end of the tests.
        ::dup2(errors[1], STDERR_FILENO);
        const char result = attempt() ? 'A' : 'R';
        (void)!::write(answer[1], &result, 1);
        ::_exit(0);
    }
    ::close(answer[1]);
    ::close(errors[1]);
    Ending ending{Outcome::broken, 0, everything_from(errors[0])};
    const std::string result = everything_from(answer[0]);
    ::close(answer[0]);
    ::close(errors[0]);
    // Threads that had themselves traced are ours to reap too, or the child would never be.
    for (pid_t reaped = 0; reaped != child;) {
        reaped = ::waitpid(-1, &ending.status, __WALL);
        expects(reaped > 0 || errno == EINTR);
    }
    if (WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGSYS)
        ending.outcome = Outcome::killed;
    else if (WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0)
        // No answer: the child became another program.
        ending.outcome = result == "R" ? Outcome::refused : Outcome::allowed;
    return ending;
}

Outcome outcome_of(Role role, Place place, const Surroundings& surroundings, const Attempt& attempt)
{
    const Ending ending = run_in_child([&] {
        const Confinement confinement = surroundings.confinement(role);
        if (role == Role::supervisor)
            return attempt(surroundings);
        if (auto done = confine_process(confinement); !done)
            complain(done.error());
        std::promise<void> go;
        bool result = false;
        std::thread from_before([&] {
            go.get_future().wait();
            if (place == Place::thread_from_before)
                result = attempt(surroundings);
        });
        if (auto done = confine_calls(confinement); !done)
            complain(done.error());
        go.set_value();
        from_before.join();
        if (place == Place::first_thread)
            result = attempt(surroundings);
        if (place == Place::thread_from_after)
            std::thread([&] { result = attempt(surroundings); }).join();
        return result;
    });
    if (ending.outcome == Outcome::broken)
        fmt::print(stderr, "the child's status was {:#x}; it said: {}\n", ending.status,
                   ending.error_output);
    return ending.outcome;
}

} // namespace posthouse::process::testing
