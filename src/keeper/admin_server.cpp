// SPDX-License-Identifier: Apache-2.0
#include "keeper/admin_server.hpp"

#include "base/log.hpp"
#include "wire/parse.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t requests_at_once = 8;

bool may_administer(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

} // namespace

void AdminServer::listen(UniqueFd socket)
{
    acceptor_.emplace(context_);
    acceptor_->assign(asio::local::stream_protocol(), socket.release());
    asio::co_spawn(context_, accept(), asio::detached);
}

Task<void> AdminServer::accept()
{
    for (;;) {
        auto [error, socket] = co_await acceptor_->async_accept(as_result);
        if (error == asio::error::operation_aborted)
            co_return;
        if (error)
            continue;
        if (!may_administer(socket.native_handle())) {
            log::warning("admin.refused");
            continue;
        }
        wire::Link::Options options;
        options.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            return serve(std::move(link), std::move(frame));
        };
        options.in_flight = requests_at_once;
        const auto raw = std::make_shared<const wire::Link*>(nullptr);
        options.closed = [this, raw] {
            for (const auto& extra : extras_)
                extra.gone(*raw);
        };
        *raw = wire::Link::open(context_.get_executor(), UniqueFd(socket.release()),
                                std::move(options))
                   .get();
    }
}

Task<wire::Result<wire::Answer>> AdminServer::serve(std::shared_ptr<wire::Link> link,
                                                    wire::Frame frame)
{
    for (const auto& extra : extras_)
        if (extra.takes(frame.head.method)) {
            auto answer = co_await extra.answer(link, std::move(frame));
            if (!link->is_open()) // What was begun for one who had gone already goes too.
                extra.gone(link.get());
            co_return answer;
        }
    auto request = wire::parse<wire::Admin>(frame.message);
    if (frame.head.method != wire::Method::admin || !request)
        co_return std::unexpected(wire::Failure::invalid);
    co_return wire::answer_with(co_await admin_.answer(std::move(*request)));
}

} // namespace posthouse::keeper
