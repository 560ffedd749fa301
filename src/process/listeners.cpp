// SPDX-License-Identifier: Apache-2.0
#include "process/listeners.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace posthouse::process {
namespace {

constexpr int backlog = 4096; // The kernel cuts it to net.core.somaxconn.

std::string reason_of(int error)
{
    if (error == EADDRINUSE)
        return "another program uses this port";
    if (error == EACCES)
        return "ports below 1024 are for root";
    if (error == EADDRNOTAVAIL)
        return "this machine has no such address";
    return std::strerror(error);
}

} // namespace

std::expected<UniqueFd, std::string> listen_on(const config::Endpoint& at)
{
    sockaddr_storage storage{};
    socklen_t size = 0;
    const int family = at.is_ipv6() ? AF_INET6 : AF_INET;
    if (family == AF_INET6) {
        auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
        *address = {};
        address->sin6_family = AF_INET6;
        address->sin6_port = htons(at.port);
        ::inet_pton(AF_INET6, at.address.c_str(), &address->sin6_addr);
        size = sizeof *address;
    } else {
        auto* address = reinterpret_cast<sockaddr_in*>(&storage);
        *address = {};
        address->sin_family = AF_INET;
        address->sin_port = htons(at.port);
        ::inet_pton(AF_INET, at.address.c_str(), &address->sin_addr);
        size = sizeof *address;
    }
    UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    if (!socket)
        return std::unexpected(fmt::format("cannot listen on {}: {}", at.text(), reason_of(errno)));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return std::unexpected(fmt::format("cannot listen on {}: {}", at.text(), reason_of(errno)));
    return socket;
}

std::expected<UniqueFd, std::string> listen_on_path(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return std::unexpected(
            fmt::format("the path of the control socket is too long ({} bytes, at most {}): {}",
                        path.size(), sizeof address.sun_path - 1, path));
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(
        path.c_str()); // Of a server that is gone: the store's lock says that there is no other.
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), 64) != 0)
        return std::unexpected(fmt::format("cannot listen on {}: {}", path, std::strerror(errno)));
    return socket;
}

wire::Listener describe(const config::Listener& listener)
{
    wire::Listener what;
    what.set_protocol(listener.protocol == config::Protocol::smtp ? "smtp" : "pop3");
    what.set_address(listener.address.text());
    what.set_tls(listener.tls == config::ListenerTls::starttls   ? "starttls"
                 : listener.tls == config::ListenerTls::implicit ? "implicit"
                                                                 : "off");
    what.set_plaintext_auth(listener.plaintext_auth);
    return what;
}

} // namespace posthouse::process
