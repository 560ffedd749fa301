// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/channel.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <utility>

namespace posthouse::tests {

/// Two ends of a TCP connection on the loopback.
inline std::pair<boost::asio::ip::tcp::socket, boost::asio::ip::tcp::socket>
connected_sockets(boost::asio::io_context& io)
{
    using boost::asio::ip::tcp;
    tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    tcp::socket client(io);
    client.connect(acceptor.local_endpoint());
    return {acceptor.accept(), std::move(client)};
}

} // namespace posthouse::tests
