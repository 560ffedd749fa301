// SPDX-License-Identifier: Apache-2.0
// A channel's handshakes, and what goes over it then.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "net/channel.hpp"
#include "net/scratch.hpp"
#include "net/suspension.hpp"
#include "net/tls_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::net {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// When too many handshakes are suspended, some will soon end.
constexpr std::size_t tls_record = 16 * 1024; // The most that one holds: RFC 8446 §5.1
constexpr auto between_attempts = std::chrono::milliseconds(10);

/// What SSL_MODE_ASYNC calls when a job should go on: nobody needs it, but without one a job does
/// not know its session.
int do_nothing(SSL*, void*)
{
    return 1;
}

/// Once a thread; OpenSSL keeps the stacks, and would make ever more of them.
void bound_suspended_handshakes()
{
    static thread_local const int done =
        ASYNC_init_thread(Channel::Limits::suspended_handshakes, 0);
    static_cast<void>(done);
}

} // namespace

Task<Channel::Result<std::string_view>> Channel::read_tls()
{
    auto got = co_await until_done([this] {
        const auto buffer = scratch();
        return SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()));
    });
    if (!got)
        co_return std::unexpected(got.error());
    co_return std::string_view(scratch().data(), static_cast<std::size_t>(*got));
}

Task<Channel::Result<void>> Channel::write_tls(std::string_view first, std::string_view second)
{
    if (first.empty() || second.empty())
        co_return co_await write_tls(first.empty() ? second : first);
    // What is joined costs no record of its own.
    std::string record(first);
    const auto begun = second.substr(0, tls_record - first.size() % tls_record);
    record += begun;
    if (auto written = co_await write_tls(record); !written)
        co_return written;
    co_return co_await write_tls(second.substr(begun.size()));
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
        if (reason == SSL_ERROR_WANT_ASYNC && suspension_) {
            co_await fetch_signature();
            ready = true; // Also without one: the handshake's stack has to be left.
        } else if (reason == SSL_ERROR_WANT_ASYNC_JOB) {
            co_await pause(between_attempts);
            ready = !timed_out_;
        } else if (reason == SSL_ERROR_WANT_READ)
            ready = co_await wait(tcp::socket::wait_read);
        else if (reason == SSL_ERROR_WANT_WRITE)
            ready = co_await wait(tcp::socket::wait_write);
        else
            note_tls_error();
        if (!ready) {
            ERR_clear_error();
            co_return std::unexpected(failure());
        }
    }
}

void Channel::note_tls_error()
{
    if (const auto code = ERR_peek_error(); code != 0) {
        std::array<char, 256> text{};
        ERR_error_string_n(code, text.data(), text.size());
        tls_error_ = text.data();
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

Task<Channel::Result<void>> Channel::accept_tls(std::shared_ptr<TlsContext> context,
                                                Signing& signing, Instant until)
{
    expects(tls_ == nullptr);
    bound_suspended_handshakes();
    timed_out_ = false;
    start(until);
    tls_context_ = std::move(context);
    tls_ = SSL_new(tls_context_->native());
    SSL_set_fd(tls_, socket_.native_handle());
    suspension_ = std::make_unique<Suspension>(Suspension{signing});
    SSL_set_mode(tls_, SSL_MODE_ASYNC);
    SSL_set_async_callback(tls_, do_nothing);
    SSL_set_app_data(tls_, &suspension_->pending);
    auto shaken = co_await until_done([this] { return SSL_accept(tls_); });
    SSL_clear_mode(tls_, SSL_MODE_ASYNC);
    SSL_set_app_data(tls_, nullptr);
    suspension_.reset();
    stop();
    if (!shaken)
        co_return std::unexpected(shaken.error());
    co_return Result<void>{};
}

Task<void> Channel::pause(Duration duration)
{
    asio::steady_timer timer(socket_.get_executor(), duration);
    co_await timer.async_wait(as_result);
}

Task<void> Channel::fetch_signature()
{
    auto& pending = suspension_->pending;
    if (!pending.order || timed_out_) {
        pending.refused = true;
        co_return;
    }
    struct Answer {
        std::optional<std::string> signature;
        bool here = false;
    };
    const auto answer = std::make_shared<Answer>();
    const auto timer = std::make_shared<asio::steady_timer>(socket_.get_executor(),
                                                            asio::steady_timer::time_point::max());
    suspension_->signing.sign(std::move(*pending.order),
                              [answer, timer](std::optional<std::string> signature) {
                                  answer->signature = std::move(signature);
                                  answer->here = true;
                                  timer->cancel();
                              });
    suspension_->timer = timer;
    if (!answer->here)
        co_await timer->async_wait(as_result);
    suspension_->timer = nullptr;
    pending.order.reset();
    pending.signature = std::move(answer->signature);
    pending.refused = !pending.signature;
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

std::string Channel::tls_description() const
{
    if (tls_ == nullptr)
        return {};
    return std::string(SSL_get_version(tls_)) + ' ' + SSL_get_cipher_name(tls_);
}

std::string Channel::peer_certificate_address() const
{
    return tls_ == nullptr ? std::string() : verified_address(tls_);
}

std::string Channel::channel_binding(std::string_view type) const
{
    if (tls_ == nullptr || SSL_is_init_finished(tls_) == 0)
        return {};
    if (type == "tls-exporter")
        return exporter_binding(tls_);
    return type == "tls-server-end-point" ? end_point_binding(tls_) : std::string();
}

} // namespace posthouse::net
