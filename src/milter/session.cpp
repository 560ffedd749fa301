// SPDX-License-Identifier: Apache-2.0
#include "milter/session.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace posthouse::milter {
namespace {

/// Unanswered packets are gathered up to this.
constexpr std::size_t output_bytes = 64 << 10;

} // namespace

Session::Session(Patience patience, const Limits& limits) : patience_(patience), limits_(limits) {}

Session::Session(Patience patience, const Limits& limits, Terms agreed)
    : patience_(patience),
      limits_(limits),
      terms_(std::move(agreed))
{
}

// ---- What the driver calls ------------------------------------------------------------------

void Session::ask(const Question& question)
{
    expects(at_ == At::rest && !fault_);
    verdict_ = {};
    modifications_.clear();
    modification_bytes_ = 0;
    new_body_bytes_ = 0;
    ends_.reset();
    question_ = question;
    if (!terms_) {
        append_offer(output_);
        at_ = At::negotiation;
        wait_for_answer();
        return;
    }
    begin();
}

void Session::begin()
{
    at_ = At::question;
    std::visit([this](const auto& asked) { put(asked); }, *question_);
}

SessionStep Session::next(Instant now)
{
    for (;;) {
        if (!fault_)
            read_packets();
        if (fault_ || at_ == At::rest) {
            if (!fault_ && !output_.empty()) // What is not answered is sent nevertheless.
                return session_step::Send{std::exchange(output_, {}), now + patience_.command};
            return session_step::Answered{};
        }
        if (awaited_) {
            if (!output_.empty())
                return session_step::Send{std::exchange(output_, {}), now + patience_.command};
            if (at_ == At::end_of_message && !ends_)
                ends_ = now + limits_.waiting;
            if (!deadline_)
                deadline_ = now + (at_ == At::end_of_message ? patience_.end : patience_.command);
            const auto until = ends_ ? std::min(*deadline_, *ends_) : *deadline_;
            if (now < until)
                return session_step::Read{until};
            fail("it did not answer in time");
            continue;
        }
        if (output_.size() >= output_bytes)
            return session_step::Send{std::exchange(output_, {}), now + patience_.command};
        advance();
        if (body_wanted_)
            return session_step::ReadBody{
                body_sent_, static_cast<std::size_t>(std::min<std::uint64_t>(
                                terms_->chunk_bytes,
                                std::get<question::Message>(*question_).body_bytes - body_sent_))};
    }
}

void Session::receive(std::string_view bytes)
{
    input_.append(bytes);
}

void Session::lost(std::string_view why)
{
    fail(why);
}

void Session::take_body(std::string_view bytes)
{
    expects(body_wanted_ && !bytes.empty() && bytes.size() <= terms_->chunk_bytes);
    body_wanted_ = false;
    body_sent_ += bytes.size();
    send(Command::body, bytes, protocol::unanswered_body);
}

void Session::abort()
{
    if (in_message_ && !fault_)
        append_packet(output_, Command::abort);
    in_message_ = false;
    at_ = At::rest;
    awaited_ = false;
    body_wanted_ = false;
    deadline_.reset();
}

std::string Session::farewell()
{
    if (fault_ || !terms_)
        return {};
    abort();
    append_packet(output_, can_be_reused() ? Command::quit_and_stay : Command::quit);
    return std::exchange(output_, {});
}

// ---- What the filter is sent ----------------------------------------------------------------

void Session::send(Command command, std::string_view payload, std::uint32_t unanswered)
{
    append_packet(output_, command, payload);
    if (!has(unanswered))
        wait_for_answer();
}

void Session::send_macros(MacroStage stage, Command command, const Macros& macros)
{
    std::string payload(1, static_cast<char>(command));
    for (const auto& name : terms_->macros[static_cast<std::size_t>(stage)]) {
        const auto found = macros.find(name);
        if (found == macros.end())
            continue;
        append_text(payload, name);
        append_text(payload, found->second);
    }
    if (payload.size() > 1)
        append_packet(output_, Command::macros, payload);
}

