// SPDX-License-Identifier: Apache-2.0
#include "tests/courier/town.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace asio = boost::asio;
using boost::asio::ip::tcp;
using unix = boost::asio::local::stream_protocol;

namespace posthouse::courier::test {
namespace {

constexpr auto patience = std::chrono::seconds(20); // Of a test, with what cannot happen.

tcp::endpoint any_port()
{
    return {asio::ip::address_v4::loopback(), 0};
}

} // namespace

// ---- A host ---------------------------------------------------------------------------------

FakeHost::FakeHost(asio::io_context& context, net::Deadlines& deadlines, Manners manners)
    : context_(context),
      deadlines_(deadlines),
      manners_(std::move(manners)),
      acceptor_(context),
      socket_(context)
{
    if (manners_.path.empty()) {
        acceptor_ = tcp::acceptor(context, any_port());
        asio::co_spawn(context, accept(), asio::detached);
    } else {
        socket_ = unix::acceptor(context, unix::endpoint(manners_.path));
        asio::co_spawn(context, accept_at_path(), asio::detached);
    }
}

Task<void> FakeHost::accept_at_path()
{
    while (socket_.is_open()) {
        auto [error, peer] = co_await socket_.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        clients.push_back("unix");
        tcp::socket socket(context_);
        socket.assign(tcp::v4(), peer.release()); // All that a channel asks of it.
        asio::co_spawn(context_, serve(std::move(socket), clients.size()), asio::detached);
    }
}

Task<void> FakeHost::accept()
{
    while (acceptor_.is_open()) {
        auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        socket.set_option(tcp::no_delay(true));
        clients.push_back(socket.remote_endpoint().address().to_string());
        asio::co_spawn(context_, serve(std::move(socket), clients.size()), asio::detached);
    }
}

void FakeHost::close()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    socket_.close(ignored);
    for (auto* channel : channels_)
        channel->cancel();
}

std::string FakeHost::answer(std::size_t connection, std::string_view command) const
{
    if (manners_.reply)
        if (auto reply = manners_.reply(connection, command))
            return *reply;
    if (command.empty())
        return "220 mx.test";
    if (command.starts_with("EHLO") || command.starts_with("LHLO")) {
        std::string reply = "250-mx.test";
        for (const auto& extension : manners_.extensions)
            reply += "\r\n250-" + extension;
        return reply + "\r\n250 ENHANCEDSTATUSCODES";
    }
    if (command == "STARTTLS")
        return "220 2.0.0 go on";
    if (command == "DATA")
        return "354 go on";
    if (command == "QUIT")
        return "221 2.0.0 bye";
    return command == "." ? "250 2.0.0 queued" : "250 2.1.0 ok";
}

Task<void> FakeHost::serve(tcp::socket socket, std::size_t number)
{
    net::Channel channel(std::move(socket), deadlines_);
    channels_.push_back(&channel);
    ++open;
    const auto until = Instant::clock::now() + patience;
    std::string input;
    Letter letter;
    bool in_data = false;
    std::string command;
    for (;;) {
        if (!command.empty()) {
            commands.push_back(command.substr(0, command.find(' ')));
            lines.push_back(command);
        }
        auto reply = answer(number, command);
        if (command == "DATA" && letter.recipients.empty() && reply.starts_with('3'))
            reply = "554 5.5.1 no valid recipients";
        if (command == "." && manners_.lmtp)
            for (std::size_t i = 1; i < letter.recipients.size(); ++i)
                reply += "\r\n" + answer(number, command);
        if (reply == hang_up || !co_await channel.write(reply + "\r\n", until))
            break;
        if (command == "QUIT" || reply.starts_with("421"))
            break;
        const bool positive = reply[0] == '2';
        if (command == "STARTTLS" && positive) {
            if (!manners_.tls || !co_await channel.accept_tls(manners_.tls, until))
                break;
            input.clear();
        } else if (command.starts_with("MAIL") && positive)
            letter = {command.substr(11, command.find('>') - 11), {}, {}, channel.is_tls()};
        else if (command.starts_with("RCPT") && positive)
            letter.recipients.push_back(command.substr(9, command.find('>') - 9));
        else if (command == "." && positive)
            letters.push_back(std::move(letter));
        in_data = reply[0] == '3';

        const std::string_view end = in_data ? "\r\n.\r\n" : "\r\n";
        auto at = input.find(end);
        bool lost = false;
        while (at == input.npos && !lost) {
            const auto got = co_await channel.read(until);
            lost = !got;
            if (got)
                input += *got;
            at = input.find(end);
        }
        if (lost)
            break;
        if (in_data)
            letter.data = input.substr(0, at + 2);
        command = in_data ? "." : input.substr(0, at);
        input.erase(0, at + end.size());
    }
    channel.close();
    std::erase(channels_, &channel);
    --open;
}

