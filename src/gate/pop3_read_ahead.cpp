// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_read_ahead.hpp"

#include "base/contract.hpp"
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

struct ReadAhead::Answer {
    std::string piece;
    std::deque<Letter> behind;
};

/// A piece that was asked for and not taken yet.
struct ReadAhead::Pending {
    Pending(const asio::any_io_executor& executor, const Wanted& piece)
        : wanted(piece),
          come(executor, asio::steady_timer::time_point::max())
    {
    }

    Wanted wanted;
    std::optional<wire::Result<Answer>> answer;
    asio::steady_timer come; // Cancelled then.
};

Task<wire::Result<ReadAhead::Answer>>
ReadAhead::ask(std::shared_ptr<wire::Link> keeper, Wanted wanted, std::vector<std::uint32_t> behind)
{
    wire::ReadMessage request;
    request.set_session(wanted.session);
    request.set_uid(wanted.uid);
    request.set_offset(wanted.offset);
    request.set_length(wanted.length);
    request.mutable_behind()->Assign(behind.begin(), behind.end());
    request.set_room(behind.empty() ? 0 : room);
    auto piece = co_await keeper->call<wire::Piece>(wire::Method::read_message, request);
    if (!piece)
        co_return std::unexpected(piece.error());
    Answer answer;
    const auto& lengths = piece->message.behind();
    std::uint64_t bytes = 0;
    for (const auto length : lengths)
        bytes += length;
    if (bytes >= piece->raw.size() || piece->raw.size() - bytes > wanted.length ||
        static_cast<std::size_t>(lengths.size()) > behind.size())
        co_return std::unexpected(wire::Failure::invalid);
    auto at = static_cast<std::size_t>(piece->raw.size() - bytes);
    for (int i = 0; i < lengths.size(); ++i) {
        answer.behind.push_back(
            {behind[static_cast<std::size_t>(i)], piece->raw.substr(at, lengths[i])});
        at += lengths[i];
    }
    answer.piece = std::move(piece->raw);
    answer.piece.resize(answer.piece.size() - bytes);
    co_return answer;
}

Task<void> ReadAhead::fetch(std::shared_ptr<wire::Link> keeper, std::shared_ptr<Pending> pending,
                            std::vector<std::uint32_t> behind)
{
    auto answer = co_await ask(std::move(keeper), pending->wanted, std::move(behind));
    pending->answer = std::move(answer);
    pending->come.cancel();
}

Task<wire::Result<std::string>> ReadAhead::read(std::shared_ptr<wire::Link> keeper, Wanted wanted)
{
    const bool whole = wanted.offset == 0 && wanted.more == 0;
    if (!behind_.empty() && behind_.front().uid == wanted.uid && whole &&
        behind_.front().text.size() <= wanted.length) {
        auto text = std::move(behind_.front().text);
        behind_.pop_front();
        co_return text;
    }
    behind_.clear(); // Somebody reads in another order.
    const auto pending = std::exchange(pending_, nullptr);
    wire::Result<Answer> answer = std::unexpected(wire::Failure::invalid);
    if (pending && pending->wanted == wanted) {
        if (!pending->answer)
            co_await pending->come.async_wait(asio::as_tuple(asio::use_awaitable));
        answer = std::move(*pending->answer);
    } else {
        answer = co_await ask(keeper, wanted, {});
    }
    if (!answer)
        co_return std::unexpected(answer.error());
    behind_ = std::move(answer->behind);
    // A piece that is shorter than it might be puts the next one elsewhere.
    if (wanted.more != 0 && answer->piece.size() == wanted.length) {
        const auto length =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted.more, wanted.length));
        expect(co_await asio::this_coro::executor, std::move(keeper),
               {.session = wanted.session,
                .uid = wanted.uid,
                .offset = wanted.offset + wanted.length,
                .length = length,
                .more = wanted.more - length},
               {});
    }
    co_return std::move(answer->piece);
}

void ReadAhead::expect(const asio::any_io_executor& executor, std::shared_ptr<wire::Link> keeper,
                       Wanted wanted, std::vector<std::uint32_t> behind)
{
    expects(behind.size() <= most_behind);
    pending_ = std::make_shared<Pending>(executor, wanted);
    asio::co_spawn(executor, fetch(std::move(keeper), pending_, std::move(behind)), asio::detached);
}

bool ReadAhead::expects_message(std::uint32_t uid) const
{
    return (pending_ && pending_->wanted.uid == uid) ||
           (!behind_.empty() && behind_.front().uid == uid);
}

} // namespace posthouse::gate