void Session::put(const question::Connect& client)
{
    using Family = question::Connect::Family;
    if (has(protocol::no_connect))
        return;
    send_macros(MacroStage::connect, Command::connect, client.macros);
    std::string payload;
    append_text(payload, client.name);
    switch (client.family) {
    case Family::unknown:
        payload += 'U';
        break;
    case Family::ipv4:
        payload += '4';
        break;
    case Family::ipv6:
        payload += '6';
        break;
    case Family::local:
        payload += 'L';
        break;
    }
    if (client.family != Family::unknown) {
        payload += static_cast<char>(client.port >> 8);
        payload += static_cast<char>(client.port & 0xff);
        append_text(payload, client.address);
    }
    send(Command::connect, payload, protocol::unanswered_connect);
}

void Session::put(const question::Helo& helo)
{
    if (has(protocol::no_helo))
        return;
    send_macros(MacroStage::helo, Command::helo, helo.macros);
    std::string payload;
    append_text(payload, helo.name);
    send(Command::helo, payload, protocol::unanswered_helo);
}

void Session::put(const question::Mail& mail)
{
    in_message_ = true;
    if (has(protocol::no_mail))
        return;
    send_macros(MacroStage::mail, Command::mail, mail.macros);
    std::string payload;
    append_text(payload, '<' + mail.sender + '>');
    for (const auto& argument : mail.arguments)
        append_text(payload, argument);
    send(Command::mail, payload, protocol::unanswered_mail);
}

void Session::put(const question::Recipient& recipient)
{
    if (has(protocol::no_recipient) || (recipient.refused && !has(protocol::refused_recipients)))
        return;
    send_macros(MacroStage::recipient, Command::recipient, recipient.macros);
    std::string payload;
    append_text(payload, '<' + recipient.path + '>');
    for (const auto& argument : recipient.arguments)
        append_text(payload, argument);
    send(Command::recipient, payload, protocol::unanswered_recipient);
}

void Session::put(const question::Data& data)
{
    if (has(protocol::no_data))
        return;
    send_macros(MacroStage::data, Command::data, data.macros);
    send(Command::data, {}, protocol::unanswered_data);
}

void Session::put(const question::Message& message)
{
    field_ = has(protocol::no_headers) ? message.fields.size() : 0;
    body_sent_ = has(protocol::no_body) ? message.body_bytes : 0;
    at_ = At::fields;
}

/// The last thing sent is through: what comes next?
void Session::advance()
{
    switch (at_) {
    case At::question:
        return finish();
    case At::fields:
        return send_field();
    case At::end_of_header:
        return send_end_of_header();
    case At::body:
        return send_body();
    case At::rest:
    case At::negotiation:
    case At::end_of_message:
        expects(false); // These wait.
    }
}

void Session::send_field()
{
    const auto& message = std::get<question::Message>(*question_);
    if (field_ == message.fields.size()) {
        at_ = At::end_of_header;
        return;
    }
    const auto& field = message.fields[field_++];
    std::string_view value = field.value;
    if (!has(protocol::leading_space) && value.starts_with(' '))
        value.remove_prefix(1);
    std::string payload;
    append_text(payload, field.name);
    append_text(payload, value);
    send(Command::header, payload, protocol::unanswered_header);
}

void Session::send_end_of_header()
{
    at_ = At::body;
    if (has(protocol::no_end_of_header))
        return;
    send_macros(MacroStage::end_of_header, Command::end_of_header,
                std::get<question::Message>(*question_).macros);
    send(Command::end_of_header, {}, protocol::unanswered_end_of_header);
}

void Session::send_body()
{
    const auto& message = std::get<question::Message>(*question_);
    if (body_sent_ < message.body_bytes) {
        body_wanted_ = true;
        return;
    }
    at_ = At::end_of_message;
    send_macros(MacroStage::end_of_message, Command::end_of_message, message.macros);
    append_packet(output_, Command::end_of_message);
    wait_for_answer();
}

void Session::finish()
{
    at_ = At::rest;
    awaited_ = false;
    deadline_.reset();
    if (std::holds_alternative<question::Message>(*question_))
        in_message_ = false;
    question_.reset();
}

// ---- What the filter says -------------------------------------------------------------------

