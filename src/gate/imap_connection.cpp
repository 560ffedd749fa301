// SPDX-License-Identifier: Apache-2.0
#include "gate/imap_connection.hpp"

#include "config/mechanisms.hpp"
#include "gate/keeper_backend.hpp"
#include "wire/messages.pb.h"

#include <utility>

namespace posthouse::gate {

ImapConnection::ImapConnection(Visitor visitor, Desk& desk) : Connection(std::move(visitor), desk)
{
    session_.emplace(*terms().imap, static_cast<imap::Channel&>(*this),
                     static_cast<imap::Login&>(*this));
}

ImapConnection::~ImapConnection() = default;

void ImapConnection::drain()
{
    session_->close("The server is going down");
}

Task<void> ImapConnection::converse()
{
    co_await session_->run();
    co_await flush();
}

// ---- the channel ----------------------------------------------------------------------------

Task<bool> ImapConnection::flush()
{
    if (waiting_.empty())
        co_return true;
    auto bytes = std::exchange(waiting_, {});
    if (compression_)
        bytes = compression_->deflate(bytes);
    co_return co_await Connection::write(bytes, Instant::clock::now() + Limits::write);
}

Task<bool> ImapConnection::write(std::string bytes)
{
    if (bytes.size() >= Limits::joined_bytes && !compression_) {
        const auto before = std::exchange(waiting_, {});
        co_return co_await Connection::write(before, bytes, Instant::clock::now() + Limits::write);
    }
    if (waiting_.empty())
        waiting_ = std::move(bytes);
    else
        waiting_ += bytes;
    if (waiting_.size() < Limits::waiting_bytes)
        co_return true;
    co_return co_await flush();
}

Task<imap::Arrival> ImapConnection::wait(Instant until)
{
    using What = imap::Arrival::What;
    if (!co_await flush())
        co_return imap::Arrival{What::end, {}};
    for (;;) {
        if (std::exchange(nudged_, false))
            co_return imap::Arrival{What::nudge, {}};
        if (compression_ && compression_->more_inflated()) {
            auto more = compression_->inflate({}, Limits::inflated_bytes);
            if (!more)
                co_return imap::Arrival{What::end, {}};
            if (!more->empty())
                co_return imap::Arrival{What::bytes, std::move(*more)};
        }
        const auto got = co_await read(until);
        switch (got.how) {
        case Reading::bytes: {
            if (!compression_)
                co_return imap::Arrival{What::bytes, std::string(got.bytes)};
            auto text = compression_->inflate(got.bytes, Limits::inflated_bytes);
            if (!text)
                co_return imap::Arrival{What::end, {}};
            if (!text->empty())
                co_return imap::Arrival{What::bytes, std::move(*text)};
            break;
        }
        case Reading::late:
            co_return imap::Arrival{What::time, {}};
        case Reading::woken:
            break;
        case Reading::lost:
            co_return imap::Arrival{What::end, {}};
        }
    }
}

void ImapConnection::nudge()
{
    nudged_ = true;
    wake();
}

Task<bool> ImapConnection::start_tls()
{
    if (!co_await flush())
        co_return false;
    co_return co_await Connection::start_tls(Instant::clock::now() + Connection::Limits::handshake);
}

Task<bool> ImapConnection::compress(std::string received)
{
    if (!co_await flush())
        co_return false;
    compression_ = net::Deflate::create();
    if (!compression_)
        co_return false;
    compression_->keep(std::move(received));
    co_return true;
}

// ---- logins ---------------------------------------------------------------------------------

LoginSite ImapConnection::site() const
{
    return login_site("imap");
}

std::vector<std::string> ImapConnection::mechanisms() const
{
    return config::offered_mechanisms(terms().settings->config.logins, site().channel());
}

Task<imap::LoginAnswer> ImapConnection::start(std::string mechanism, std::optional<Secret> response)
{
    co_return co_await take_login(
        co_await dialogue_.start(desk().clerk, site(), std::move(mechanism), std::move(response)));
}

Task<imap::LoginAnswer> ImapConnection::respond(Secret response)
{
    co_return co_await take_login(co_await dialogue_.proceed(std::move(response)));
}

Task<imap::LoginAnswer> ImapConnection::take_login(SaslDialogue::Answer answer)
{
    using Reason = imap::LoginAnswer::Reason;
    using What = imap::LoginAnswer::What;
    imap::LoginAnswer login;
    if (auto* challenge = std::get_if<SaslDialogue::Challenge>(&answer)) {
        login.what = What::challenge;
        login.data = std::move(challenge->bytes);
        co_return login;
    }
    if (const auto* refused = std::get_if<SaslDialogue::Refused>(&answer)) {
        login.what = What::refused;
        switch (refused->why) {
        case wire::SaslAnswer::BRAKED:
            login.reason = Reason::braked;
            break;
        case wire::SaslAnswer::EXPIRED:
            login.reason = Reason::expired;
            break;
        case wire::SaslAnswer::DISABLED:
            login.reason = Reason::disabled;
            break;
        case wire::SaslAnswer::NO_MECHANISM:
            login.reason = Reason::no_mechanism;
            break;
        case wire::SaslAnswer::PROTOCOL_NOT_ALLOWED:
            login.reason = Reason::protocol_not_allowed;
            break;
        case wire::SaslAnswer::MALFORMED:
            login.reason = Reason::malformed;
            break;
        case wire::SaslAnswer::ABORTED:
            login.reason = Reason::aborted;
            break;
        case wire::SaslAnswer::NEEDS_TLS:
            login.reason = Reason::needs_tls;
            break;
        case wire::SaslAnswer::WRONG:
            login.reason = Reason::wrong;
            break;
        default: // Nothing was found out.
            login.what = What::unavailable;
        }
        co_return login;
    }
    auto accepted = std::get<SaslDialogue::Accepted>(std::move(answer));
    const auto keeper = desk().keeper;
    if (!keeper)
        co_return login;
    wire::OpenSession request;
    request.set_ticket(std::move(accepted.ticket));
    auto opened = co_await keeper->call<wire::Session>(wire::Method::open_session, request);
    if (!opened || opened->message.session() == 0)
        co_return login;
    login.what = What::accepted;
    login.user = std::move(accepted.user);
    login.data = std::move(accepted.last_words);
    login.backend =
        std::make_unique<KeeperBackend>(keeper, opened->message.session(), *desk().reader_events);
    co_return login;
}

} // namespace posthouse::gate