DeadHost::DeadHost(asio::io_context& context) : socket_(context)
{
    socket_.open(tcp::v4());
    socket_.bind(any_port());
}

// ---- TLS --------------------------------------------------------------------------

std::shared_ptr<net::TlsContext> client_tls()
{
    static const auto context = net::TlsContext::client().value();
    return context;
}

std::shared_ptr<net::TlsContext> verifying_tls()
{
    static const auto context =
        net::TlsContext::verifying_client(certificate().certificate).value();
    return context;
}

const tests::SelfSigned& certificate()
{
    static const auto made = tests::self_signed("mx1.test");
    return made;
}

std::shared_ptr<net::TlsContext> server_tls(const tests::SelfSigned& made)
{
    return net::TlsContext::server(made.certificate, made.key).value();
}

std::shared_ptr<const Policy> policy_for(const config::Config& config)
{
    return std::make_shared<const Policy>(config, Means{client_tls(), verifying_tls()},
                                          Policy::Secrets());
}

std::string fingerprint(const tests::SelfSigned& made)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(made.certificate.data(), static_cast<int>(made.certificate.size())),
        BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    expects(X509_digest(certificate.get(), EVP_sha256(), digest, &bytes) == 1);
    return hex({reinterpret_cast<const char*>(digest), bytes});
}

// ---- The town -------------------------------------------------------------------------------

Task<TargetSource::Found> FakeTargets::find(Hop hop)
{
    asked.push_back(hop.text());
    const auto found = known.find(hop.name);
    if (found == known.end()) {
        auto nothing = std::make_shared<wire::Targets>();
        nothing->set_failed(true);
        nothing->set_status("4.4.3");
        nothing->set_text("nobody knows " + hop.name);
        co_return nothing;
    }
    if (!found->second)
        co_return std::unexpected(found->second.error());
    co_return std::make_shared<const wire::Targets>(*found->second);
}

wire::Targets targets_at(const std::vector<std::uint16_t>& ports)
{
    wire::Targets targets;
    targets.set_site("the site");
    for (std::size_t i = 0; i < ports.size(); ++i) {
        auto* target = targets.add_targets();
        target->set_host(fmt::format("mx{}.test", i + 1));
        target->add_addresses("127.0.0.1");
        target->set_port(ports[i]);
    }
    return targets;
}

config::Config configuration()
{
    config::Config config{.hostname = mail::Domain::parse("courier.test").value()};
    config.queue.connection_reuse = std::chrono::minutes(1);
    return config;
}

Town::Town(config::Config config, Policy::Secrets secrets)
    : carrier(deadlines, targets,
              std::make_shared<const Policy>(config, Means{client_tls(), verifying_tls()},
                                             std::move(secrets)))
{
    std::signal(SIGPIPE, SIG_IGN); // As every role does.
}

Town::~Town()
{
    carrier.close_idle();
    for (auto& host : hosts_)
        host->close();
    context.restart();
    context.run_for(patience);
}

FakeHost& Town::host(Manners manners)
{
    hosts_.push_back(std::make_unique<FakeHost>(context, deadlines, std::move(manners)));
    return *hosts_.back();
}

std::uint16_t Town::dead_port()
{
    dead_.push_back(std::make_unique<DeadHost>(context));
    return dead_.back()->port();
}

bool Town::run_until(const std::function<bool()>& holds)
{
    const auto end = Instant::clock::now() + patience;
    while (!holds() && Instant::clock::now() < end) {
        context.restart();
        context.run_one_until(end);
    }
    return holds();
}

wire::Attempt order_for(const std::vector<std::string>& recipients)
{
    wire::Attempt attempt;
    attempt.set_destination("smtp:b.test");
    attempt.set_sender("a@a.test");
    for (const auto& recipient : recipients)
        attempt.add_recipients(recipient);
    return attempt;
}

wire::Attempted Town::attempt(std::vector<std::string> recipients, std::string letter)
{
    return attempt({.attempt = order_for(recipients), .body = Body(std::move(letter))});
}

wire::Verified Town::verify(const std::string& recipient, const std::string& destination)
{
    wire::Verify question;
    question.set_destination(destination);
    question.set_recipient(recipient);
    std::optional<wire::Verified> verified;
    asio::co_spawn(context, carrier.verify(std::move(question)),
                   [&](std::exception_ptr error, wire::Verified result) {
                       expects(!error);
                       verified = std::move(result);
                   });
    expects(run_until([&] { return verified.has_value(); }));
    return *verified;
}

wire::Attempted Town::attempt(Carrier::Order order)
{
    std::optional<wire::Attempted> attempted;
    asio::co_spawn(context, carrier.attempt(std::move(order)),
                   [&](std::exception_ptr error, wire::Attempted result) {
                       expects(!error);
                       attempted = std::move(result);
                   });
    expects(run_until([&] { return attempted.has_value(); }));
    return *attempted;
}

} // namespace posthouse::courier::test
