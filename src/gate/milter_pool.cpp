// SPDX-License-Identifier: Apache-2.0
#include "gate/milter_pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace posthouse::gate {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Of a socket that is connecting: how it ended.
Task<std::expected<void, std::string>> wait_until_connected(tcp::socket& socket, Instant until)
{
    // The timer may have run out already when the wait ends.
    const auto waiting = std::make_shared<tcp::socket*>(&socket);
    asio::steady_timer timer(socket.get_executor(), until);
    timer.async_wait([waiting](boost::system::error_code) {
        boost::system::error_code ignored;
        if (*waiting != nullptr)
            (*waiting)->cancel(ignored);
    });
    auto [error] = co_await socket.async_wait(tcp::socket::wait_write, as_result);
    *waiting = nullptr;
    if (error)
        co_return std::unexpected("no connection in time");
    int fault = 0;
    socklen_t size = sizeof fault;
    ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &fault, &size);
    if (fault != 0)
        co_return std::unexpected(std::strerror(fault));
    co_return std::expected<void, std::string>();
}

} // namespace

Task<std::expected<UniqueFd, std::string>> MilterPool::ask_for(std::string milter, Instant until)
{
    struct Answer {
        asio::steady_timer come;
        std::optional<std::expected<UniqueFd, std::string>> what = {};
    };
    const auto answer =
        std::make_shared<Answer>(Answer{asio::steady_timer(deadlines_.context(), until)});
    wire::Control::Connect request;
    request.set_milter(std::move(milter));
    const auto id = outside_.ask(std::move(request), [answer](UniqueFd socket, std::string error) {
        if (socket)
            answer->what = std::move(socket);
        else
            answer->what = std::unexpected(std::move(error));
        answer->come.cancel();
    });
    if (!answer->what)
        co_await answer->come.async_wait(as_result);
    outside_.forget(id);
    if (!answer->what)
        co_return std::unexpected("no connection in time");
    co_return std::move(*answer->what);
}

Task<std::expected<MilterPool::Connection, std::string>>
MilterPool::connect(std::string milter, Kind kind, Instant until)
{
    if (kind == Kind::any)
        if (auto kept = take_idle(milter))
            co_return std::move(*kept);
    auto descriptor = co_await ask_for(std::move(milter), until);
    if (!descriptor)
        co_return std::unexpected(std::move(descriptor.error()));
    tcp::socket socket(deadlines_.context());
    boost::system::error_code error;
    // It may be a Unix socket: what follows is the same for both.
    socket.assign(tcp::v4(), descriptor->get(), error);
    if (error)
        co_return std::unexpected(error.message());
    [[maybe_unused]] const int handed_over = descriptor->release();
    socket.non_blocking(true, error);
    auto connected = co_await wait_until_connected(socket, until);
    if (!connected)
        co_return std::unexpected(std::move(connected.error()));
    co_return Connection{std::make_unique<net::Channel>(std::move(socket), deadlines_),
                         std::nullopt};
}

std::optional<MilterPool::Connection> MilterPool::take_idle(const std::string& milter)
{
    const auto found = idle_.find(milter);
    if (found == idle_.end())
        return std::nullopt;
    auto& kept = found->second;
    const auto now = Instant::clock::now();
    while (!kept.empty()) {
        auto last = std::move(kept.back()); // The one that was used last is the likeliest to live.
        kept.pop_back();
        if (last.until > now && !last.channel->has_input())
            return Connection{std::move(last.channel), std::move(last.terms)};
    }
    return std::nullopt;
}

void MilterPool::keep(const std::string& milter, std::unique_ptr<net::Channel> channel,
                      milter::Terms terms)
{
    auto& kept = idle_[milter];
    const auto now = Instant::clock::now();
    while (!kept.empty() && (kept.size() >= Limits::idle_per_filter || kept.front().until <= now))
        kept.pop_front();
    kept.push_back({std::move(channel), std::move(terms), now + Limits::idle});
}

bool MilterPool::reserve(std::uint64_t bytes)
{
    if (letters_bytes_ + bytes > Limits::letters_bytes)
        return false;
    letters_bytes_ += bytes;
    return true;
}

} // namespace posthouse::gate
