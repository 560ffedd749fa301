// SPDX-License-Identifier: Apache-2.0
// Reading, sending, waiting, and how it ends. See client_opening.cpp and client_mailing.cpp for
// what is said.
#include "smtp/client_session.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

/// Kept by an idle connection for the next letter.
constexpr std::size_t idle_buffer_bytes = 4096;

/// "while …"
std::string_view doing(Stage stage)
{
    switch (stage) {
    case Stage::connect:
        return "connecting";
    case Stage::greeting:
        return "waiting for the greeting";
    case Stage::helo:
        return "performing the EHLO handshake";
    case Stage::tls:
        return "starting TLS";
    case Stage::login:
        return "logging in";
    case Stage::mail:
        return "sending MAIL FROM";
    case Stage::rcpt:
        return "sending RCPT TO";
    case Stage::data:
        return "sending the letter";
    case Stage::end_of_data:
        return "waiting for the reply to the end of data; the letter may have been delivered";
    }
    std::unreachable();
}

std::string_view what_happened(Cause cause)
{
    switch (cause) {
    case Cause::disconnected:
        return "lost the connection while ";
    case Cause::timed_out:
        return "timed out while ";
    default:
        return "the host made no sense while ";
    }
}

EnhancedCode status_of(Cause cause)
{
    // RFC 3463 §3.5: bad connection; §3.6: the protocol.
    return cause == Cause::protocol_error ? EnhancedCode{4, 5, 0} : EnhancedCode{4, 4, 2};
}

} // namespace

ClientSession::ClientSession(std::shared_ptr<const ClientConfig> config)
    : config_(std::move(config)),
      replies_(config_->limits.reply),
      tls_(config_->channel == ClientChannel::tls)
{
    expects(!config_->hostname.empty());
    expected_.push_back({Expect::greeting});
    asked_ = expected_.size();
}

// ---- Steps ----------------------------------------------------------------------------------

ClientStep ClientSession::next(Instant now)
{
    for (;;) {
        advance(now);
        if (done_)
            return client_step::LetterDone{finish_letter()};
        if (body_left_ > 0 && output_.size() < piece_bytes / 2) {
            body_asked_ = true;
            return client_step::ReadBody{};
        }
        if (!output_.empty())
            return send(now);
        if (close_)
            return *close_;
        if (phase_ == Phase::handshake)
            return client_step::StartTls{now + config_->timeouts.tls};
        if (!expecting())
            return client_step::Ready{};
        if (const auto read = wait(now))
            return *read;
    }
}

void ClientSession::advance(Instant now)
{
    if (phase_ == Phase::letter && !letter_until_) {
        const auto& times = config_->timeouts;
        const auto size = transaction_->letter().size_bytes;
        letter_until_ =
            now + times.letter +
            std::chrono::seconds(size / std::max<std::uint64_t>(times.slowest_bytes_per_second, 1));
    }
    take_replies(); // Before anything else: the host's last words may be why it hung up.
    if (phase_ == Phase::letter && !done_)
        advance_letter();
    if (lost_)
        lose(*std::exchange(lost_, std::nullopt));
    if (phase_ == Phase::letter && !done_ && !end_sent_ && now >= *letter_until_)
        lose(Cause::timed_out);
}

ClientStep ClientSession::send(Instant now)
{
    std::swap(sending_, output_);
    output_.clear();
    asked_ = expected_.size();
    if (end_written_ && phase_ == Phase::letter)
        end_sent_ = true;
    const bool in_letter = phase_ == Phase::letter;
    auto until = now + (in_letter ? config_->timeouts.block : config_->timeouts.helo);
    if (phase_ == Phase::quitting || phase_ == Phase::closed)
        until = now + config_->timeouts.quit;
    if (in_letter && !end_sent_)
        until = std::min(until, *letter_until_);
    return client_step::Send{sending_, until};
}

