// SPDX-License-Identifier: Apache-2.0
#include "process/doors.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace posthouse::process {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::optional<Address> address_of(const config::Endpoint& endpoint)
{
    Address address;
    if (endpoint.is_ipv6()) {
        auto* to = reinterpret_cast<sockaddr_in6*>(&address.storage);
        to->sin6_family = AF_INET6;
        to->sin6_port = htons(endpoint.port);
        address.size = sizeof *to;
        if (::inet_pton(AF_INET6, endpoint.address.c_str(), &to->sin6_addr) != 1)
            return std::nullopt;
    } else {
        auto* to = reinterpret_cast<sockaddr_in*>(&address.storage);
        to->sin_family = AF_INET;
        to->sin_port = htons(endpoint.port);
        address.size = sizeof *to;
        if (::inet_pton(AF_INET, endpoint.address.c_str(), &to->sin_addr) != 1)
            return std::nullopt;
    }
    return address;
}

std::expected<UniqueFd, std::string> connect(UniqueFd socket, const Address& to)
{
    if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS)
        return std::unexpected(errno == EAGAIN ? "too many wait there already"
                                               : std::strerror(errno));
    return socket;
}

UniqueFd make_socket(int family)
{
    return UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

} // namespace

std::expected<UniqueFd, std::string> start_connection(const std::string& unix_path)
{
    Address to;
    auto* address = reinterpret_cast<sockaddr_un*>(&to.storage);
    address->sun_family = AF_UNIX;
    if (unix_path.empty() || unix_path.size() >= sizeof address->sun_path)
        return std::unexpected("the path is too long");
    std::memcpy(address->sun_path, unix_path.data(), unix_path.size());
    to.size = sizeof *address;
    auto socket = make_socket(AF_UNIX);
    if (!socket)
        return std::unexpected(std::strerror(errno));
    return connect(std::move(socket), to);
}

std::expected<UniqueFd, std::string> start_connection(const config::Endpoint& endpoint,
                                                      const std::optional<std::string>& from)
{
    const auto to = address_of(endpoint);
    const auto source = from ? address_of({*from, 0}) : std::nullopt;
    if (!to || (from && !source))
        return std::unexpected("not an address");
    auto socket = make_socket(to->storage.ss_family);
    if (!socket)
        return std::unexpected(std::strerror(errno));
    if (source && ::bind(socket.get(), source->get(), source->size) != 0)
        return std::unexpected(std::strerror(errno));
    return connect(std::move(socket), *to);
}

std::expected<UniqueFd, std::string> open_door(const config::Config& config,
                                               const wire::Control::Connect& request)
{
    if (!request.milter().empty()) {
        const auto found =
            std::ranges::find(config.milters, request.milter(), &config::Milter::name);
        if (found == config.milters.end())
            return std::unexpected("there is no such filter");
        return found->path.empty() ? start_connection(found->address)
                                   : start_connection(found->path);
    }
    if (!config.smtp.ident)
        return std::unexpected("nobody is asked who is calling");
    return start_connection({request.ident_peer(), ident_port}, request.ident_local());
}

} // namespace posthouse::process
