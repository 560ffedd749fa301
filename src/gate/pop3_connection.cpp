// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_connection.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/pop3_translation.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <utility>

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
    offer_logins();
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
    } else if (const auto* start = std::get_if<step::StartTls>(&next)) {
        co_await protect(*start);
    } else if (auto* login = std::get_if<step::StartLogin>(&next)) {
        auto answer =
            co_await dialogue_.start(desk().clerk, login_site("pop3"), std::move(login->mechanism),
                                     std::move(login->initial));
        session_.answer(take_login(std::move(answer)));
    } else if (auto* response = std::get_if<step::ContinueLogin>(&next)) {
        auto answer = co_await dialogue_.proceed(std::move(response->response));
        session_.answer(take_login(std::move(answer)));
    } else if (std::holds_alternative<step::CancelLogin>(next)) {
        dialogue_.cancel();
        ticket_.clear();
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

Task<void> Pop3Connection::protect(step::StartTls start)
{
    const bool shaken = co_await start_tls(start.until);
    if (!shaken) {
        session_.disconnected();
        co_return;
    }
    session_.tls_established();
    offer_logins();
}

// ---- The login ------------------------------------------------------------------------------

void Pop3Connection::offer_logins()
{
    session_.offer_mechanisms(
        config::offered_mechanisms(terms().settings->config.logins, login_site("pop3").channel()));
}

/// The ticket stays here until the session asks for the maildrop.
pop3::LoginAnswer Pop3Connection::take_login(SaslDialogue::Answer answer)
{
    if (auto* accepted = std::get_if<SaslDialogue::Accepted>(&answer)) {
        if (!desk().login_times->admit(accepted->user, terms().pop3->login_delay,
                                       Instant::clock::now())) {
            log::info(event::login_too_soon,
                      {{"session", session_id()}, {"client", client()}, {"user", accepted->user}});
            return pop3::LoginRefused::too_soon;
        }
        ticket_ = std::move(accepted->ticket);
    }
    return pop3_login_answer_of(answer);
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
    auto maildrop = co_await list_maildrop();
    if (!maildrop)
        co_return std::unexpected(pop3::OpenFailure::unavailable);
    uids_.clear();
    sizes_.clear();
    uids_.reserve(maildrop->messages.size());
    sizes_.reserve(maildrop->messages.size());
    for (const auto& message : maildrop->messages) {
        uids_.push_back(message.uid);
        const bool told = message.octets <= std::numeric_limits<std::uint32_t>::max();
        sizes_.push_back(told ? static_cast<std::uint32_t>(message.octets) : 0);
    }
    co_return std::move(*maildrop);
}

Task<std::optional<pop3::Maildrop>> Pop3Connection::list_maildrop()
{
    pop3::Maildrop maildrop;
    for (std::size_t page = 0; page < Limits::pages; ++page) {
        wire::AskMaildrop question;
        question.set_session(reading_session_);
        question.set_after(maildrop.messages.empty() ? 0 : maildrop.messages.back().uid);
        const auto answer =
            co_await keeper_->call<wire::MaildropPage>(Method::maildrop_list, question);
        if (!answer || !add_page(maildrop, answer->message, answer->raw))
            co_return std::nullopt;
        if (!answer->message.more())
            break;
    }
    co_return maildrop;
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
    const auto piece = co_await ahead_.read(keeper_, wanted_of(wanted));
    // The next one is fetched while this one is sent.
    if (piece && wanted.offset + piece->size() == sizes_[wanted.index]) {
        if (const auto next = next_after(wanted);
            next && !ahead_.expects_message(uids_[next->index]))
            ahead_.expect(co_await boost::asio::this_coro::executor, keeper_, wanted_of(*next),
                          small_ones_behind(next->index));
        read_last_ = wanted.index;
    }
    if (piece)
        session_.message_piece(*piece);
    else
        session_.message_failed();
}

ReadAhead::Wanted Pop3Connection::wanted_of(const step::ReadMessage& wanted) const
{
    return {.session = reading_session_,
            .uid = uids_[wanted.index],
            .offset = wanted.offset,
            .length = static_cast<std::uint32_t>(wanted.length),
            .more = wanted.more};
}

std::optional<step::ReadMessage> Pop3Connection::next_after(const step::ReadMessage& wanted) const
{
    const auto next = wanted.index + 1;
    if (!read_last_ || *read_last_ + 1 != wanted.index || next >= sizes_.size() ||
        sizes_[next] == 0)
        return std::nullopt;
    const auto length = std::min<std::uint64_t>(sizes_[next], terms().pop3->limits.piece_bytes);
    return step::ReadMessage{
        .index = next, .offset = 0, .length = length, .more = sizes_[next] - length};
}

std::vector<std::uint32_t> Pop3Connection::small_ones_behind(std::size_t index) const
{
    std::vector<std::uint32_t> uids;
    std::uint64_t bytes = 0;
    for (auto next = index + 1; next < sizes_.size() && uids.size() < ReadAhead::most_behind &&
                                sizes_[next] != 0 && sizes_[next] <= ReadAhead::room - bytes;
         ++next) {
        bytes += sizes_[next];
        uids.push_back(uids_[next]);
    }
    return uids;
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