std::optional<ClientStep> ClientSession::wait(Instant now)
{
    if (!waiting_since_)
        waiting_since_ = now;
    auto until = *waiting_since_ + patience();
    if (phase_ == Phase::letter && !end_sent_)
        until = std::min(until, *letter_until_);
    if (now < until)
        return client_step::Read{until};
    lose(Cause::timed_out);
    return std::nullopt;
}

Duration ClientSession::patience() const
{
    const auto& times = config_->timeouts;
    switch (expected_[expected_at_].what) {
    case Expect::greeting:
        return times.greeting;
    case Expect::ehlo:
    case Expect::helo:
        return times.helo;
    case Expect::login:
        return times.helo;
    case Expect::starttls:
        return times.tls;
    case Expect::rset:
    case Expect::mail:
        return times.mail;
    case Expect::rcpt:
        return times.rcpt;
    case Expect::data:
        return times.data;
    case Expect::end_of_data:
        return times.end_of_data;
    case Expect::quit:
        return times.quit;
    }
    std::unreachable();
}

// ---- What the driver reports -----------------------------------------------------------------

void ClientSession::receive(std::string_view bytes)
{
    if (phase_ == Phase::closed || phase_ == Phase::handshake)
        return;
    replies_.receive(bytes);
    if (replies_.buffered_bytes() > config_->limits.unread_bytes)
        lost_ = Cause::protocol_error;
}

void ClientSession::disconnected()
{
    if (phase_ == Phase::handshake)
        return tls_failed("the connection was lost");
    lost_ = Cause::disconnected;
}

void ClientSession::timed_out()
{
    if (phase_ == Phase::handshake)
        return tls_failed("it took too long");
    lost_ = Cause::timed_out;
}

void ClientSession::quit()
{
    expects(phase_ == Phase::ready);
    begin_quit();
}

void ClientSession::begin_quit()
{
    phase_ = Phase::quitting;
    command("QUIT", {Expect::quit});
}

// ---- Replies ---------------------------------------------------------------------------------

void ClientSession::command(std::string_view line, Expected reply)
{
    output_ += line;
    output_ += "\r\n";
    expected_.push_back(reply);
}

void ClientSession::take_replies()
{
    while (phase_ != Phase::closed && phase_ != Phase::handshake && !done_) {
        if (phase_ == Phase::letter && only_quit_expected())
            return; // The letter comes to its end first.
        const auto reply = replies_.next();
        if (!reply)
            return lose(Cause::protocol_error, replies_.faulty_line());
        if (!*reply)
            return;
        take(**reply);
    }
}

bool ClientSession::only_quit_expected() const
{
    return expecting() && expected_[expected_at_].what == Expect::quit;
}

void ClientSession::take(const RemoteReply& reply)
{
    waiting_since_.reset();
    const auto front = expecting() ? std::optional(expected_[expected_at_]) : std::nullopt;
    if (reply.code == 421 && !only_quit_expected()) // RFC 5321 §3.8: at any time.
        return lose(outcome_of(stage(), reply, config_->limits.outcome_text_bytes));
    // A refusal of the letter may come before its end; nothing else before it was asked for.
    if (!front || (expected_at_ >= asked_ && front->what != Expect::end_of_data))
        return lose(Cause::protocol_error);
    if (phase_ == Phase::letter)
        answered_ = true;
    const auto expected = *front;
    if (++expected_at_ == expected_.size())
        forget_expected();
    switch (expected.what) {
    case Expect::greeting:
        return on_greeting(reply);
    case Expect::ehlo:
        return on_ehlo(reply);
    case Expect::helo:
        return on_helo(reply);
    case Expect::starttls:
        return on_starttls(reply);
    case Expect::login:
        return on_login(reply);
    case Expect::rset:
        return on_rset(reply);
    case Expect::mail:
        return on_mail(reply);
    case Expect::rcpt:
        return on_rcpt(reply, expected.recipient);
    case Expect::data:
        return on_data(reply);
    case Expect::end_of_data:
        return on_end_of_data(reply, expected.recipient);
    case Expect::quit:
        return end({.why = client_step::Close::Why::finished});
    }
}

