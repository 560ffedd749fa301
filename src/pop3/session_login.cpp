// SPDX-License-Identifier: Apache-2.0
// USER, PASS and AUTH: RFC 1939 §7, RFC 5034 §4, RFC 3206
#include "base/contract.hpp"
#include "mail/base64.hpp"
#include "mail/sasl_response.hpp"
#include "pop3/session.hpp"
#include "pop3/transaction.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::pop3 {

bool Session::takes_passwords() const
{
    return std::ranges::find(mechanisms_, "PLAIN") != mechanisms_.end();
}

void Session::refuse_clear_login()
{
    refuse(config_->offer_tls && !tls_ ? "Say STLS first: passwords are not taken in the clear"
                                       : "Passwords are not taken");
}

void Session::on(const command::User& user)
{
    if (!takes_passwords())
        return refuse_clear_login();
    user_ = user.name;
    ok("The password, please"); // Known or not.
}

void Session::on(const command::Pass& pass)
{
    if (!takes_passwords())
        return refuse_clear_login();
    if (user_.empty())
        return refuse("Say USER first");
    // As the mechanism PLAIN has it (RFC 4616 §2). No command holds a NUL.
    std::string message;
    message.append(1, '\0').append(std::exchange(user_, {})).append(1, '\0');
    message.append(pass.password.reveal());
    login_ = std::make_unique<LoginUnderWay>();
    login_->mechanism = "PLAIN";
    login_->said = Secret(message);
    ::explicit_bzero(message.data(), message.size());
    phase_ = Phase::login;
}

void Session::on(const command::Auth& auth)
{
    if (auth.mechanism.empty()) {
        ok("Mechanisms follow");
        for (const auto& mechanism : mechanisms_)
            output_.append(mechanism).append("\r\n");
        output_ += ".\r\n";
        return;
    }
    if (mechanisms_.empty())
        return refuse_clear_login();
    if (std::ranges::find(mechanisms_, auth.mechanism) == mechanisms_.end())
        return refuse("This mechanism is not on offer");
    user_.clear();
    login_ = std::make_unique<LoginUnderWay>();
    login_->mechanism = auth.mechanism;
    login_->said = auth.initial;
    phase_ = Phase::login;
}

Step Session::pass_login_on()
{
    auto said = std::exchange(login_->said, std::nullopt);
    if (std::exchange(login_->begun, true)) {
        expects(said.has_value());
        return ask(Question::login, step::ContinueLogin{std::move(*said)});
    }
    return ask(Question::login, step::StartLogin{login_->mechanism, std::move(said)});
}

Step Session::cancel_login()
{
    login_.reset();
    phase_ = Phase::command;
    return step::CancelLogin{};
}

void Session::answer(LoginAnswer answer)
{
    expects(std::exchange(question_, Question::none) == Question::login);
    if (const auto* challenge = std::get_if<LoginChallenge>(&answer)) {
        challenge_with(challenge->bytes);
        phase_ = Phase::response;
    } else if (const auto* accepted = std::get_if<LoginAccepted>(&answer)) {
        if (accepted->last_words.empty()) {
            login_.reset();
            phase_ = Phase::maildrop;
            return;
        }
        // +OK carries no data: what the server says last is one more challenge, to which there is
        // nothing to answer.
        challenge_with(accepted->last_words);
        phase_ = Phase::last_words;
    } else {
        login_.reset();
        phase_ = Phase::command;
        refuse_login(std::get<LoginRefused>(answer));
    }
}

void Session::challenge_with(std::string_view bytes)
{
    output_.append("+ ").append(mail::base64(bytes)).append("\r\n");
}

std::optional<Step> Session::read_response(Instant now)
{
    const auto end = line_end(config_->limits.login_line);
    if (skipping_) {
        give_login_up("The line is too long");
        return std::nullopt;
    }
    if (!end)
        return wait_for_peer(now);
    auto line = input_.view().substr(0, *end);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    auto response = mail::parse_sasl_response(line);
    input_.consume_and_wipe(*end + 1);
    waiting_since_.reset();
    if (!response) {
        give_login_up(response.error() == mail::SaslFault::cancelled
                          ? "The login was given up"
                          : "The response is not base64");
    } else if (phase_ == Phase::response) {
        login_->said = std::move(*response);
        phase_ = Phase::login;
    } else if (!response->empty()) {
        give_login_up("There was nothing to answer");
    } else {
        login_.reset();
        phase_ = Phase::maildrop;
    }
    return std::nullopt;
}

void Session::give_login_up(std::string_view because)
{
    phase_ = Phase::given_up;
    error(because);
    if (++errors_ >= config_->limits.errors) // The driver notices when the session closes.
        close(CloseReason::errors);
}

void Session::refuse_login(LoginRefused because)
{
    switch (because) {
    case LoginRefused::unavailable:
        return error("[SYS/TEMP] Logins cannot be checked now");
    case LoginRefused::braked:
        error("[SYS/TEMP] Too many logins have failed: try again later");
        return close(CloseReason::failed_logins);
    case LoginRefused::too_soon:
        return error("[LOGIN-DELAY] It is too soon to log in again");
    case LoginRefused::not_offered:
        return refuse("This mechanism is not on offer");
    case LoginRefused::malformed:
        error("[AUTH] The login's message makes no sense");
        break;
    case LoginRefused::wrong:
        error("[AUTH] Wrong name or password");
        break;
    }
    if (++failed_logins_ >= config_->limits.failed_logins)
        close(CloseReason::failed_logins);
}

} // namespace posthouse::pop3
