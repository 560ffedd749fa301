// SPDX-License-Identifier: Apache-2.0
#include "gate/proxied.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <sys/socket.h>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace posthouse::gate {
namespace {

/// Removes bytes that were looked at.
bool consume(int socket, std::size_t count)
{
    std::array<char, net::ProxyLimits::binary_bytes> gone;
    return ::recv(socket, gone.data(), count, MSG_DONTWAIT) == static_cast<ssize_t>(count);
}

/// What has come, behind what came before, and without taking it: nobody else's byte is lost.
/// False: the connection is of no more use.
bool peek(int socket, std::string& received)
{
    std::array<char, net::ProxyLimits::binary_bytes> bytes;
    const auto got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return true;
    if (got <= 0)
        return false;
    received.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

} // namespace

Task<std::optional<net::ProxyHeader>> take_proxy_header(tcp::socket& socket)
{
    using State = net::ProxyParse::State;
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    asio::steady_timer deadline(socket.get_executor(), ProxiedLimits::patience);
    // Its handler may be on its way when we are done, and the socket gone with us.
    const auto watched = std::make_shared<tcp::socket*>(&socket);
    deadline.async_wait([watched](boost::system::error_code error) {
        boost::system::error_code ignored;
        if (!error && *watched != nullptr)
            (*watched)->cancel(ignored);
    });
    std::optional<net::ProxyHeader> header;
    std::string taken; // Of the header, so far.
    for (;;) {
        const auto [error] = co_await socket.async_wait(tcp::socket::wait_read, as_result);
        auto received = taken;
        if (error || !peek(socket.native_handle(), received))
            break;
        const auto parsed = net::parse_proxy_header(received);
        const bool complete = parsed.state == State::complete;
        const auto here = complete ? parsed.header.bytes : received.size();
        if (parsed.state == State::malformed ||
            !consume(socket.native_handle(), here - taken.size()))
            break;
        taken = std::move(received);
        if (complete) {
            header = parsed.header;
            break;
        }
    }
    // If it has expired this very moment, it may yet cancel what comes next, which looks as if the
    // client had gone: it had waited for five seconds to come.
    deadline.cancel();
    co_return header;
}

} // namespace posthouse::gate
