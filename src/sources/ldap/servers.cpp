// SPDX-License-Identifier: Apache-2.0
#include "sources/ldap/servers.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace posthouse::sources {
namespace {

std::unexpected<std::string> wrong(std::string_view url, std::string_view what)
{
    return std::unexpected(fmt::format("\"{}\" {}", printable(url, 200), what));
}

std::expected<LdapServer, std::string> parse_one(std::string_view url)
{
    LdapServer server;
    auto rest = url;
    if (starts_with_ignoring_case(rest, "ldaps://")) {
        server.tls_at_once = true;
        server.port = 636;
        rest.remove_prefix(8);
    } else if (starts_with_ignoring_case(rest, "ldap://")) {
        rest.remove_prefix(7);
    } else {
        return wrong(url, "begins neither with ldap:// nor with ldaps://");
    }
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (rest.starts_with('[')) {
        const auto end = rest.find(']');
        if (end == std::string_view::npos)
            return wrong(url, "has no end of its IPv6 address");
        server.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    } else {
        server.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(server.host.size());
    }
    if (!rest.empty()) {
        const auto port = rest.starts_with(':') ? parse_number(rest.substr(1)) : std::nullopt;
        if (!port || *port == 0 || *port > 65535)
            return wrong(url, "has something else than a port behind its host");
        server.port = static_cast<std::uint16_t>(*port);
    }
    constexpr std::string_view never_in_a_host = "/?#@[]% ";
    if (server.host.empty() || server.host.find_first_of(never_in_a_host) != std::string::npos)
        return wrong(url, "has no host");
    return server;
}

bool is_connected_by(int socket, Instant deadline)
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Instant::clock::now());
    pollfd writable{socket, POLLOUT, 0};
    if (left.count() <= 0 || ::poll(&writable, 1, static_cast<int>(left.count())) != 1) {
        errno = ETIMEDOUT;
        return false;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    errno = error;
    return error == 0;
}

std::expected<UniqueFd, int> connect_one(const addrinfo& address, Instant deadline)
{
    UniqueFd socket(
        ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket)
        return std::unexpected(errno);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0)
        return socket;
    if (errno == EINPROGRESS && is_connected_by(socket.get(), deadline))
        return socket;
    return std::unexpected(errno);
}

} // namespace

std::string LdapServer::text() const
{
    return fmt::format(fmt::runtime(host.contains(':') ? "{}://[{}]:{}" : "{}://{}:{}"),
                       tls_at_once ? "ldaps" : "ldap", host, port);
}

std::expected<std::vector<LdapServer>, std::string> parse_ldap_servers(std::string_view url)
{
    std::vector<LdapServer> servers;
    constexpr std::string_view separators = ", \t\n";
    while (!url.empty()) {
        const auto end = url.find_first_of(separators);
        const auto one = url.substr(0, end);
        url.remove_prefix(end == std::string_view::npos ? url.size() : end + 1);
        if (one.empty())
            continue;
        auto server = parse_one(one);
        if (!server)
            return std::unexpected(server.error());
        servers.push_back(std::move(*server));
    }
    if (servers.empty())
        return std::unexpected("no server is named");
    return servers;
}

std::expected<UniqueFd, std::string> connect_to(const std::string& host, std::uint16_t port,
                                                Instant deadline)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
        error != 0)
        return std::unexpected(fmt::format("{}: {}", host, ::gai_strerror(error)));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    int error = EHOSTUNREACH;
    for (const auto* address = found; address != nullptr; address = address->ai_next) {
        auto socket = connect_one(*address, deadline);
        if (socket)
            return std::move(*socket);
        error = socket.error();
    }
    return std::unexpected(std::string(std::strerror(error)));
}

} // namespace posthouse::sources
