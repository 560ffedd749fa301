// SPDX-License-Identifier: Apache-2.0
#include "process/listeners.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
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

namespace {

/// Why there can be no socket at this path; "": there can.
std::string occupied(const sockaddr_un& address)
{
    struct stat status{};
    if (::lstat(address.sun_path, &status) != 0)
        return {};
    if (!S_ISSOCK(status.st_mode))
        return "there is a file that is no socket";
    const UniqueFd caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(caller.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
        errno == EAGAIN)
        return "another program listens there";
    ::unlink(address.sun_path);
    return {};
}

std::expected<void, std::string> give_to(const UnixPlace& place)
{
    auto user = static_cast<uid_t>(-1);
    auto group = static_cast<gid_t>(-1);
    if (!place.owner.empty()) {
        const auto* entry = ::getpwnam(place.owner.c_str());
        if (entry == nullptr)
            return std::unexpected("there is no user " + place.owner);
        user = entry->pw_uid;
    }
    if (!place.group.empty()) {
        const auto* entry = ::getgrnam(place.group.c_str());
        if (entry == nullptr)
            return std::unexpected("there is no group " + place.group);
        group = entry->gr_gid;
    }
    if (::lchown(place.path.c_str(), user, group) != 0 ||
        ::chmod(place.path.c_str(), place.mode) != 0)
        return std::unexpected(std::strerror(errno));
    return {};
}

} // namespace

std::expected<UniqueFd, std::string> listen_on(const UnixPlace& place)
{
    const auto failed = [&](std::string_view why) {
        return std::unexpected(fmt::format("cannot listen on unix:{}: {}", place.path, why));
    };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (place.path.empty() || place.path.size() >= sizeof address.sun_path)
        return failed("the path is too long");
    std::memcpy(address.sun_path, place.path.data(), place.path.size());
    if (const auto why = occupied(address); !why.empty())
        return failed(why);
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Until it is whose it is to be, it is nobody else's: the file takes the socket's mode.
    if (!socket || ::fchmod(socket.get(), 0600) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(std::strerror(errno));
    if (const auto given = give_to(place); !given) {
        ::unlink(place.path.c_str());
        return failed(given.error());
    }
    if (::listen(socket.get(), backlog) != 0)
        return failed(std::strerror(errno));
    return socket;
}

std::expected<UniqueFd, std::string> listen_on(const config::Listener& listener)
{
    if (listener.path.empty())
        return listen_on(listener.address);
    return listen_on(UnixPlace{.path = listener.path,
                               .mode = listener.mode,
                               .owner = listener.owner,
                               .group = listener.group});
}

std::expected<UniqueFd, std::string> listen_for_submission(const std::string& path)
{
    const auto directory = path.substr(0, path.rfind('/'));
    if (!directory.empty() && ::mkdir(directory.c_str(), 0755) == 0)
        ::chmod(directory.c_str(), 0755); // Whatever the umask is.
    return listen_on(UnixPlace{.path = path, .mode = 0666});
}

wire::Listener describe_submission(const std::string& path)
{
    wire::Listener what;
    what.set_protocol("submit");
    what.set_address("unix:" + path);
    what.set_tls("off");
    return what;
}

namespace {

const char* word_for(config::Protocol protocol)
{
    switch (protocol) {
    case config::Protocol::smtp:
        break;
    case config::Protocol::lmtp:
        return "lmtp";
    case config::Protocol::pop3:
        return "pop3";
    case config::Protocol::imap:
        return "imap";
    case config::Protocol::submission:
        return "submission";
    }
    return "smtp";
}

} // namespace

wire::Listener describe(const config::Listener& listener)
{
    wire::Listener what;
    what.set_protocol(word_for(listener.protocol));
    what.set_address(listener.text());
    for (const auto& network : listener.proxy_from)
        what.add_proxy_from(network);
    what.set_tls(listener.tls == config::ListenerTls::starttls   ? "starttls"
                 : listener.tls == config::ListenerTls::implicit ? "implicit"
                                                                 : "off");
    what.set_plaintext_auth(listener.plaintext_auth);
    return what;
}

} // namespace posthouse::process
