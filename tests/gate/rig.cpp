// SPDX-License-Identifier: Apache-2.0
#include "tests/gate/rig.hpp"

#include "process/listeners.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace posthouse::gate {
namespace {

template <class Write>
std::string pem(Write write)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    write(bio.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

SelfSigned make_self_signed()
{
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    const auto* host = reinterpret_cast<const unsigned char*>("mx.example.org");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    return {pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); }), pem([&](BIO* bio) {
                PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

} // namespace

const SelfSigned& self_signed()
{
    static const auto made = make_self_signed();
    return made;
}

std::shared_ptr<const process::Settings> settings_with(config::Limits limits, std::size_t threads,
                                                       const config::Smtp& smtp)
{
    auto settings = std::make_shared<process::Settings>(
        process::Settings{.generation = 1,
                          .config = {.hostname = *mail::Domain::parse("mx.example.org")},
                          .dns_servers = {},
                          .tls = {.sites = {{{}, self_signed().certificate}}}});
    settings->config.limits = limits;
    settings->config.smtp = smtp;
    settings->config.process.gate_threads = threads;
    return settings;
}

UniqueFd loopback_listener(std::uint16_t& port)
{
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(0, ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size));
    EXPECT_EQ(0, ::listen(socket.get(), 128));
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return socket;
}

// ---- Rig ------------------------------------------------------------------------------------

Rig::Rig(const Door& door, config::Limits limits, Links links) : worker(census, "0123456789abc")
{
    std::signal(SIGPIPE, SIG_IGN); // As every role does.
    open(door, limits);
    worker.take_link({"signer", 0, signer.connect(worker.context())});
    if (links == Links::none)
        return;
    connect_keeper();
    connect_clerk();
}

Rig::~Rig()
{
    bool ended = false;
    worker.drain([&] { ended = true; });
    EXPECT_TRUE(run_until([&] { return ended; }));
    keeper.hang_up();
    clerk.hang_up();
    resolver.hang_up();
    signer.hang_up();
    worker.context().restart();
    worker.context().poll();
}

void Rig::open(const Door& door, config::Limits limits)
{
    wire::Listener listener;
    listener.set_protocol(door.protocol);
    unix_path_ = door.unix_path;
    listener.set_address(unix_path_.empty() ? "127.0.0.1:0" : "unix:" + unix_path_);
    for (const auto& network : door.proxy_from)
        listener.add_proxy_from(network);
    listener.set_tls(door.tls);
    listener.set_plaintext_auth(door.plaintext_auth);
    auto settings = std::make_shared<process::Settings>(*settings_with(limits, 1, door.smtp));
    settings->config.pop3 = door.pop3;
    settings->config.submit = door.submit;
    const auto terms = *terms_of(listener, settings, {*certificates_of(*settings), nullptr});
    std::vector<Worker::Opening> openings;
    auto socket = unix_path_.empty()
                      ? loopback_listener(port_)
                      : std::move(*process::listen_on(process::UnixPlace{.path = unix_path_}));
    openings.push_back({std::move(socket), terms});
    worker.listen(std::move(openings));
}

void Rig::connect_keeper()
{
    worker.take_link({"keeper", 0, keeper.connect(worker.context())});
}

void Rig::connect_clerk()
{
    worker.take_link({"clerk", 0, clerk.connect(worker.context())});
}

void Rig::connect_resolver()
{
    worker.take_link({"resolver", 0, resolver.connect(worker.context())});
}

bool Loop::run_until(const std::function<bool()>& come_about)
{
    const auto until = Instant::clock::now() + std::chrono::seconds(10);
    while (!come_about()) {
        if (Instant::clock::now() > until)
            return false;
        context_.restart();
        context_.run_one_for(std::chrono::milliseconds(5));
        context_.poll();
    }
    return true;
}

// ---- Client ---------------------------------------------------------------------------------

Client Client::connect(Loop loop, std::uint16_t port)
{
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(0, ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return {loop, std::move(socket)};
}

Client Client::connect(Loop loop, const std::string& unix_path)
{
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(0, ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return {loop, std::move(socket)};
}

Client::Client(Loop loop, UniqueFd socket) : loop_(loop), socket_(std::move(socket)) {}

Client::Client(Client&& other) noexcept
    : loop_(other.loop_),
      socket_(std::move(other.socket_)),
      context_(std::exchange(other.context_, nullptr)),
      tls_(std::exchange(other.tls_, nullptr)),
      input_(std::move(other.input_)),
      ended_(other.ended_),
      reset_(other.reset_)
{
}

Client::~Client()
{
    hang_up();
}

void Client::hang_up()
{
    SSL_free(std::exchange(tls_, nullptr));
    SSL_CTX_free(std::exchange(context_, nullptr));
    socket_.reset();
}

void Client::send(std::string_view bytes)
{
    EXPECT_TRUE(loop_.run_until([&] {
        if (tls_ != nullptr) {
            if (!bytes.empty())
                if (const int sent = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
                    sent > 0)
                    bytes.remove_prefix(static_cast<std::size_t>(sent));
            return bytes.empty();
        }
        const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        return bytes.empty() || (sent < 0 && errno != EAGAIN);
    }));
}

/// True: something came, or the end.
bool Client::receive()
{
    std::array<char, 16384> buffer;
    if (tls_ != nullptr) {
        const int got = SSL_read(tls_, buffer.data(), buffer.size());
        if (got > 0)
            input_.append(buffer.data(), static_cast<std::size_t>(got));
        else
            ended_ = SSL_get_error(tls_, got) != SSL_ERROR_WANT_READ;
        return got > 0 || ended_;
    }
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0)
        input_.append(buffer.data(), static_cast<std::size_t>(got));
    else
        ended_ = got == 0 || errno != EAGAIN;
    reset_ = reset_ || (got < 0 && errno == ECONNRESET);
    return got > 0 || ended_;
}

std::string Client::up_to(std::string_view end)
{
    std::size_t at = 0;
    EXPECT_TRUE(loop_.run_until([&] {
        while ((at = input_.find(end)) == input_.npos)
            if (ended_ || !receive())
                return ended_;
        return true;
    })) << "waiting for "
        << end << " after " << input_;
    const auto size = at == input_.npos ? input_.size() : at + end.size();
    auto taken = input_.substr(0, size);
    input_.erase(0, size);
    return taken;
}

std::string Client::line()
{
    return up_to("\r\n");
}

std::string Client::reply()
{
    std::string all;
    for (;;) {
        const auto next = line();
        all += next;
        if (next.size() < 4 || next[3] != '-')
            return all;
    }
}

std::string Client::ask(std::string_view command)
{
    send(std::string(command) + "\r\n");
    return reply();
}

std::string Client::rest()
{
    EXPECT_TRUE(loop_.run_until([&] {
        while (!ended_ && receive()) {
        }
        return ended_;
    }));
    return std::exchange(input_, {});
}

bool Client::start_tls()
{
    context_ = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, socket_.get());
    return loop_.run_until([&] { return SSL_connect(tls_) == 1; });
}

// ---- SMTP -----------------------------------------------------------------------------------

void greet(Client& client)
{
    EXPECT_THAT(client.reply(), testing::StartsWith("220 mx.example.org"));
    EXPECT_THAT(client.ask("EHLO client.example"), testing::StartsWith("250"));
}

std::string send_letter(Client& client, const std::string& text)
{
    EXPECT_THAT(client.ask("MAIL FROM:<alice@client.example>"), testing::StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<bob@example.org>"), testing::StartsWith("250"));
    EXPECT_THAT(client.ask("DATA"), testing::StartsWith("354"));
    client.send(text);
    return client.ask(".");
}

} // namespace posthouse::gate
