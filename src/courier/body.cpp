// SPDX-License-Identifier: Apache-2.0
#include "courier/body.hpp"

#include "base/contract.hpp"
#include "courier/policy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::courier {

void Body::rewind()
{
    at_ = 0;
    if (!keeper_)
        return;
    if (asked_ > Limits::piece_bytes || ahead_ || whole_.empty()) { // Else it is all at hand.
        whole_.clear();
        asked_ = 0;
        ahead_.reset();
    }
}

Task<wire::Result<std::string_view>> Body::next(std::size_t most)
{
    if (at_ == whole_.size()) {
        expects(keeper_ != nullptr);
        if (const auto failed = co_await take_piece())
            co_return std::unexpected(*failed);
    }
    const auto piece = std::string_view(whole_).substr(at_, most);
    at_ += piece.size();
    co_return piece;
}

Task<std::optional<wire::Failure>> Body::take_piece()
{
    if (!ahead_)
        co_await ask_ahead();
    const auto piece = std::exchange(ahead_, nullptr);
    while (!piece->bytes)
        co_await piece->filled.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!*piece->bytes)
        co_return piece->bytes->error();
    if ((*piece->bytes)->empty())
        co_return wire::Failure::invalid;
    whole_ = std::move(**piece->bytes);
    at_ = 0;
    if (asked_ < bytes_)
        co_await ask_ahead();
    co_return std::nullopt;
}

Task<void> Body::ask_ahead()
{
    expects(asked_ < bytes_);
    const auto executor = co_await asio::this_coro::executor;
    wire::ReadLetter order;
    order.set_letter(letter_);
    order.set_offset(asked_);
    order.set_length(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(Limits::piece_bytes, bytes_ - asked_)));
    asked_ += order.length();
    ahead_ = std::make_shared<Piece>(executor);
    ahead_->filled.expires_at(asio::steady_timer::time_point::max());
    asio::co_spawn(executor, fill(ahead_, keeper_, std::move(order)), asio::detached);
}

Task<void> Body::fill(std::shared_ptr<Piece> piece, std::shared_ptr<wire::Link> keeper,
                      wire::ReadLetter order)
{
    auto answer = co_await keeper->call(wire::Method::read_letter, order.SerializeAsString());
    if (!answer)
        piece->bytes = std::unexpected(answer.error());
    else if (answer->raw.size() != order.length())
        piece->bytes = std::unexpected(wire::Failure::invalid);
    else
        piece->bytes = std::move(answer->raw);
    piece->filled.cancel();
}

} // namespace posthouse::courier
