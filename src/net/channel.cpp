// SPDX-License-Identifier: Apache-2.0
#include "net/channel.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <sys/un.h>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::net {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t small_buffer = 2048;
constexpr std::size_t large_buffer = 64 * 1024;

/// One for a thread: bytes are handed on before anybody else can read.
std::span<char> scratch()
{
    static thread_local const auto buffer = std::make_unique<char[]>(large_buffer);
    return {buffer.get(), large_buffer};
}

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

Task<Channel::Result<std::string_view>> Channel::read_tls()
{
    auto got = co_await until_done(
        [this] { return SSL_read(tls_, scratch().data(), static_cast<int>(large_buffer)); });
    if (!got)
        co_return std::unexpected(got.error());
    co_return std::string_view(scratch().data(), static_cast<std::size_t>(*got));
}

Task<Channel::Result<void>> Channel::write(std::string_view bytes, Instant until)
{
    timed_out_ = false;
    start(until);
    if (tls_ != nullptr) {
        auto written = co_await write_tls(bytes);
        stop();
        co_return written;
    }
    while (!bytes.empty()) {
        const auto count = ::send(socket_.native_handle(), bytes.data(), bytes.size(),
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
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

Task<Channel::Result<void>> Channel::write_tls(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto piece = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
        auto count = co_await until_done([&] { return SSL_write(tls_, bytes.data(), piece); });
        if (!count)
            co_return std::unexpected(count.error());
        bytes.remove_prefix(static_cast<std::size_t>(*count));
    }
    co_return Result<void>{};
}

Task<bool> Channel::wait(tcp::socket::wait_type what)
{
    auto [error] = co_await socket_.async_wait(what, as_result);
    co_return !error;
}

template <class Call>
Task<Channel::Result<int>> Channel::until_done(Call call)
{
    for (;;) {
        ERR_clear_error();
        const int result = call();
        if (result > 0)
            co_return result;
        const int reason = SSL_get_error(tls_, result);
        bool ready = false;
        if (reason == SSL_ERROR_WANT_READ)
            ready = co_await wait(tcp::socket::wait_read);
        else if (reason == SSL_ERROR_WANT_WRITE)
            ready = co_await wait(tcp::socket::wait_write);
        else if (const auto code = ERR_peek_error(); code != 0) {
            std::array<char, 256> text{};
            ERR_error_string_n(code, text.data(), text.size());
            tls_error_ = text.data();
        }
        if (!ready) {
            ERR_clear_error();
            co_return std::unexpected(failure());
        }
    }
}

Task<Channel::Result<void>> Channel::accept_tls(std::shared_ptr<TlsContext> context, Instant until)
{
    expects(tls_ == nullptr);
    timed_out_ = false;
    start(until);
    tls_context_ = std::move(context);
    tls_ = SSL_new(tls_context_->native());
    SSL_set_fd(tls_, socket_.native_handle());
    auto shaken = co_await until_done([this] { return SSL_accept(tls_); });
    stop();
    if (!shaken)
        co_return std::unexpected(shaken.error());
    co_return Result<void>{};
}

Task<Channel::Result<void>> Channel::connect_tls(std::shared_ptr<TlsContext> context,
                                                 std::string host, Instant until)
{
    return connect_tls(std::move(context), TlsPeer{std::move(host)}, until);
}

Task<Channel::Result<void>> Channel::connect_tls(std::shared_ptr<TlsContext> context, TlsPeer peer,
                                                 Instant until)
{
    expects(tls_ == nullptr);
    timed_out_ = false;
    start(until);
    tls_context_ = std::move(context);
    tls_ = SSL_new(tls_context_->native());
    SSL_set_fd(tls_, socket_.native_handle());
    boost::system::error_code not_an_address;
    asio::ip::make_address(peer.host, not_an_address);
    auto* checks = SSL_get0_param(tls_);
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (not_an_address) {
        SSL_set_tlsext_host_name(tls_, peer.host.c_str());
        X509_VERIFY_PARAM_set1_host(checks, peer.host.c_str(), peer.host.size());
    } else
        X509_VERIFY_PARAM_set1_ip_asc(checks, peer.host.c_str());
    auto shaken = co_await until_done([this] { return SSL_connect(tls_); });
    stop();
    if (const auto fault = certificate_fault(peer); !fault.empty()) {
        tls_error_ = fault;
        co_return std::unexpected(Failure::lost);
    }
    if (!shaken)
        co_return std::unexpected(shaken.error());
    co_return Result<void>{};
}

std::string Channel::certificate_fault(const TlsPeer& peer) const
{
    const auto verified = SSL_get_verify_result(tls_);
    if (verified != X509_V_OK && SSL_get_verify_mode(tls_) != SSL_VERIFY_NONE)
        return "the certificate is not one for " + peer.host +
               " that is trusted: " + X509_verify_cert_error_string(verified);
    if (peer.fingerprints.empty() || SSL_is_init_finished(tls_) == 0)
        return {};
    const auto* certificate = SSL_get0_peer_certificate(tls_);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned bytes = 0;
    if (certificate == nullptr ||
        X509_digest(certificate, EVP_sha256(), digest.data(), &bytes) != 1)
        return "the host has no certificate";
    const auto found = hex({reinterpret_cast<const char*>(digest.data()), bytes});
    if (std::ranges::find(peer.fingerprints, found) != peer.fingerprints.end())
        return {};
    return "the certificate's fingerprint is " + found + ", which is not one of those expected";
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

std::string Channel::tls_description() const
{
    if (tls_ == nullptr)
        return {};
    return std::string(SSL_get_version(tls_)) + ' ' + SSL_get_cipher_name(tls_);
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
