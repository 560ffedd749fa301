// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_read_ahead.hpp"

#include "wire/messages.pb.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace posthouse::gate {

/// A piece that was asked for and not taken yet.
struct ReadAhead::Pending {
    Pending(const asio::any_io_executor& executor, const Wanted& piece)
        : wanted(piece),
          come(executor, asio::steady_timer::time_point::max())
    {
    }

    Wanted wanted;
    std::optional<wire::Result<std::string>> piece;
    asio::steady_timer come; // Cancelled then.
};

namespace {

Task<wire::Result<std::string>> ask(std::shared_ptr<wire::Link> keeper, ReadAhead::Wanted wanted)
{
    wire::ReadMessage request;
    request.set_session(wanted.session);
    request.set_uid(wanted.uid);
    request.set_offset(wanted.offset);
    request.set_length(wanted.length);
    auto piece = co_await keeper->call<wire::Piece>(wire::Method::read_message, request);
    if (!piece)
        co_return std::unexpected(piece.error());
    if (piece->raw.empty() || piece->raw.size() > wanted.length)
        co_return std::unexpected(wire::Failure::invalid);
    co_return std::move(piece->raw);
}

} // namespace

Task<void> ReadAhead::fetch(std::shared_ptr<wire::Link> keeper, std::shared_ptr<Pending> pending)
{
    auto piece = co_await ask(std::move(keeper), pending->wanted);
    pending->piece = std::move(piece);
    pending->come.cancel();
}

Task<wire::Result<std::string>> ReadAhead::read(std::shared_ptr<wire::Link> keeper, Wanted wanted)
{
    const auto pending = std::exchange(pending_, nullptr);
    wire::Result<std::string> piece = std::unexpected(wire::Failure::invalid);
    if (pending && pending->wanted == wanted) {
        if (!pending->piece)
            co_await pending->come.async_wait(asio::as_tuple(asio::use_awaitable));
        piece = std::move(*pending->piece);
    } else {
        piece = co_await ask(keeper, wanted);
    }
    // A piece that is shorter than it might be puts the next one elsewhere.
    if (piece && wanted.more != 0 && piece->size() == wanted.length) {
        const auto length =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted.more, wanted.length));
        expect(co_await asio::this_coro::executor, std::move(keeper),
               {.session = wanted.session,
                .uid = wanted.uid,
                .offset = wanted.offset + wanted.length,
                .length = length,
                .more = wanted.more - length});
    }
    co_return piece;
}

void ReadAhead::expect(const asio::any_io_executor& executor, std::shared_ptr<wire::Link> keeper,
                       Wanted wanted)
{
    pending_ = std::make_shared<Pending>(executor, wanted);
    asio::co_spawn(executor, fetch(std::move(keeper), pending_), asio::detached);
}

} // namespace posthouse::gate
