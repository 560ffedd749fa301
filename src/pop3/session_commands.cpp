// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.hpp"
#include "pop3/transaction.hpp"

#include <fmt/format.h>

// What each command does. RFC 1939 §4 to §7, RFC 2449 §5, RFC 2595 §4
namespace posthouse::pop3 {

namespace {

enum class State : std::uint8_t { any, authorization, transaction };

struct Belongs {
    State operator()(const command::User&) const { return State::authorization; }
    State operator()(const command::Pass&) const { return State::authorization; }
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
    std::visit([this](const auto& parsed) { on(parsed); }, command);
}

void Session::on(const command::User& user)
{
    if (!may_send_password())
        return refuse("Say STLS first: passwords are not taken in the clear");
    user_ = user.name;
    ok("The password, please"); // Known or not.
}

void Session::on(const command::Pass& pass)
{
    if (!may_send_password())
        return refuse("Say STLS first: passwords are not taken in the clear");
    if (user_.empty())
        return refuse("Say USER first");
    password_ = pass.password;
    phase_ = Phase::login;
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
    if (may_send_password()) // RFC 2595 §4: both stand there only while they would work.
        output_ += "USER\r\n";
    if (config_->offer_tls && !tls_ && !transaction_)
        output_ += "STLS\r\n";
    output_ += "IMPLEMENTATION Posthouse\r\n.\r\n";
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
    transaction_->deleted.assign(transaction_->messages.size(), false);
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

bool Session::may_send_password() const
{
    return tls_ || config_->plaintext_auth;
}

std::optional<std::uint32_t> Session::index_of(std::uint64_t number)
{
    if (number >= 1 && number <= transaction_->messages.size() &&
        !transaction_->deleted[number - 1])
        return static_cast<std::uint32_t>(number - 1);
    refuse("No such message");
    return std::nullopt;
}

std::string Session::listing(std::uint32_t index, Column column) const
{
    const auto& message = transaction_->messages[index];
    return column == Column::uidl ? fmt::format("{} {}", index + 1, message.uidl)
                                  : fmt::format("{} {}", index + 1, message.octets);
}

void Session::answer_listing(std::optional<std::uint64_t> message, Column column)
{
    if (message) {
        if (const auto index = index_of(*message))
            ok(listing(*index, column));
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
