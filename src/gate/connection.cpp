// SPDX-License-Identifier: Apache-2.0
#include "gate/connection.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "gate/events.hpp"

#include <exception>

namespace posthouse::gate {

Connection::Connection(Visitor visitor, Desk& desk)
    : terms_(std::move(visitor.terms)),
      desk_(desk),
      channel_(std::move(visitor.socket), desk.deadlines),
      party_(std::move(visitor.party)),
      client_(party_.label()),
      session_(visitor.session),
      place_(std::move(visitor.place))
{
}

std::string Connection::session_id() const
{
    return base32_encode(session_);
}

LoginSite Connection::login_site(std::string protocol) const
{
    // mutt 2.2 and its like take SCRAM's -PLUS where it is offered, cannot bind to TLS 1.3, and
    // give up: for reading they fall back to LOGIN, for sending to nothing.
    const bool binds = protocol != "submission";
    return {.protocol = std::move(protocol),
            .session = session_id(),
            .client = client_,
            .client_address = party_.address,
            .listener = terms_->listener,
            .hostname = terms_->settings->config.hostname.text(),
            .clear = terms_->plaintext_auth,
            .tls = channel_.is_tls(),
            .exporter = binds ? channel_binding("tls-exporter") : std::string(),
            .end_point = binds ? channel_binding("tls-server-end-point") : std::string(),
            .certificate_address = peer_certificate_address()};
}

Task<void> Connection::run()
{
    if (log::enabled(log::Level::debug))
        log::debug(
            event::session_opened,
            {{"session", session_id()}, {"client", client_}, {"listener", terms_->listener}});
    std::string failure;
    try {
        if (!terms_->implicit_tls || co_await start_tls(Instant::clock::now() + Limits::handshake))
            co_await converse();
    } catch (const std::exception& exception) { // Of a library.
        failure = exception.what();
    }
    if (!failure.empty()) {
        log::error(event::session_failed,
                   {{"session", session_id()}, {"client", client_}, {"reason", failure}});
        co_await write(last_words(), Instant::clock::now() + Limits::linger);
    }
    if (!lost_)
        co_await linger();
    channel_.close();
    if (log::enabled(log::Level::debug))
        log::debug(event::session_closed, {{"session", session_id()}, {"client", client_}});
}

Task<void> Connection::linger()
{
    channel_.finish();
    const auto until = Instant::clock::now() + Limits::linger;
    std::size_t left = Limits::linger_bytes;
    for (;;) {
        const auto got = co_await channel_.read(until);
        if (!got || got->size() >= left)
            co_return;
        left -= got->size();
    }
}

void Connection::wake()
{
    if (!reading_)
        return;
    woken_ = true;
    channel_.cancel();
}

Task<Connection::Read> Connection::read(Instant until)
{
    woken_ = false;
    reading_ = true;
    const auto got = co_await channel_.read(until);
    reading_ = false;
    if (got)
        co_return Read{Reading::bytes, *got};
    if (woken_)
        co_return Read{Reading::woken};
    if (got.error() == net::Channel::Failure::timed_out)
        co_return Read{Reading::late};
    lost_ = true;
    co_return Read{Reading::lost};
}

Task<bool> Connection::write(std::string_view first, std::string_view second, Instant until)
{
    const auto sent = co_await channel_.write(first, second, until);
    lost_ = lost_ || !sent;
    co_return sent.has_value();
}

Task<bool> Connection::start_tls(Instant until)
{
    const auto shaken = co_await channel_.accept_tls(terms_->tls, *desk_.signer, until);
    if (shaken)
        co_return true;
    lost_ = true;
    log::debug(event::tls_failed,
               {{"session", session_id()}, {"client", client_}, {"reason", channel_.tls_error()}});
    co_return false;
}

} // namespace posthouse::gate
