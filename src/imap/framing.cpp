// SPDX-License-Identifier: Apache-2.0
#include "imap/framing.hpp"

#include "base/contract.hpp"
#include "imap/parser.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

/// RFC 7888 §5: of LITERAL-, without waiting.
constexpr std::uint64_t literal_minus_bytes = 4096;
/// More than any announcement that stands for a number has.
constexpr std::size_t tail_bytes = 64;

std::string_view without_cr(std::string_view line)
{
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// No line of a command holds them: a literal may.
bool is_text(std::string_view line)
{
    return !line.contains('\0') && !line.contains('\r');
}

} // namespace

void Framer::feed(std::string_view bytes)
{
    settle();
    input_.append(bytes);
}

Frame Framer::next()
{
    settle();
    while (true)
        if (auto frame = step())
            return std::move(*frame);
}

/// Nothing: the state is another one, look again.
std::optional<Frame> Framer::step()
{
    if (continue_) {
        continue_ = false;
        return frame::Continue{};
    }
    switch (state_) {
    case State::text:
        if (line_limit_ && !message_ && text_.empty())
            return read_expected_line();
        return read_text();
    case State::literal:
        return read_literal();
    case State::message_head:
        return frame::NeedsInput{}; // The session owes an answer.
    case State::message_bytes:
        return read_message();
    case State::skip_literal:
        return skip_literal();
    case State::skip_line:
        return skip_line();
    }
    return frame::NeedsInput{};
}

std::optional<Frame> Framer::read_text()
{
    const auto input = input_.view();
    const auto end = input.find('\n', scanned_);
    const auto length = std::min(end, input.size());
    // The line end counts neither here nor where the line is whole: it may come later.
    if (text_bytes_ + without_cr(input.substr(0, length)).size() > command_limit())
        return refuse_line(frame::Refused::Why::line_too_long);
    if (end == input.npos) {
        scanned_ = input.size();
        return frame::NeedsInput{};
    }
    const auto line = without_cr(input.substr(0, end));
    if (!is_text(line))
        return refuse_line(frame::Refused::Why::line_not_text);
    text_ += line;
    text_bytes_ += line.size();
    const auto literal = announced_literal(line);
    consume(end + 1);
    if (literal)
        return announced(*literal);
    return finish_text();
}

Frame Framer::finish_text()
{
    auto text = std::move(text_);
    const bool message = message_;
    forget_command();
    if (message)
        return frame::MessageTail{std::move(text)};
    return frame::Command{std::move(text)};
}

std::optional<Frame> Framer::announced(const LiteralAnnouncement& literal)
{
    using enum frame::Refused::Why;
    const bool too_eager =
        !literal.waits && limits_.mode == LiteralMode::minus && literal.bytes > literal_minus_bytes;
    if (!(message_ ? announces_more_message(text_) : announces_message(text_)))
        return too_eager ? refuse_literal(literal_minus, literal) : begin_literal(literal);

    if (!message_)
        tag_ = tag_of(text_);
    if (too_eager)
        return refuse_literal(literal_minus, literal);
    if (literal.bytes > limits_.message_bytes)
        return refuse_literal(message_too_long, literal);
    announced_ = literal;
    state_ = State::message_head;
    const bool first = !message_;
    message_ = true;
    text_bytes_ = 0; // The segment is out of memory, so the next one has room of its own.
    literals_ = 0;
    literals_bytes_ = 0;
    return frame::MessageHead{std::exchange(text_, {}), first, literal.bytes};
}

std::optional<Frame> Framer::begin_literal(const LiteralAnnouncement& literal)
{
    const auto most =
        trusted_ ? limits_.literal_bytes : std::min(limits_.literal_bytes, limits_.stranger_bytes);
    const auto most_together = trusted_ ? limits_.literals_bytes
                                        : std::min(limits_.literals_bytes, limits_.stranger_bytes);
    if (literal.bytes > most || literals_bytes_ + literal.bytes > most_together ||
        literals_ == limits_.literals)
        return refuse_literal(frame::Refused::Why::literal_too_long, literal);
    ++literals_;
    literals_bytes_ += static_cast<std::size_t>(literal.bytes);
    text_ += "\r\n";
    left_ = literal.bytes;
    state_ = State::literal;
    continue_ = literal.waits;
    return std::nullopt;
}

std::optional<Frame> Framer::read_literal()
{
    const auto piece = input_.view().substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.view().size())));
    text_ += piece;
    left_ -= piece.size();
    consume(piece.size());
    if (left_ != 0)
        return frame::NeedsInput{};
    state_ = State::text;
    return std::nullopt;
}

std::optional<Frame> Framer::read_message()
{
    const auto input = input_.view();
    if (left_ != 0 && input.empty())
        return frame::NeedsInput{};
    lent_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    left_ -= lent_;
    if (left_ == 0)
        state_ = State::text;
    return frame::MessageBytes{input.substr(0, lent_), left_ == 0};
}

