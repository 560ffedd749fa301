// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.hpp"

#include "base/contract.hpp"
#include "pop3/transaction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace posthouse::pop3 {

Session::Session(std::shared_ptr<const Config> config)
    : config_(std::move(config)),
      tls_(config_->implicit_tls)
{
    ok(fmt::format("{} POP3 ready", config_->hostname));
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

// ---- What the driver calls ------------------------------------------------------------------

Step Session::next(Instant now)
{
    expects(question_ == Question::none);
    for (;;)
        if (auto step = advance(now))
            return std::move(*step);
}

void Session::receive(std::string_view bytes)
{
    input_.append(bytes);
}

void Session::disconnected()
{
    question_ = Question::none;
    output_ = std::string();
    close(CloseReason::disconnected);
}

void Session::tls_established()
{
    expects(std::exchange(question_, Question::none) == Question::handshake);
    tls_ = true; // RFC 2595 §4: and whatever was learnt before is forgotten.
    user_.clear();
    phase_ = Phase::command;
}

void Session::answer(std::expected<Maildrop, OpenFailure> maildrop)
{
    expects(std::exchange(question_, Question::none) == Question::maildrop);
    phase_ = Phase::command;
    if (!maildrop)
        return error(maildrop.error() == OpenFailure::in_use
                         ? "[IN-USE] Another session has this maildrop"
                         : "[SYS/TEMP] The maildrop cannot be opened now");
    transaction_ = std::make_unique<Transaction>(std::move(*maildrop));
    const auto all = transaction_->remaining();
    ok(fmt::format("{} messages ({} octets)", all.messages, all.octets));
}

void Session::answer(Deletion deletion)
{
    expects(std::exchange(question_, Question::none) == Question::deletion);
    if (deletion == Deletion::done)
        ok("Bye");
    else
        error("[SYS/TEMP] Some deleted messages were not removed"); // RFC 1939 §6
    close(CloseReason::quit);
}

void Session::message_piece(std::string_view bytes)
{
    expects(std::exchange(question_, Question::none) == Question::message);
    auto& sending = transaction_->sending;
    const auto octets = transaction_->octets(sending.index);
    expects(!bytes.empty() && bytes.size() <= octets - sending.offset);
    if (sending.offset == 0) // Not before it is known that the message can be read.
        ok(sending.top ? "Top of message follows" : fmt::format("{} octets", octets));
    sending.offset += bytes.size();
    if (sending.top) {
        bytes = bytes.substr(0, sending.top->take(bytes));
        if (sending.top->done())
            sending.offset = octets; // The rest is not asked for.
    }
    sending.stuffing.write(bytes, output_);
    finish_message();
}

void Session::message_failed()
{
    expects(std::exchange(question_, Question::none) == Question::message);
    if (transaction_->sending.offset != 0) // The client must not take what it has for the whole.
        return close(CloseReason::message_lost);
    phase_ = Phase::command;
    error("[SYS/TEMP] The message cannot be read now");
}

// ---- What comes next ------------------------------------------------------------------------

std::optional<Step> Session::advance(Instant now)
{
    if (output_.size() >= config_->limits.output_bytes)
        return send(now);
    switch (phase_) {
    case Phase::command:
        return read_command(now);
    case Phase::login:
        return pass_login_on();
    case Phase::response:
    case Phase::last_words:
        return read_response(now);
    case Phase::given_up:
        return cancel_login();
    case Phase::maildrop:
        return ask(Question::maildrop, step::OpenMaildrop{});
    case Phase::listing:
        continue_listing();
        return std::nullopt;
    case Phase::message:
        return read_message();
    case Phase::deletion:
        return delete_messages();
    case Phase::handshake: // What was said before has to leave in the clear.
        if (!output_.empty())
            return send(now);
        return ask(Question::handshake, step::StartTls{now + config_->limits.send_patience});
    case Phase::closing:
        if (!output_.empty())
            return send(now);
        return step::Close{close_reason_};
    }
    return std::nullopt;
}

/// Where the first line ends, if all of it is here. One that is too long is passed over to its end:
/// nothing in it is a command.
std::optional<std::size_t> Session::line_end(std::size_t limit)
{
    const auto input = input_.view();
    const auto end = input.find('\n');
    skipping_ = (end == input.npos ? input.size() : end + 1) > limit;
    return skipping_ || end == input.npos ? std::nullopt : std::optional(end);
}

/// False: its end is not here yet.
bool Session::skip_line()
{
    const auto end = input_.view().find('\n');
    const bool whole = end != std::string_view::npos;
    input_.consume_and_wipe(whole ? end + 1 : input_.view().size());
    skipping_ = !whole;
    return whole;
}

std::optional<Step> Session::read_command(Instant now)
{
    if (skipping_ && !skip_line())
        return wait_for_peer(now);
    const auto& limits = config_->limits;
    const auto end = line_end(is_auth(input_.view()) ? limits.login_line : limits.command_line);
    if (skipping_) {
        refuse("The line is too long");
        return std::nullopt;
    }
    if (!end)
        return wait_for_peer(now);
    auto line = input_.view().substr(0, *end);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    const auto command = parse_command(line);
    input_.consume_and_wipe(*end + 1);
    waiting_since_.reset();
    if (!command)
        refuse(command.error());
    else
        execute(*command);
    return std::nullopt;
}

/// Answers leave before the session waits for anything.
std::optional<Step> Session::wait_for_peer(Instant now)
{
    if (!output_.empty())
        return send(now);
    // The clock starts when the wait does and no byte resets it, so dripping bytes buys no time.
    if (!waiting_since_)
        waiting_since_ = now;
    const auto until = *waiting_since_ + config_->limits.idle;
    if (now < until)
        return step::Read{until};
    close(CloseReason::timed_out); // Without a word, and nothing is deleted: RFC 1939 §3
    return std::nullopt;
}

Step Session::ask(Question question, Step step)
{
    question_ = question;
    return step;
}

Step Session::send(Instant now)
{
    const auto& limits = config_->limits;
    const auto slowest = std::chrono::seconds(output_.size() / limits.sent_bytes_per_second);
    return step::Send{std::exchange(output_, {}), now + limits.send_patience + slowest};
}

void Session::continue_listing()
{
    auto& transaction = *transaction_;
    auto& row = transaction.sending;
    for (; row.index < transaction.deleted.size(); ++row.index) {
        if (output_.size() >= config_->limits.output_bytes)
            return;
        if (!transaction.deleted[row.index])
            add_listing(row.index, row.column);
    }
    output_ += ".\r\n";
    phase_ = Phase::command;
}

std::optional<Step> Session::read_message()
{
    const auto& sending = transaction_->sending;
    const auto left = transaction_->octets(sending.index) - sending.offset;
    if (left == 0) { // An empty message; others end in message_piece().
        ok(sending.top ? "Top of message follows" : "0 octets");
        finish_message();
        return std::nullopt;
    }
    const auto& limits = config_->limits;
    const auto length =
        std::min<std::uint64_t>(left, sending.top ? limits.top_bytes : limits.piece_bytes);
    return ask(Question::message, step::ReadMessage{.index = sending.index,
                                                    .offset = sending.offset,
                                                    .length = length,
                                                    .more = sending.top ? 0 : left - length});
}

void Session::finish_message()
{
    auto& sending = transaction_->sending;
    if (sending.offset < transaction_->octets(sending.index))
        return;
    sending.stuffing.finish(output_);
    phase_ = Phase::command;
}

std::optional<Step> Session::delete_messages()
{
    step::DeleteMessages question;
    for (std::uint32_t i = 0; i < transaction_->deleted.size(); ++i)
        if (transaction_->deleted[i])
            question.indices.push_back(i);
    if (!question.indices.empty())
        return ask(Question::deletion, std::move(question));
    ok("Bye");
    close(CloseReason::quit);
    return std::nullopt;
}

// ---- Answering ------------------------------------------------------------------------------

void Session::ok(std::string_view text)
{
    output_ += fmt::format("+OK {}\r\n", text);
}
void Session::error(std::string_view text)
{
    output_ += fmt::format("-ERR {}\r\n", text);
}

void Session::refuse(std::string_view text)
{
    error(text);
    if (++errors_ >= config_->limits.errors)
        close(CloseReason::errors);
}

void Session::close(CloseReason reason)
{
    phase_ = Phase::closing;
    close_reason_ = reason;
}

} // namespace posthouse::pop3
