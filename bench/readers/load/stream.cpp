// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace posthouse::load {

namespace {

// One a thread: nobody keeps what was read beyond the next read, and 10,000 connections need no
// memory for it.
thread_local std::vector<char> buffer(256 * 1024);

SSL_CTX* client_context()
{
    static SSL_CTX* const made = [] {
        SSL_CTX* context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
        return context;
    }();
    return made;
}

int connected_to(const Peer& peer)
{
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(peer.port);
    if (descriptor < 0 || ::inet_pton(AF_INET, peer.host.c_str(), &address.sin_addr) != 1) {
        give_up(fmt::format("no socket for {}: {}", peer.host, std::strerror(errno)));
    }
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        give_up(fmt::format("{}:{}: {}", peer.host, peer.port, std::strerror(errno)));
    }
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

std::string tls_error()
{
    char text[256] = "no reason given";
    if (const auto code = ERR_get_error()) {
        ERR_error_string_n(code, text, sizeof text);
    }
    return text;
}

} // namespace

void give_up(std::string_view what)
{
    fmt::print(stderr, "mailbox_load: {}\n", what);
    std::fflush(nullptr);
    std::_Exit(1);
}

Stream::Stream(const Peer& peer) : descriptor_(connected_to(peer))
{
    if (peer.channel == Channel::tls) {
        tls_ = SSL_new(client_context());
        SSL_set_fd(tls_, descriptor_);
        if (SSL_connect(tls_) != 1) {
            give_up("TLS: " + tls_error());
        }
    }
}

Stream::Stream(Stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      tls_(std::exchange(other.tls_, nullptr))
{
}

Stream::~Stream()
{
    SSL_free(tls_);
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::string_view Stream::filled(long length) const
{
    return {buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::string_view Stream::some()
{
    if (!tls_) {
        long got = 0;
        do {
            got = ::read(descriptor_, buffer.data(), buffer.size());
        } while (got < 0 && errno == EINTR);
        return filled(got);
    }
    return filled(SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size())));
}

std::optional<std::string_view> Stream::some_now()
{
    if (!tls_) {
        const long got = ::read(descriptor_, buffer.data(), buffer.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return std::nullopt;
        }
        return filled(got);
    }
    const int got = SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0 && SSL_get_error(tls_, got) == SSL_ERROR_WANT_READ) {
        return std::nullopt;
    }
    return filled(got);
}

void Stream::write(std::string_view bytes)
{
    while (!bytes.empty()) {
        const long sent = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            give_up(fmt::format("the server closed the connection: {}",
                                tls_ ? tls_error() : std::strerror(errno)));
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Stream::stop_waiting()
{
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

void Stream::wait_again()
{
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
}

} // namespace posthouse::load
