// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_connection.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/pop3_translation.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace posthouse::gate {

using wire::Method;
namespace step = pop3::step;

Pop3Connection::Pop3Connection(Visitor visitor, Desk& desk)
    : Connection(std::move(visitor), desk),
      session_(terms().pop3)
{
}

Pop3Connection::~Pop3Connection()
{
    close_maildrop();
}

void Pop3Connection::drain()
{
    draining_ = true;
    wake();
}

Task<void> Pop3Connection::converse()
{
    for (;;) {
        auto next = session_.next(Instant::clock::now());
        if (std::holds_alternative<step::Close>(next))
            co_return;
        co_await perform(std::move(next));
    }
}

Task<void> Pop3Connection::perform(pop3::Step next)
{
    if (const auto* reading = std::get_if<step::Read>(&next)) {
        co_await read_command(*reading);
    } else if (const auto* send = std::get_if<step::Send>(&next)) {
        const bool sent = co_await write(send->bytes, send->until);
        if (!sent)
            session_.disconnected();
    } else if (const auto* pause = std::get_if<step::Wait>(&next)) {
        co_await wait(*pause);
    } else if (const auto* start = std::get_if<step::StartTls>(&next)) {
        const bool shaken = co_await start_tls(start->until);
        if (shaken)
            session_.tls_established();
        else
            session_.disconnected();
    } else if (auto* login = std::get_if<step::Authenticate>(&next)) {
        const auto answer = co_await authenticate(std::move(*login));
        session_.answer(answer);
    } else if (std::holds_alternative<step::OpenMaildrop>(next)) {
        auto maildrop = co_await open_maildrop();
        session_.answer(std::move(maildrop));
    } else if (const auto* wanted = std::get_if<step::ReadMessage>(&next)) {
        co_await read_message(*wanted);
    } else if (auto* unwanted = std::get_if<step::DeleteMessages>(&next)) {
        const auto deletion = co_await delete_messages(std::move(*unwanted));
        session_.answer(deletion);
    }
}

/// Between commands is where a session that is to drain ends. What it marked for deletion stays,
/// as if the connection were lost: RFC 1939 §6.
Task<void> Pop3Connection::read_command(step::Read reading)
{
    if (!draining_) {
        const auto got = co_await read(reading.until);
        if (got.how == Reading::bytes)
            session_.receive(got.bytes);
        else if (got.how == Reading::lost)
            session_.disconnected();
        co_return;
    }
    co_await write("-ERR [SYS/TEMP] The server is going down\r\n",
                   Instant::clock::now() + Connection::Limits::linger);
    session_.disconnected();
}

/// A client that goes meanwhile is noticed afterwards.
Task<void> Pop3Connection::wait(step::Wait pause)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, pause.until);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// ---- The login ------------------------------------------------------------------------------

Task<pop3::Login> Pop3Connection::authenticate(step::Authenticate login)
{
    const auto clerk = desk().clerk;
    if (!clerk)
        co_return pop3::Login::unavailable;
    wire::Authenticate request;
    request.set_user(login.user);
    request.set_password(std::string(login.password.reveal()));
    request.set_client_address(party().address);
    request.set_protocol("pop3");
    auto answer = co_await clerk->call<wire::Authenticated>(Method::authenticate, request);
    wipe(*request.mutable_password());
    const bool in = answer && answer->message.ok();
    if (in) {
        ticket_ = answer->message.ticket();
        log::info(event::login_accepted,
                  {{"session", session_id()}, {"client", client()}, {"user", login.user}});
        co_return pop3::Login::accepted;
    }
    log::info(event::login_refused, {{"session", session_id()},
                                     {"client", client()},
                                     {"user", login.user},
                                     {"reason", answer ? std::string_view(answer->message.reason())
                                                       : wire::describe(answer.error())}});
    co_return answer ? pop3::Login::refused : pop3::Login::unavailable;
}

Task<std::expected<pop3::Maildrop, pop3::OpenFailure>> Pop3Connection::open_maildrop()
{
    close_maildrop(); // One that was opened only halfway.
    keeper_ = desk().keeper;
    if (!keeper_)
        co_return std::unexpected(pop3::OpenFailure::unavailable);
    wire::OpenSession request;
    request.set_ticket(std::exchange(ticket_, {}));
    auto opened = co_await keeper_->call<wire::Session>(Method::open_session, request);
    if (!opened)
        co_return std::unexpected(pop3::OpenFailure::unavailable);
    reading_session_ = opened->message.session();
    wire::OpenMaildrop question;
    question.set_session(reading_session_);
    auto maildrop = co_await keeper_->call<wire::Maildrop>(Method::open_maildrop, question);
    if (!maildrop)
        co_return std::unexpected(pop3::OpenFailure::unavailable);
    uids_ = uids_of(maildrop->message);
    co_return maildrop_of(maildrop->message);
}

void Pop3Connection::close_maildrop()
{
    if (reading_session_ == 0)
        return;
    wire::Session session;
    session.set_session(std::exchange(reading_session_, 0));
    keeper_->notify(Method::close_session, session);
}

// ---- Messages -------------------------------------------------------------------------------

Task<void> Pop3Connection::read_message(step::ReadMessage wanted)
{
    wire::ReadMessage request;
    request.set_session(reading_session_);
    request.set_uid(uids_[wanted.index]);
    request.set_offset(wanted.offset);
    request.set_length(static_cast<std::uint32_t>(wanted.length));
    auto piece = co_await keeper_->call<wire::Piece>(Method::read_message, request);
    if (piece && !piece->raw.empty() && piece->raw.size() <= wanted.length)
        session_.message_piece(piece->raw);
    else
        session_.message_failed();
}

Task<pop3::Deletion> Pop3Connection::delete_messages(step::DeleteMessages unwanted)
{
    for (std::size_t i = 0; i < unwanted.indices.size();) {
        wire::Expunge request;
        request.set_session(reading_session_);
        for (; i < unwanted.indices.size() && request.uids_size() < Limits::uids_a_request; ++i)
            request.add_uids(uids_[unwanted.indices[i]]);
        const auto done = co_await keeper_->call<wire::Done>(Method::expunge, request);
        if (!done)
            co_return pop3::Deletion::failed;
    }
    co_return pop3::Deletion::done;
}

} // namespace posthouse::gate