std::optional<Frame> Framer::read_expected_line()
{
    const auto input = input_.view();
    const auto end = input.find('\n', scanned_);
    const auto line = without_cr(input.substr(0, end));
    if (line.size() > *line_limit_)
        return refuse_line(frame::Refused::Why::line_too_long);
    if (end == input.npos) {
        scanned_ = input.size();
        return frame::NeedsInput{};
    }
    if (!is_text(line))
        return refuse_line(frame::Refused::Why::line_not_text);
    frame::Line expected{std::string(line)};
    consume(end + 1);
    line_limit_.reset();
    // Such a line is a command of a client that did not say DONE. What it announces is none.
    const auto literal = announced_literal(expected.text);
    if (literal && !literal->waits) {
        left_ = literal->bytes;
        state_ = State::skip_literal;
    }
    return expected;
}

std::optional<Frame> Framer::skip_literal()
{
    const auto some =
        static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.view().size()));
    left_ -= some;
    consume(some);
    if (left_ != 0)
        return frame::NeedsInput{};
    state_ = State::skip_line;
    return std::nullopt;
}

std::optional<Frame> Framer::skip_line()
{
    const auto input = input_.view();
    const auto end = input.find('\n');
    const auto line = input.substr(0, end);
    tail_ += line.substr(line.size() - std::min(line.size(), tail_bytes));
    tail_.erase(0, tail_.size() - std::min(tail_.size(), tail_bytes));
    if (end == input.npos) {
        consume(input.size());
        return frame::NeedsInput{};
    }
    consume(end + 1);
    const auto literal = announced_literal(without_cr(tail_));
    tail_.clear();
    if (literal && !literal->waits) {
        left_ = literal->bytes;
        state_ = State::skip_literal;
    } else {
        state_ = State::text; // A client that waits hears the tagged response and gives up.
    }
    return std::nullopt;
}

Frame Framer::refuse_line(frame::Refused::Why why)
{
    frame::Refused refused{why, tag_};
    if (line_limit_) {
        refused.tag = "*";
        line_limit_.reset();
    } else if (!message_) {
        // The tag is at the front: of the text so far, or of this line. What is looked at must not
        // depend on how much has come.
        const auto front = text_.empty() ? input_.view().substr(0, command_limit()) : text_;
        refused.tag = tag_of(front.substr(0, front.find_first_of("\r\n")));
    }
    forget_command();
    state_ = State::skip_line;
    return refused;
}

Frame Framer::refuse_literal(frame::Refused::Why why, const LiteralAnnouncement& literal)
{
    frame::Refused refused{why, message_ ? tag_ : std::string(tag_of(text_))};
    forget_command();
    if (!literal.waits) {
        left_ = literal.bytes;
        state_ = State::skip_literal;
    }
    return refused;
}

void Framer::accept_message()
{
    expects(state_ == State::message_head);
    state_ = State::message_bytes;
    left_ = announced_.bytes;
    continue_ = announced_.waits;
}

void Framer::refuse_message()
{
    expects(state_ == State::message_head);
    const auto literal = announced_;
    forget_command();
    if (!literal.waits) {
        left_ = literal.bytes;
        state_ = State::skip_literal;
    }
}

void Framer::abandon_message()
{
    expects(message_);
    settle();
    if (state_ == State::message_head) {
        refuse_message();
        return;
    }
    const auto state = state_;
    const auto left = left_;
    const bool unsaid = continue_;
    forget_command();
    if (unsaid) // The client waits, and hears the tagged response instead.
        return;
    left_ = state == State::text ? 0 : left;
    state_ = State::skip_literal;
}

void Framer::expect_line(std::size_t most_bytes)
{
    expects(!message_ && text_.empty());
    line_limit_ = most_bytes;
}

void Framer::discard_input()
{
    input_.clear();
    lent_ = 0;
    scanned_ = 0;
}

std::string Framer::take_input()
{
    settle();
    std::string rest(input_.view());
    discard_input();
    return rest;
}

std::size_t Framer::command_limit() const
{
    return trusted_ ? limits_.command_bytes
                    : std::min(limits_.command_bytes, limits_.stranger_bytes);
}

void Framer::consume(std::size_t count)
{
    input_.consume(count);
    scanned_ = 0;
}

void Framer::settle()
{
    if (lent_ != 0)
        consume(std::exchange(lent_, 0));
}

void Framer::forget_command()
{
    text_ = std::string();
    text_bytes_ = 0;
    literals_ = 0;
    literals_bytes_ = 0;
    tag_.clear();
    message_ = false;
    continue_ = false;
    left_ = 0;
    state_ = State::text;
}

} // namespace posthouse::imap
