// SPDX-License-Identifier: Apache-2.0
#include "smtp/server_session.hpp"

#include "base/contract.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

/// Replies to pipelined commands are held back up to this, then sent before more is read.
constexpr std::size_t most_output = 16 * 1024;

} // namespace

ServerSession::ServerSession(std::shared_ptr<const ServerConfig> config)
    : config_(std::move(config)),
      patience_left_(config_->limits.patience)
{
    peer_.tls = config_->tls == TlsPolicy::implicit;
    peer_.lmtp = is_lmtp();
    reply(220, config_->hostname + (is_lmtp() ? " LMTP" : " ESMTP"));
}

// ---- What the driver calls ------------------------------------------------------------------

ServerStep ServerSession::next(Instant now)
{
    expects(!question_open_);
    if (!ends_)
        ends_ = now + config_->limits.session;
    if (reading_since_) // Only the peer's time counts, not what the backend took.
        patience_left_ -= now - *std::exchange(reading_since_, std::nullopt);
    while (!step_)
        advance(now);
    question_open_ = question_ != Question::none;
    auto step = std::move(*step_);
    step_.reset();
    return step;
}

void ServerSession::receive(std::string_view bytes)
{
    if (phase_ != Phase::farewell)
        input_.append(bytes);
}

void ServerSession::disconnected()
{
    expects(!question_open_);
    output_.clear();
    input_.clear();
    reset_transaction();
    phase_ = Phase::farewell;
}

void ServerSession::tls_established()
{
    expects(phase_ == Phase::handshake);
    // RFC 3207 §4.2: forget whatever was learnt before the handshake.
    peer_ = {};
    peer_.tls = true;
    peer_.lmtp = is_lmtp();
    patience_left_ = config_->limits.patience;
    phase_ = Phase::command;
}

// ---- Reading --------------------------------------------------------------------------------

void ServerSession::advance(Instant now)
{
    if (message_ == Message::unwanted) {
        message_ = Message::none;
        step_ = server_step::DiscardMessage{};
        return;
    }
    if (output_.size() >= most_output && flush(now))
        return;
    switch (phase_) {
    case Phase::command:
        return read_command(now);
    case Phase::overlong_line:
        return skip_overlong_line(now);
    case Phase::login:
    case Phase::last_words:
        return read_response(now);
    case Phase::data:
        return read_data(now);
    case Phase::chunk:
        return read_chunk(now);
    case Phase::handshake: // The 220 has to leave in the clear.
        if (!flush(now))
            step_ = server_step::StartTls{now + config_->limits.patience};
        return;
    case Phase::farewell:
        if (!flush(now))
            step_ = server_step::Close{};
        return;
    }
}

void ServerSession::read_command(Instant now)
{
    const auto input = input_.view();
    const auto end = input.find("\r\n");
    const bool complete = end != input.npos;
    const auto limit =
        is_auth(input) ? config_->limits.login_line_bytes : config_->limits.command_line_bytes;
    if ((complete ? end + 2 : input.size()) > limit) {
        if (is_bdat(input))
            return close_after("4.7.0 A chunk of unknown size follows");
        overlong_response_ = is_auth(input);
        phase_ = Phase::overlong_line;
        return;
    }
    if (!complete)
        return wait_for_peer(now);
    execute(input.substr(0, end), end + 2);
}

/// Reads on to the line's end, so as to stay in step with the peer.
void ServerSession::skip_overlong_line(Instant now)
{
    const auto input = input_.view();
    const auto end = input.find("\r\n");
    if (end == input.npos) {
        input_.consume_and_wipe(input.size() - (input.ends_with('\r') ? 1 : 0));
        return wait_for_peer(now);
    }
    input_.consume_and_wipe(end + 2);
    phase_ = Phase::command;
    renew_patience();
    if (std::exchange(overlong_response_, false))
        refuse(500, "5.5.6 The line is too long for a login"); // RFC 4954 §4
    else
        refuse(500, "5.5.2 Line too long");
}

void ServerSession::wait_for_peer(Instant now)
{
    // Replies leave before the session waits for anything, so nothing can overtake them.
    if (flush(now))
        return;
    const bool leaving = draining_ && phase_ == Phase::command && !envelope_;
    if (leaving)
        patience_left_ = std::min(patience_left_, config_->limits.drain_patience);
    const auto until = std::min(now + patience_left_, *ends_);
    if (until <= now)
        return close_after(leaving ? "4.3.2 The server is going down" : "4.4.2 Waited too long");
    if (input_.empty())
        input_.clear(); // Gives its space back: waiting is what most sessions do.
    reading_since_ = now;
    step_ = server_step::Read{until};
}

/// The wait for a command is over. Between the chunks of a letter the letter's time goes on, so
/// that small chunks buy none.
void ServerSession::renew_patience()
{
    if (transfer_ == Transfer::none)
        patience_left_ = config_->limits.patience;
}

bool ServerSession::flush(Instant now)
{
    if (output_.empty())
        return false;
    step_ = server_step::Send{std::exchange(output_, {}), now + config_->limits.patience};
    return true;
}

// ---- Asking and answering -------------------------------------------------------------------

void ServerSession::ask(Question question, ServerStep step)
{
    expects(!step_ && question_ == Question::none);
    question_ = question;
    step_ = std::move(step);
}

/// Closes the open question, which must be this one.
void ServerSession::expect_answer_to(Question question)
{
    expects(question_open_ && question_ == question);
    question_open_ = false;
    question_ = Question::none;
}

void ServerSession::reply(int code, std::string_view line)
{
    append_reply(output_, code, line);
    if (code == 221 || code == 421) { // Both say that the connection will close.
        phase_ = Phase::farewell;
        reset_transaction();
    }
}

void ServerSession::reply(const Reply& reply_lines)
{
    append_reply(output_, reply_lines);
    if (reply_lines.code == 421) {
        phase_ = Phase::farewell;
        reset_transaction();
    }
}

/// The backend's refusal.
void ServerSession::pass_on(const Reply& refusal)
{
    expects(refusal.is_transient_failure() || refusal.is_permanent_failure());
    reply(refusal);
}

void ServerSession::refuse(const Reply& because)
{
    reply(because);
    count_error();
}

void ServerSession::refuse(int code, std::string_view line)
{
    reply(code, line);
    count_error();
}

void ServerSession::count_error()
{
    if (++errors_ >= config_->limits.errors && phase_ != Phase::farewell)
        close_after("4.7.0 Too many errors");
}

void ServerSession::close_after(std::string_view reason)
{
    reply(421, reason);
}

void ServerSession::reset_transaction()
{
    if (message_ == Message::open)
        message_ = Message::unwanted;
    transfer_ = Transfer::none;
    envelope_.reset();
    candidates_ = {};
    candidate_terms_ = {};
    accepted_ = 0;
    objection_.reset();
    piece_ = {};
    renew_patience();
}

} // namespace posthouse::smtp
