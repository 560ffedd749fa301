// SPDX-License-Identifier: Apache-2.0
#include "gate/signer_link.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "wire/parse.hpp"
#include "wire/signing.pb.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <vector>

namespace asio = boost::asio;

namespace posthouse::gate {
namespace {

bool take_tickets(const std::shared_ptr<net::TicketKeys>& tickets, const wire::TicketKeys& given)
{
    const std::vector<std::string> keys(given.keys().begin(), given.keys().end());
    return tickets && tickets->replace(keys);
}

Task<void> ask_for_tickets(std::shared_ptr<wire::Link> link,
                           std::shared_ptr<net::TicketKeys> tickets)
{
    const auto given =
        co_await link->call<wire::TicketKeys>(wire::Method::ticket_keys, wire::TicketKeysWanted());
    if (given)
        take_tickets(tickets, given->message);
}

/// What the signer says unasked.
Task<wire::Result<wire::Answer>> hear(std::shared_ptr<net::TicketKeys> tickets, wire::Frame frame)
{
    const auto given = frame.head.method == wire::Method::ticket_keys
                           ? wire::parse<wire::TicketKeys>(frame.message)
                           : std::nullopt;
    if (!given || !take_tickets(tickets, *given))
        co_return std::unexpected(wire::Failure::refused);
    co_return wire::Answer();
}

Task<void> ask_for_signature(std::shared_ptr<wire::Link> link, wire::Sign order,
                             net::Signing::Done done)
{
    auto made = co_await link->call<wire::Signed>(wire::Method::sign, order);
    if (!made)
        log::warning(event::signature_failed, {{"reason", wire::describe(made.error())}});
    done(made ? std::optional(std::move(*made->message.mutable_signature())) : std::nullopt);
}

} // namespace

void SignerLink::connect(const asio::any_io_executor& executor, UniqueFd socket)
{
    hang_up();
    executor_ = executor;
    auto closed = [] { log::warning(event::link_lost, {{"peer", "signer"}}); };
    link_ =
        wire::Link::open(executor, std::move(socket),
                         {.handler =
                              [tickets = tickets_](std::shared_ptr<wire::Link>, wire::Frame frame) {
                                  return hear(tickets, std::move(frame));
                              },
                          .closed = std::move(closed)});
    asio::co_spawn(executor, ask_for_tickets(link_, tickets_), asio::detached);
}

void SignerLink::hang_up()
{
    if (link_)
        link_->close();
}

void SignerLink::sign(net::SignatureOrder order, Done done)
{
    if (!is_open()) {
        log::warning(event::signature_failed, {{"reason", wire::describe(wire::Failure::closed)}});
        return done(std::nullopt);
    }
    wire::Sign request;
    request.set_key(std::move(order.key));
    request.set_scheme(order.scheme);
    request.set_content(std::move(order.content));
    asio::co_spawn(executor_, ask_for_signature(link_, std::move(request), std::move(done)),
                   asio::detached);
}

} // namespace posthouse::gate
