// SPDX-License-Identifier: Apache-2.0
#include "net/channel.hpp"

#include "base/contract.hpp"
#include "base/unique_fd.hpp"
#include "net/scratch.hpp"
#include "net/suspension.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::net {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t small_buffer = 2048;

} // namespace

Channel::Channel(tcp::socket socket, Deadlines& deadlines)
    : Watch(deadlines),
      socket_(std::move(socket))
{
    if (socket_.is_open())
        socket_.non_blocking(true);
}

Channel::~Channel()
{
    if (suspension_ && suspension_->pending.order) { // Destroyed in mid-handshake.
        suspension_->pending.refused = true;
        SSL_do_handshake(tls_); // Its stack has to be left.
        ERR_clear_error();
    }
    if (tls_ != nullptr)
        SSL_free(tls_);
}

void Channel::expired()
{
    timed_out_ = true;
    cancel();
}

void Channel::cancel()
{
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    if (suspension_ && suspension_->timer)
        suspension_->timer->cancel();
}

Task<Channel::Result<std::string_view>> Channel::read(Instant until)
{
    timed_out_ = false;
    start(until);
    auto got = tls_ != nullptr ? co_await read_tls() : co_await read_plain();
    stop();
    co_return got;
}

Task<Channel::Result<std::string_view>> Channel::read_plain()
{
    if (!small_)
        small_ = std::make_unique_for_overwrite<char[]>(small_buffer);
    auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(small_.get(), small_buffer), as_result);
    if (error)
        co_return std::unexpected(failure());
    if (count < small_buffer)
        co_return std::string_view(small_.get(), count);
    // There is more: take what is there in one go.
    const auto buffer = scratch();
    std::copy_n(small_.get(), count, buffer.begin());
    const auto more =
        ::recv(socket_.native_handle(), buffer.data() + count, buffer.size() - count, MSG_DONTWAIT);
    if (more > 0)
        count += static_cast<std::size_t>(more);
    co_return std::string_view(buffer.data(), count);
}

Task<Channel::Result<void>> Channel::write(std::string_view first, std::string_view second,
                                           Instant until)
{
    timed_out_ = false;
    start(until);
    if (tls_ != nullptr) {
        auto written = co_await write_tls(first, second);
        stop();
        co_return written;
    }
    while (!first.empty() || !second.empty()) {
        std::array<iovec, 2> pieces{iovec{const_cast<char*>(first.data()), first.size()},
                                    iovec{const_cast<char*>(second.data()), second.size()}};
        msghdr header{};
        header.msg_iov = pieces.data();
        header.msg_iovlen = pieces.size();
        const auto count = ::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) {
            const auto of_first = std::min(static_cast<std::size_t>(count), first.size());
            first.remove_prefix(of_first);
            second.remove_prefix(static_cast<std::size_t>(count) - of_first);
            continue;
        }
        if (errno == EINTR)
            continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || !co_await wait(tcp::socket::wait_write)) {
            stop();
            co_return std::unexpected(failure());
        }
    }
    stop();
    co_return Result<void>{};
}

Task<bool> Channel::wait(tcp::socket::wait_type what)
{
    auto [error] = co_await socket_.async_wait(what, as_result);
    co_return !error;
}

Channel::Result<void> Channel::connect_to_path(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        connect_error_ = "the path is too long";
        return std::unexpected(Failure::lost);
    }
    path.copy(address.sun_path, path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    // It is connected at once or not at all: with EAGAIN, too many are waiting there.
    if (!socket ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        connect_error_ = std::strerror(errno);
        return std::unexpected(Failure::lost);
    }
    boost::system::error_code error;
    socket_.assign(tcp::v4(), socket.get(), error); // Asio asks no more of it than that it is one.
    if (error) {
        connect_error_ = error.message();
        return std::unexpected(Failure::lost);
    }
    [[maybe_unused]] const int handed_over = socket.release();
    socket_.non_blocking(true);
    return {};
}

Task<Channel::Result<void>> Channel::connect(tcp::endpoint peer, Instant until)
{
    timed_out_ = false;
    start(until);
    auto [error] = co_await socket_.async_connect(peer, as_result);
    stop();
    if (error) {
        connect_error_ = error.message();
        co_return std::unexpected(failure());
    }
    socket_.non_blocking(true);
    socket_.set_option(tcp::no_delay(true), error);
    co_return Result<void>{};
}

bool Channel::has_input() const
{
    if (tls_ != nullptr && SSL_pending(tls_) > 0)
        return true;
    pollfd poll{const_cast<tcp::socket&>(socket_).native_handle(), POLLIN, 0};
    return ::poll(&poll, 1, 0) > 0;
}

void Channel::finish()
{
    if (tls_ != nullptr && SSL_is_init_finished(tls_) != 0)
        SSL_shutdown(tls_);
    ERR_clear_error();
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Channel::close()
{
    if (tls_ != nullptr && SSL_is_init_finished(tls_) != 0)
        SSL_shutdown(tls_); // close_notify, if it fits; the peer's is not waited for.
    ERR_clear_error();
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

} // namespace posthouse::net
