// SPDX-License-Identifier: Apache-2.0
#include "gate/worker.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/imap_connection.hpp"
#include "gate/pop3_connection.hpp"
#include "gate/proxied.hpp"
#include "gate/smtp_connection.hpp"
#include "process/house.hpp"
#include "wire/parse.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace posthouse::gate {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// When descriptors or memory are short, sessions that end will give some back.
constexpr auto accept_pause = std::chrono::milliseconds(100);

/// Asio asks no more of a Unix socket than that it is a stream: it goes as one of IPv4.
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

std::optional<std::uint32_t> peer_user(tcp::socket& socket)
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return std::nullopt;
    return credentials.uid;
}

/// A user of this host is counted like an IPv6 network, of a range that no network has.
asio::ip::address census_address(const Party& party)
{
    boost::system::error_code error;
    if (const auto address = asio::ip::make_address(party.address, error); !error)
        return address;
    asio::ip::address_v6::bytes_type bytes{0x01}; // 100::/8 is reserved.
    const auto user = party.user.value_or(0xffffffff);
    for (std::size_t i = 0; i < 4; ++i)
        bytes[4 + i] = static_cast<unsigned char>(user >> (24 - 8 * i));
    return asio::ip::address_v6(bytes);
}

/// Only the sendmail command's callers are clients of their own; behind another Unix socket stands
/// a program that the administrator has put there.
Census::Limits limits_for(const Party& party, const Terms& terms)
{
    auto limits = terms.limits;
    if (party.address.empty() && !terms.local_submission)
        limits.sessions_per_client = limits.sessions;
    return limits;
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

Worker::Worker(Census& census, std::string id_mark, Outside::Send send)
    : outside_(std::move(send)),
      desk_{.deadlines = deadlines_,
            .outside = &outside_,
            .milters = &milters_,
            .reader_events = &reader_events_,
            .id_mark = std::move(id_mark)},
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

void Worker::share_tickets(std::shared_ptr<net::TicketKeys> tickets)
{
    desk_.signer->set_tickets(std::move(tickets));
}

void Worker::take_link(process::LinkEnd end)
{
    if (end.peer == process::signer)
        return desk_.signer->connect(context_.get_executor(), std::move(end.socket));
    auto& place = end.peer == "clerk"      ? desk_.clerk
                  : end.peer == "resolver" ? desk_.resolver
                                           : desk_.keeper;
    if (end.peer != "clerk" && end.peer != "keeper" && end.peer != "resolver")
        return;
    if (place)
        place->close();
    auto closed = [peer = end.peer] { log::warning(event::link_lost, {{"peer", peer}}); };
    place = wire::Link::open(context_.get_executor(), std::move(end.socket),
                             {.handler =
                                  [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
                                      return hear(std::move(frame));
                                  },
                              .closed = std::move(closed)});
    log::debug(event::link_opened, {{"peer", end.peer}});
}

/// The keeper tells readers' sessions what has changed; nothing else is told to a gate.
Task<wire::Result<wire::Answer>> Worker::hear(wire::Frame frame)
{
    if (frame.head.method != wire::Method::mailbox_event)
        co_return std::unexpected(wire::Failure::refused);
    if (const auto event = wire::parse<wire::MailboxEvent>(frame.message))
        reader_events_.tell(*event);
    co_return wire::answer_with(wire::Done());
}

void Worker::connected(std::uint64_t id, UniqueFd socket, std::string error)
{
    outside_.connected(id, std::move(socket), std::move(error));
}

void Worker::collect(std::shared_ptr<const process::Settings> settings, Dropped dropped,
                     std::function<void(wire::Control::Collected)> done)
{
    if (ended_)
        return;
    asio::co_spawn(
        context_, gate::collect(desk_, std::move(settings), std::move(dropped)),
        [done = std::move(done)](std::exception_ptr error, wire::Control::Collected collected) {
            // What a library threw: the letter stays for a later round.
            done(error ? wire::Control::Collected() : std::move(collected));
        });
}

void Worker::listen(std::vector<Opening> openings)
{
    close_doors();
    milters_.forget_idle(); // The settings may have changed.
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
    const auto& terms = door.terms;
    if (terms->unix_socket) {
        Party party{.address = {}, .user = peer_user(socket)};
        return admit(std::move(socket), std::move(party), terms);
    }
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    const auto ours = socket.local_endpoint(error);
    if (error)
        return;
    socket.set_option(tcp::no_delay(true), error);
    if (std::ranges::any_of(terms->proxy_from, [&](const net::Network& network) {
            return network.contains(peer.address());
        })) {
        // A balancer stands for many clients.
        auto place = census_.enter(peer.address(), {.sessions = terms->limits.sessions,
                                                    .sessions_per_client = terms->limits.sessions});
        if (!place)
            return turn_away(std::move(socket), *terms, {.address = text_of(peer.address())},
                             "sessions");
        asio::co_spawn(context_, welcome_proxied(std::move(socket), terms, std::move(*place)),
                       asio::detached);
        return;
    }
    admit(std::move(socket),
          {.address = text_of(peer.address()),
           .port = peer.port(),
           .our_port = ours.port(),
           .our_address = text_of(ours.address())},
          terms);
}

/// The place is the balancer's, until its client has one.
Task<void> Worker::welcome_proxied(tcp::socket socket, std::shared_ptr<const Terms> terms,
                                   Census::Place)
{
    boost::system::error_code error;
    const auto balancer = socket.remote_endpoint(error);
    socket.non_blocking(true, error);
    const auto header = co_await take_proxy_header(socket);
    const auto client = header && header->ends ? header->ends->source : balancer;
    if (header)
        admit(std::move(socket), {.address = text_of(client.address())}, std::move(terms));
    else
        log::info(event::session_refused, {{"client", text_of(client.address())},
                                           {"listener", terms->listener},
                                           {"reason", "no PROXY header"}});
}

void Worker::admit(tcp::socket socket, Party party, std::shared_ptr<const Terms> terms)
{
    auto place = census_.enter(census_address(party), limits_for(party, *terms));
    if (!place || ended_) {
        const bool full = !place && place.error() == Census::Full::all;
        return turn_away(std::move(socket), *terms, party,
                         ended_ ? "draining"
                         : full ? "sessions"
                                : "sessions_per_client");
    }
    const bool smtp = terms->smtp != nullptr;
    Visitor visitor{std::move(socket), std::move(party), random_.next(), std::move(terms),
                    std::move(*place)};
    std::unique_ptr<Connection> connection;
    if (smtp)
        connection = std::make_unique<SmtpConnection>(std::move(visitor), desk_);
    else if (visitor.terms->imap)
        connection = std::make_unique<ImapConnection>(std::move(visitor), desk_);
    else
        connection = std::make_unique<Pop3Connection>(std::move(visitor), desk_);
    connections_.insert(connection.get());
    asio::co_spawn(context_, serve(std::move(connection)), asio::detached);
}

/// At once and without waiting, since those who come in numbers must cost little.
void Worker::turn_away(tcp::socket socket, const Terms& terms, const Party& party,
                       std::string_view reason) const
{
    log::info(event::session_refused,
              {{"client", party.label()}, {"listener", terms.listener}, {"reason", reason}});
    const std::string_view words = terms.implicit_tls ? ""
                                   : terms.smtp
                                       ? "421 4.7.0 Too many sessions, try again later\r\n"
                                   : terms.imap
                                       ? "* BYE [UNAVAILABLE] Too many sessions, try again later\r\n"
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
