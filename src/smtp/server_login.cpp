// SPDX-License-Identifier: Apache-2.0
// AUTH: RFC 4954 §4, §6.
#include "base/contract.hpp"
#include "mail/base64.hpp"
#include "mail/sasl_response.hpp"
#include "smtp/server_session.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {

void ServerSession::on(command::Auth& auth)
{
    if (const auto objection = objection_to(auth))
        return refuse(*objection);
    ask(Question::login,
        server_step::StartLogin{std::move(auth.mechanism), std::move(auth.initial)});
}

std::optional<Reply> ServerSession::objection_to(const command::Auth& auth) const
{
    if (config_->login == LoginPolicy::none)
        return Reply(502, "5.5.1 AUTH is not on offer");
    if (peer_.helo.empty())
        return Reply(503, "5.5.1 Say EHLO first");
    if (!peer_.login.empty())
        return Reply(503, "5.5.1 You are logged in already");
    if (envelope_)
        return Reply(503, "5.5.1 Not within a letter");
    if (!offers_login() && offers_starttls())
        return Reply(538, "5.7.11 Say STARTTLS first");
    if (std::ranges::find(mechanisms_, auth.mechanism) == mechanisms_.end())
        return Reply(504, "5.5.4 Mechanism not on offer");
    return std::nullopt;
}

bool ServerSession::offers_login() const
{
    return config_->login != LoginPolicy::none && peer_.login.empty() && !mechanisms_.empty();
}

/// RFC 6409 §6.1: what a person writes without a domain is meant to be in his own.
std::string_view ServerSession::completing_domain() const
{
    const std::string_view login = peer_.login;
    const auto at = login.rfind('@');
    return at == login.npos ? std::string_view() : login.substr(at + 1);
}

void ServerSession::answer_login(LoginAnswer answer)
{
    expect_answer_to(Question::login);
    if (const auto* challenge = std::get_if<LoginChallenge>(&answer)) {
        challenge_with(challenge->bytes);
        phase_ = Phase::login;
        return;
    }
    if (auto* accepted = std::get_if<LoginAccepted>(&answer)) {
        expects(!accepted->user.empty());
        accepted_login_ = std::move(*accepted);
        if (accepted_login_.last_words.empty())
            return accept_login();
        // SMTP's 235 carries no data: what the server says last is one more challenge, to which
        // there is nothing to answer.
        challenge_with(std::exchange(accepted_login_.last_words, {}));
        phase_ = Phase::last_words;
        return;
    }
    fail_login(std::get<Reply>(answer));
}

/// Of any length: RFC 4954 §4.
void ServerSession::challenge_with(std::string_view bytes)
{
    output_.append("334 ").append(mail::base64(bytes)).append("\r\n");
}

void ServerSession::read_response(Instant now)
{
    const auto input = input_.view();
    const auto end = input.find("\r\n");
    const bool complete = end != input.npos;
    const bool too_long = (complete ? end + 2 : input.size()) > config_->limits.login_line_bytes;
    if (!complete && !too_long)
        return wait_for_peer(now);
    if (too_long) {
        overlong_response_ = true;
        phase_ = Phase::overlong_line;
        accepted_login_ = {};
        step_ = server_step::CancelLogin{};
        return;
    }
    auto response = mail::parse_sasl_response(input.substr(0, end));
    input_.consume_and_wipe(end + 2);
    renew_patience();
    if (++commands_ > config_->limits.commands) {
        cancel_login(Reply(421, "4.7.0 Too many commands"));
        return;
    }
    if (!response)
        return cancel_login(response.error() == mail::SaslFault::cancelled
                                ? Reply(501, "5.7.0 The login was given up")
                                : Reply(501, "5.5.2 The response is not base64"));
    if (std::exchange(phase_, Phase::command) == Phase::login)
        return ask(Question::login, server_step::ContinueLogin{std::move(*response)});
    if (!response->empty())
        return cancel_login(Reply(501, "5.5.2 There was nothing to answer"));
    accept_login();
}

void ServerSession::accept_login()
{
    phase_ = Phase::command;
    peer_.login = std::exchange(accepted_login_, {}).user;
    errors_ = junk_commands_ = 0;
    reply(235, "2.7.0 Welcome");
}

void ServerSession::cancel_login(const Reply& because)
{
    phase_ = Phase::command;
    accepted_login_ = {};
    step_ = server_step::CancelLogin{};
    refuse(because);
}

void ServerSession::fail_login(const Reply& because)
{
    phase_ = Phase::command;
    pass_on(because);
    if (phase_ != Phase::farewell && because.is_permanent_failure() &&
        ++failed_logins_ >= config_->limits.failed_logins)
        close_after("4.7.0 Too many failed logins");
}

} // namespace posthouse::smtp
