// SPDX-License-Identifier: Apache-2.0
#include "gate/worker.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/pop3_connection.hpp"
#include "gate/smtp_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <sys/socket.h>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace posthouse::gate {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// When descriptors or memory are short, sessions that end will give some back.
constexpr auto accept_pause = std::chrono::milliseconds(100);

tcp protocol_of(int socket)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
}

std::string text_of(const asio::ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    if (address.is_v6() && address.to_v6().scope_id() != 0) {
        auto bare = address.to_v6();
        bare.scope_id(0);
        return bare.to_string();
    }
    return address.to_string();
}

} // namespace

// ---- Doors ----------------------------------------------------------------------------------

Worker::Door::Door(asio::io_context& context, Opening opening)
    : acceptor(context),
      terms(std::move(opening.terms))
{
    const auto protocol = protocol_of(opening.socket.get());
    acceptor.assign(protocol, opening.socket.release());
    acceptor.non_blocking(true);
}

Worker::Door::~Door()
{
    close();
}

/// The socket is open elsewhere too, so that closing it here would not take it out of epoll's
/// set; releasing it does.
void Worker::Door::close()
{
    if (acceptor.is_open()) {
        boost::system::error_code ignored;
        const UniqueFd socket(acceptor.release(ignored));
    }
}

Worker::Worker(Census& census, std::string id_mark)
    : desk_{.deadlines = deadlines_, .id_mark = std::move(id_mark)},
      census_(census)
{
}

Worker::~Worker()
{
    expects(connections_.empty());
    close_doors();
}

void Worker::run()
{
    const auto work = asio::make_work_guard(context_);
    context_.run();
}

void Worker::take_link(process::LinkEnd end)
{
    auto& place = end.peer == "clerk" ? desk_.clerk : desk_.keeper;
    if (end.peer != "clerk" && end.peer != "keeper")
        return;
    if (place)
        place->close();
    auto closed = [peer = end.peer] { log::warning(event::link_lost, {{"peer", peer}}); };
    place = wire::Link::open(context_.get_executor(), std::move(end.socket),
                             {.handler = nullptr, .closed = std::move(closed)});
    log::debug(event::link_opened, {{"peer", end.peer}});
}

void Worker::listen(std::vector<Opening> openings)
{
    close_doors();
    if (ended_)
        return;
    for (auto& opening : openings) {
        doors_.push_back(std::make_shared<Door>(context_, std::move(opening)));
        asio::co_spawn(context_, accept(doors_.back()), asio::detached);
    }
}

void Worker::close_doors()
{
    for (const auto& door : std::exchange(doors_, {}))
        door->close();
}

void Worker::drain(std::function<void()> ended)
{
    close_doors();
    ended_ = std::move(ended);
    if (connections_.empty())
        return ended_();
    for (auto* connection : connections_)
        connection->drain();
}

// ---- Who comes in ---------------------------------------------------------------------------

Task<void> Worker::accept(std::shared_ptr<Door> door)
{
    while (door->acceptor.is_open()) {
        auto [error, socket] = co_await door->acceptor.async_accept(as_result);
        if (!error) {
            welcome(std::move(socket), *door);
        } else if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
                   error == asio::error::no_buffer_space) {
            log::warning(event::accept_failed,
                         {{"listener", door->terms->listener}, {"reason", error.message()}});
            asio::steady_timer pause(context_, accept_pause);
            co_await pause.async_wait(as_result);
        }
        // Else: the client has gone already, or the door is closed.
    }
}

void Worker::welcome(tcp::socket socket, const Door& door)
{
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error)
        return;
    socket.set_option(tcp::no_delay(true), error);
    const auto& terms = door.terms;
    auto place = census_.enter(peer.address(), terms->limits);
    auto address = text_of(peer.address());
    if (!place || ended_) {
        const bool full = !place && place.error() == Census::Full::all;
        log::info(event::session_refused, {{"client", address},
                                           {"listener", terms->listener},
                                           {"reason", ended_ ? "draining"
                                                      : full ? "sessions"
                                                             : "sessions_per_client"}});
        return turn_away(std::move(socket), *terms);
    }
    const bool smtp = terms->smtp != nullptr;
    Visitor visitor{std::move(socket), std::move(address), random_.next(), terms,
                    std::move(*place)};
    std::unique_ptr<Connection> connection;
    if (smtp)
        connection = std::make_unique<SmtpConnection>(std::move(visitor), desk_);
    else
        connection = std::make_unique<Pop3Connection>(std::move(visitor), desk_);
    connections_.insert(connection.get());
    asio::co_spawn(context_, serve(std::move(connection)), asio::detached);
}

/// At once and without waiting, since those who come in numbers must cost little.
void Worker::turn_away(tcp::socket socket, const Terms& terms) const
{
    const std::string_view words = terms.implicit_tls ? ""
                                   : terms.smtp
                                       ? "421 4.7.0 Too many sessions, try again later\r\n"
                                       : "-ERR [SYS/TEMP] Too many sessions, try again later\r\n";
    ::send(socket.native_handle(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 4096> unread{}; // Closed with input unread, the connection would be reset.
    const auto taken = ::recv(socket.native_handle(), unread.data(), unread.size(), MSG_DONTWAIT);
    static_cast<void>(taken);
}

Task<void> Worker::serve(std::unique_ptr<Connection> connection)
{
    co_await connection->run();
    connections_.erase(connection.get());
    connection.reset();
    if (ended_ && connections_.empty())
        ended_();
}

} // namespace posthouse::gate
