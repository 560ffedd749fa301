// SPDX-License-Identifier: Apache-2.0
#include "agent/pipe_reader.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::agent {

std::expected<Pipe, int> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::unexpected(errno);
    Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
    const int flags = ::fcntl(ends[0], F_GETFL);
    if (flags < 0 || ::fcntl(ends[0], F_SETFL, flags | O_NONBLOCK) != 0)
        return std::unexpected(errno);
    return made;
}

PipeReader::PipeReader(asio::any_io_executor executor, UniqueFd read_end, std::size_t most)
    : end_(executor, read_end.release()),
      most_(most)
{
}

PipeReader::Got PipeReader::read_some()
{
    std::array<char, 16 * 1024> buffer;
    const auto got = ::read(end_.native_handle(), buffer.data(), buffer.size());
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? Got::nothing : Got::end;
    if (got == 0)
        return Got::end;
    const auto bytes = static_cast<std::size_t>(got);
    text_.append(buffer.data(), std::min(bytes, most_ - text_.size()));
    return text_.size() == most_ ? Got::flood : Got::something;
}

Task<PipeReader::Why> PipeReader::read_until(Instant deadline)
{
    for (;;) {
        const auto got = read_some();
        if (got == Got::end)
            co_return Why::end;
        if (got == Got::flood)
            co_return Why::flood;
        if (got == Got::something)
            continue;
        const bool more = co_await wait_readable(end_, deadline);
        if (!more)
            co_return Why::late;
    }
}

void PipeReader::read_rest()
{
    while (text_.size() < most_ && read_some() == Got::something) {
    }
}

Task<bool> wait_readable(asio::posix::stream_descriptor& descriptor, Instant deadline)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
    const auto result =
        co_await (descriptor.async_wait(asio::posix::stream_descriptor::wait_read, quietly) ||
                  timer.async_wait(quietly));
    co_return result.index() == 0 && !std::get<0>(std::get<0>(result));
}

} // namespace posthouse::agent