Stage ClientSession::stage() const
{
    if (!expecting())
        return phase_ == Phase::letter ? Stage::mail : Stage::helo;
    switch (expected_[expected_at_].what) {
    case Expect::greeting:
        return Stage::greeting;
    case Expect::ehlo:
    case Expect::helo:
        return Stage::helo;
    case Expect::starttls:
        return Stage::tls;
    case Expect::login:
        return Stage::login;
    case Expect::rset:
    case Expect::mail:
        return Stage::mail;
    case Expect::rcpt:
        return Stage::rcpt;
    case Expect::data:
        return Stage::data;
    case Expect::end_of_data:
        return end_sent_ ? Stage::end_of_data : Stage::data;
    case Expect::quit:
        return Stage::end_of_data;
    }
    std::unreachable();
}

// ---- Ends ------------------------------------------------------------------------------------

void ClientSession::lose(Cause cause, std::string_view said)
{
    const auto where = end_sent_ ? Stage::end_of_data : stage();
    auto text = std::string(what_happened(cause)).append(doing(where));
    if (!said.empty())
        text.append(", saying: ").append(printable(trimmed(said.substr(0, said.find('\r'))), 80));
    auto outcome = outcome_of(where, cause, status_of(cause), std::move(text));
    outcome.may_be_duplicated = end_sent_;
    lose(std::move(outcome));
}

void ClientSession::lose(Outcome why)
{
    using Why = client_step::Close::Why;
    switch (phase_) {
    case Phase::opening:
    case Phase::handshake:
        return end({.why = Why::site_trouble, .trouble = std::move(why)});
    case Phase::letter:
        if (is_stale() && (why.cause == Cause::disconnected || why.code == 421)) {
            // It was idle between letters, and the host closed it meanwhile.
            why.disposition = Disposition::retry_now;
            why.fault = Fault::none;
        }
        if (!done_)
            transaction_->decide_rest(why);
        done_ = true;
        break;
    case Phase::ready:
        if (letters_done_ == 0) // It was of no use at all.
            return end({.why = Why::site_trouble, .trouble = std::move(why)});
        break;
    case Phase::quitting:
    case Phase::closed:
        break;
    }
    const bool in_letter = phase_ == Phase::letter;
    end(close_.value_or(client_step::Close{.why = Why::finished}));
    if (in_letter)
        phase_ = Phase::letter; // Until its result was handed out.
}

void ClientSession::end(client_step::Close close)
{
    close_ = std::move(close);
    phase_ = Phase::closed;
    forget_expected();
    waiting_since_.reset();
    output_.clear();
    body_left_ = 0;
}

void ClientSession::forget_expected()
{
    expected_.clear();
    expected_at_ = 0;
    asked_ = 0;
}

LetterResult ClientSession::finish_letter()
{
    using Connection = LetterResult::Connection;
    const auto& letter = transaction_->letter();
    const bool quits =
        letter.afterwards == Outgoing::Afterwards::quit && !transaction_->any_to_retry_now();
    const bool spent = close_ || expecting() || quits ||
                       (capabilities_.letters && mails_ >= *capabilities_.letters);
    auto result = transaction_->take_result(spent ? Connection::spent : Connection::reusable);
    transaction_.reset();
    letter_until_.reset();
    done_ = false;
    ++letters_done_;
    if (sending_.capacity() > idle_buffer_bytes)
        sending_ = std::string();
    if (output_.empty() && output_.capacity() > idle_buffer_bytes)
        output_ = std::string();
    if (close_)
        phase_ = Phase::closed;
    else if (expecting()) // QUIT has gone out already.
        phase_ = Phase::quitting;
    else if (spent)
        begin_quit();
    else
        phase_ = Phase::ready;
    return result;
}

} // namespace posthouse::smtp