void Session::read_packets()
{
    while (!fault_ && !input_.empty()) {
        if (!awaited_)
            return fail("it spoke without being asked");
        auto packet = take_packet(input_, limits_.packet_bytes);
        if (!packet)
            return fail(packet.error().what);
        if (!*packet)
            return;
        heard_ = true;
        take(std::move(**packet));
    }
}

void Session::take(Packet packet)
{
    const auto answer = static_cast<Answer>(packet.code);
    if (at_ == At::negotiation)
        return take_terms(packet);
    switch (answer) {
    case Answer::progress:
        deadline_.reset();
        return;
    case Answer::proceed:
        return rule({});
    case Answer::accept:
        return rule({.ruling = Ruling::accept, .code = 0, .lines = {}});
    case Answer::discard:
        return rule({.ruling = Ruling::discard, .code = 0, .lines = {}});
    case Answer::reject:
        return rule(rejection());
    case Answer::tempfail:
        return rule(temporary_failure());
    case Answer::shut_down:
        return rule({.ruling = Ruling::refuse, .code = 421, .lines = {"4.7.0 Closing connection"}});
    case Answer::connection_failure:
        return fail("it asked for a failure of the connection");
    case Answer::reply: {
        auto verdict = read_reply(packet.payload, limits_);
        return verdict ? rule(std::move(*verdict)) : fail(verdict.error().what);
    }
    case Answer::skip:
        if (at_ == At::fields)
            field_ = std::get<question::Message>(*question_).fields.size();
        else if (at_ == At::body)
            body_sent_ = std::get<question::Message>(*question_).body_bytes;
        else
            return fail("it skipped what cannot be skipped");
        return rule({});
    default:
        return take_modification(std::move(packet));
    }
}

void Session::take_terms(const Packet& packet)
{
    if (packet.code != static_cast<char>(Answer::negotiate))
        return fail("it did not negotiate");
    auto terms = read_terms(packet.payload, limits_);
    if (!terms)
        return fail(terms.error().what);
    terms_ = std::move(*terms);
    awaited_ = false;
    deadline_.reset();
    begin();
}

void Session::take_modification(Packet packet)
{
    if (at_ != At::end_of_message)
        return fail(
            fmt::format("answer {} to what has no such answer", printable({&packet.code, 1})));
    const bool body = packet.code == static_cast<char>(Answer::replace_body);
    if (body)
        new_body_bytes_ += packet.payload.size();
    else
        modification_bytes_ += packet.payload.size();
    if (new_body_bytes_ > limits_.body_bytes || modification_bytes_ > limits_.modification_bytes)
        return fail("more changes than the limit");
    const auto code = packet.code;
    auto modification = read_modification(
        std::move(packet), has(protocol::leading_space) ? Leading::kept : Leading::stripped,
        limits_);
    if (!modification)
        return fail(modification.error().what);
    if (!*modification) {
        if (code != static_cast<char>(Answer::delete_recipient))
            fail(fmt::format("answer {} is none", printable({&code, 1})));
        return;
    }
    if (body && !modifications_.empty()) // Pieces that come in a row are one.
        if (auto* last = std::get_if<modification::ReplaceBody>(&modifications_.back())) {
            last->piece += std::get<modification::ReplaceBody>(**modification).piece;
            return;
        }
    if (modifications_.size() == limits_.modifications)
        return fail("more changes than the limit");
    modifications_.push_back(std::move(**modification));
}

/// The answer to what was sent last. To go on or not is the same for a piece of the letter as
/// for all of it, but for the end.
void Session::rule(Verdict verdict)
{
    awaited_ = false;
    deadline_.reset();
    verdict_ = std::move(verdict);
    const bool pieces_left = at_ != At::end_of_message && at_ != At::question;
    if (pieces_left && verdict_.is(Ruling::proceed))
        return;
    // libmilter goes back to before the letter by itself only at the letter's end.
    const bool over = std::holds_alternative<question::Message>(*question_) && !pieces_left;
    const bool in_message = in_message_;
    finish();
    in_message_ = in_message && !over;
}

void Session::fail(std::string_view what)
{
    fault_ = Fault{std::string(what)};
    modifications_.clear();
    output_.clear();
    input_.clear();
    at_ = At::rest;
    awaited_ = false;
    body_wanted_ = false;
}

} // namespace posthouse::milter
