// SPDX-License-Identifier: Apache-2.0
#include "tests/dns/unbound/nameserver.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::dns {
namespace {

constexpr auto program = "/usr/sbin/nsd";
constexpr int patience_ms = 10'000;

/// A port that is free for UDP and TCP now; nsd takes it a moment later.
std::uint16_t free_port()
{
    const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(tcp.get(), generic, length) != 0 ||
        ::getsockname(tcp.get(), generic, &length) != 0 || ::bind(udp.get(), generic, length) != 0)
        return 0;
    return ntohs(address.sin_port);
}

std::string settings(const std::filesystem::path& directory, std::uint16_t port)
{
    const auto d = directory.string();
    return "server:\n ip-address: 127.0.0.1@" + std::to_string(port) +
           "\n username: \"\"\n server-count: 1\n verbosity: 1\n database: \"\"\n pidfile: \"\"\n"
           " zonesdir: \"" POSTHOUSE_SOURCE "/tests/dns/unbound/zones\"\n xfrdfile: \"" +
           d + "/xfrd\"\n xfrdir: \"" + d + "\"\n zonelistfile: \"" + d +
           "/zones\"\nremote-control:\n control-enable: no\n";
}

} // namespace

bool Nameserver::installed()
{
    return ::access(program, X_OK) == 0;
}

std::unique_ptr<Nameserver> Nameserver::start(const std::map<std::string, std::string>& zones)
{
    if (!installed())
        return nullptr;
    std::unique_ptr<Nameserver> server(new Nameserver);
    auto name = (std::filesystem::temp_directory_path() / "posthouse-nsd-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        ADD_FAILURE() << "no temporary directory";
        return nullptr;
    }
    server->directory_ = name;
    for (int attempt = 0; attempt < 5; ++attempt) { // Another may take the port between.
        server->port_ = free_port();
        std::ofstream file(server->directory_ / "nsd.conf");
        file << settings(server->directory_, server->port_);
        for (const auto& [zone, in] : zones)
            file << "zone:\n name: \"" << zone << "\"\n zonefile: \"" << in << "\"\n";
        file.close();
        if (server->run() && server->has_started())
            return server;
        server->stop();
    }
    ADD_FAILURE() << "nsd did not start";
    return nullptr;
}

bool Nameserver::run()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    log_.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    const auto file = (directory_ / "nsd.conf").string();
    pid_ = ::fork();
    if (pid_ != 0)
        return pid_ > 0;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM); // Not left behind by a test that crashes.
    ::dup2(write_end.get(), STDERR_FILENO);
    ::execl(program, program, "-d", "-c", file.c_str(), nullptr);
    ::_exit(127);
}

/// Reads what it logs until it says so.
bool Nameserver::has_started()
{
    std::string said;
    std::array<char, 4096> buffer{};
    pollfd readable{log_.get(), POLLIN, 0};
    while (::poll(&readable, 1, patience_ms) > 0) {
        const auto count = ::read(log_.get(), buffer.data(), buffer.size());
        if (count <= 0)
            return false;
        said.append(buffer.data(), static_cast<std::size_t>(count));
        if (said.contains("nsd started"))
            return true;
    }
    return false;
}

void Nameserver::stop()
{
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
    log_.reset();
}

Nameserver::~Nameserver()
{
    stop();
    std::error_code ignored;
    if (!directory_.empty())
        std::filesystem::remove_all(directory_, ignored);
}

} // namespace posthouse::dns
