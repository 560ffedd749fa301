// SPDX-License-Identifier: Apache-2.0
#include "courier/connection.hpp"

#include "base/contract.hpp"

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::courier {
namespace {

using smtp::ClientStep;
namespace step = smtp::client_step;

Instant now()
{
    return Instant::clock::now();
}

/// A host's last words, if there are any, are there already.
constexpr auto last_words = std::chrono::seconds(1);

} // namespace

std::string Place::text() const
{
    if (!path.empty())
        return "unix:" + path;
    auto address = endpoint.address().to_string();
    if (host.starts_with('[') || host == address)
        return '[' + address + ']';
    return host + '[' + address + ']';
}

std::string Place::text_with_port() const
{
    return path.empty() ? text() + ':' + std::to_string(endpoint.port()) : text();
}

Connection::Connection(Place place, std::shared_ptr<const Policy> policy,
                       std::shared_ptr<const Terms> terms, net::Deadlines& deadlines)
    : place_(std::move(place)),
      policy_(std::move(policy)),
      terms_(std::move(terms)),
      channel_(tcp::socket(deadlines.context()), deadlines)
{
}

bool Connection::is_worth_keeping(Instant at) const
{
    return letters_done() < Limits::letters && at - opened_at_ < Limits::age;
}

// ---- Opening --------------------------------------------------------------------------------

Task<std::expected<void, std::string>> Connection::connect()
{
    if (!place_.path.empty()) {
        if (!channel_.connect_to_path(place_.path))
            co_return std::unexpected("cannot connect: " + channel_.connect_error());
        co_return std::expected<void, std::string>{};
    }
    const auto& address = place_.endpoint.address();
    const auto& source = address.is_v4() ? terms_->source_v4 : terms_->source_v6;
    if (source) {
        boost::system::error_code error;
        channel_.socket().open(place_.endpoint.protocol(), error);
        if (!error)
            channel_.socket().bind(tcp::endpoint(*source, 0), error);
        if (error)
            co_return std::unexpected("the source address " + source->to_string() +
                                      " cannot be used: " + error.message());
    }
    const auto connected = co_await channel_.connect(place_.endpoint, now() + policy_->connect);
    if (connected)
        co_return std::expected<void, std::string>{};
    if (connected.error() == net::Channel::Failure::timed_out)
        co_return std::unexpected("connecting timed out");
    co_return std::unexpected("cannot connect: " + channel_.connect_error());
}

Task<std::expected<void, Connection::Trouble>> Connection::open(Security security)
{
    expects(!session_);
    if (const auto connected = co_await connect(); !connected)
        co_return std::unexpected(Trouble{smtp::outcome_of(
            smtp::Stage::connect, smtp::Cause::disconnected, {4, 4, 1}, connected.error())});
    opened_at_ = now();
    session_.emplace(security == Security::by_policy ? terms_->normal : terms_->in_clear);
    const auto reached = co_await advance(nullptr);
    if (std::holds_alternative<step::Ready>(reached))
        co_return std::expected<void, Trouble>{};
    const auto& end = std::get<step::Close>(reached);
    channel_.close();
    co_return std::unexpected(
        Trouble{end.trouble, end.why == step::Close::Why::reconnect_in_clear});
}

// ---- Letters --------------------------------------------------------------------------------

Task<smtp::LetterResult> Connection::send(smtp::Outgoing letter, Body& body)
{
    expects(session_.has_value());
    session_->send_letter(std::move(letter));
    auto reached = co_await advance(&body);
    expects(std::holds_alternative<step::LetterDone>(reached));
    co_return std::move(std::get<step::LetterDone>(reached).result);
}

Task<void> Connection::leave()
{
    if (session_) {
        auto reached = co_await advance(nullptr);
        if (std::holds_alternative<step::Ready>(reached)) {
            session_->quit();
            reached = co_await advance(nullptr);
        }
    }
    channel_.close();
}

// ---- Steps ----------------------------------------------------------------------------------

Task<ClientStep> Connection::advance(Body* body)
{
    for (;;) {
        auto next = session_->next(now());
        if (const auto* read = std::get_if<step::Read>(&next))
            co_await perform(*read);
        else if (const auto* send = std::get_if<step::Send>(&next))
            co_await perform(*send);
        else if (const auto* tls = std::get_if<step::StartTls>(&next))
            co_await perform(*tls);
        else if (const auto* more = std::get_if<step::ReadBody>(&next))
            co_await perform(*more, body);
        else
            co_return next;
    }
}

Task<void> Connection::perform(step::Read read)
{
    const auto got = co_await channel_.read(read.until);
    if (got)
        session_->receive(*got);
    else if (got.error() == net::Channel::Failure::lost)
        session_->disconnected();
}

Task<void> Connection::perform(step::Send send)
{
    const auto sent = co_await channel_.write(send.bytes, send.until);
    if (sent)
        co_return;
    if (sent.error() == net::Channel::Failure::timed_out)
        co_return session_->timed_out();
    if (channel_.has_input())
        if (const auto got = co_await channel_.read(now() + last_words))
            session_->receive(*got);
    session_->disconnected();
}

Task<void> Connection::perform(step::StartTls tls)
{
    if (!terms_->tls)
        co_return session_->tls_failed("this system knows no certificate authorities");
    net::TlsPeer peer{place_.host, terms_->fingerprints};
    if (peer.host.starts_with('[')) // A host without a name.
        peer.host = place_.endpoint.address().to_string();
    const auto shaken = co_await channel_.connect_tls(terms_->tls, std::move(peer), tls.until);
    if (shaken)
        session_->tls_established();
    else if (shaken.error() == net::Channel::Failure::timed_out)
        session_->timed_out();
    else if (!channel_.tls_error().empty())
        session_->tls_failed(channel_.tls_error());
    else
        session_->disconnected();
}

Task<void> Connection::perform(step::ReadBody, Body* body)
{
    expects(body != nullptr);
    const auto piece = co_await body->next(smtp::ClientSession::piece_bytes);
    if (piece)
        session_->body(*piece);
    else
        session_->body_failed(wire::describe(piece.error()));
}

} // namespace posthouse::courier
