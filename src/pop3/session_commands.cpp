// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.hpp"
#include "pop3/transaction.hpp"

#include "base/text.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

// What each command does. RFC 1939 §4 to §7, RFC 2449 §5, RFC 2595 §4, RFC 6856 §2, §3
namespace posthouse::pop3 {

namespace {

enum class State : std::uint8_t { any, authorization, transaction };

struct Belongs {
    State operator()(const command::User&) const { return State::authorization; }
    State operator()(const command::Pass&) const { return State::authorization; }
    State operator()(const command::Auth&) const { return State::authorization; }
    State operator()(const command::Utf8&) const { return State::authorization; }
    State operator()(const command::Language&) const { return State::any; }
    State operator()(const command::Stls&) const { return State::authorization; }
    State operator()(const command::Capa&) const { return State::any; }
    State operator()(const command::Quit&) const { return State::any; }
    State operator()(const auto&) const { return State::transaction; }
};

} // namespace

void Session::execute(const Command& command)
{
    const auto state = std::visit(Belongs{}, command);
    if (state == State::authorization && transaction_)
        return refuse("Not after the login");
    if (state == State::transaction && !transaction_)
        return refuse("Log in first");
    if (transaction_) // Known people may be wrong now and then.
        errors_ = 0;
    std::visit([this](const auto& parsed) { on(parsed); }, command);
}

void Session::on(const command::Stls&)
{
    if (tls_ || !config_->offer_tls)
        return refuse(tls_ ? "TLS is there already" : "TLS is not on offer"); // RFC 2595 §4
    if (!input_.empty()) {
        // Plaintext after STLS would run as if it had come protected (CVE-2011-0411).
        error("STLS must come last");
        return close(CloseReason::injection);
    }
    ok("Begin TLS");
    phase_ = Phase::handshake;
}

void Session::on(const command::Capa&)
{
    ok("Capabilities follow");
    output_ += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n";
    // RFC 2595 §4: these stand there only while they would work.
    if (takes_passwords() && !transaction_)
        output_ += "USER\r\n";
    if (!mechanisms_.empty() && !transaction_) {
        output_ += "SASL";
        for (const auto& mechanism : mechanisms_)
            output_.append(" ").append(mechanism);
        output_ += "\r\n";
    }
    if (config_->offer_tls && !tls_ && !transaction_)
        output_ += "STLS\r\n";
    if (config_->login_delay.count() != 0)
        output_ += fmt::format("LOGIN-DELAY {}\r\n", config_->login_delay.count());
    output_ += config_->expire_days ? fmt::format("EXPIRE {}\r\n", *config_->expire_days)
                                    : "EXPIRE NEVER\r\n";
    output_ += "UTF8 USER\r\nLANG\r\nIMPLEMENTATION Posthouse\r\n.\r\n";
}

void Session::on(const command::Utf8&)
{
    ok("Letters are sent as they are"); // As they are to everyone.
}

/// English is all there is: the text of a response is for whoever debugs a client.
void Session::on(const command::Language& language)
{
    if (!language.range) {
        ok("Languages follow");
        output_ += "en English\r\n.\r\n";
    } else if (*language.range == "*" || equal_ignoring_case(*language.range, "en")) {
        ok("en It stays as it is");
    } else {
        refuse("There is no such language here");
    }
}

void Session::on(const command::Stat&)
{
    const auto count = transaction_->remaining();
    ok(fmt::format("{} {}", count.messages, count.octets));
}

void Session::on(const command::List& list)
{
    answer_listing(list.message, Column::octets);
}
void Session::on(const command::Uidl& uidl)
{
    answer_listing(uidl.message, Column::uidl);
}

void Session::on(const command::Retrieve& retrieve)
{
    if (const auto index = index_of(retrieve.message))
        start_message(*index, std::nullopt);
}

void Session::on(const command::Top& top)
{
    if (const auto index = index_of(top.message))
        start_message(*index, top.lines);
}

void Session::on(const command::Delete& del)
{
    if (const auto index = index_of(del.message)) {
        transaction_->deleted[*index] = true;
        ok(fmt::format("Message {} is deleted", del.message));
    }
}

void Session::on(const command::Reset&)
{
    transaction_->deleted.assign(transaction_->deleted.size(), false);
    const auto count = transaction_->remaining();
    ok(fmt::format("{} messages ({} octets)", count.messages, count.octets));
}

void Session::on(const command::Noop&)
{
    ok("Nothing done");
}

void Session::on(const command::Quit&)
{
    if (transaction_) {
        phase_ = Phase::deletion;
        return;
    }
    ok("Bye");
    close(CloseReason::quit);
}

// ---- Answering ------------------------------------------------------------------------------

std::optional<std::uint32_t> Session::index_of(std::uint64_t number)
{
    if (number >= 1 && number <= transaction_->deleted.size() && !transaction_->deleted[number - 1])
        return static_cast<std::uint32_t>(number - 1);
    refuse("No such message");
    return std::nullopt;
}

/// "number octets" or "number unique-id". Tens of thousands of them in one response are usual.
void Session::add_listing(std::uint32_t index, Column column)
{
    const auto& message = transaction_->maildrop.messages[index];
    const auto to = std::back_inserter(output_);
    if (column == Column::octets)
        fmt::format_to(to, FMT_COMPILE("{} {}\r\n"), index + 1, message.octets);
    else if (message.own == 0)
        fmt::format_to(to, FMT_COMPILE("{} {}.{}\r\n"), index + 1, transaction_->maildrop.validity,
                       message.uid);
    else
        fmt::format_to(to, FMT_COMPILE("{} {}\r\n"), index + 1,
                       transaction_->maildrop.uidl(message));
}

void Session::answer_listing(std::optional<std::uint64_t> message, Column column)
{
    if (message) {
        if (const auto index = index_of(*message)) {
            output_ += "+OK ";
            add_listing(*index, column);
        }
        return;
    }
    const auto count = transaction_->remaining();
    ok(fmt::format("{} messages ({} octets)", count.messages, count.octets));
    transaction_->sending = {};
    transaction_->sending.column = column;
    phase_ = Phase::listing;
}

void Session::start_message(std::uint32_t index, std::optional<std::uint64_t> lines)
{
    transaction_->sending = {};
    transaction_->sending.index = index;
    if (lines)
        transaction_->sending.top.emplace(*lines);
    phase_ = Phase::message;
}

} // namespace posthouse::pop3
