// SPDX-License-Identifier: Apache-2.0
// AUTH: RFC 4954. The password goes to nobody who could be anyone.
#include "base/contract.hpp"
#include "mail/base64.hpp"
#include "smtp/client_session.hpp"

#include <utility>

namespace posthouse::smtp {

using Why = client_step::Close::Why;

/// The greetings are exchanged.
void ClientSession::opened()
{
    if (!config_->login) {
        phase_ = Phase::ready;
        return;
    }
    if (!tls_)
        return cannot_log_in("logging in needs TLS, and the connection has none");
    const auto& offered = capabilities_.login;
    const bool verified = config_->trust == ClientTrust::verified;
    std::string_view mechanism;
    if (offered.scram_sha_256)
        mechanism = "SCRAM-SHA-256";
    else if (offered.plain && verified)
        mechanism = "PLAIN";
    else if (offered.login && verified)
        mechanism = "LOGIN";
    else if (offered.plain || offered.login)
        return cannot_log_in("the host wants the password in plain text, and its certificate is "
                             "not verified");
    else
        return cannot_log_in("the host offers no way of logging in that is known here");

    dialogue_ = config_->login->begin(mechanism);
    expects(dialogue_ != nullptr);
    std::string line = "AUTH " + std::string(mechanism);
    if (mechanism != "LOGIN") { // In which the host begins.
        const auto first = dialogue_->answer({});
        if (!first)
            return cannot_log_in("the user or the password cannot be used with " +
                                 std::string(mechanism));
        line += ' ' + (first->empty() ? "=" : mail::base64(*first));
    }
    challenges_ = 0;
    command(line, {Expect::login});
}

void ClientSession::on_login(const RemoteReply& reply)
{
    if (reply.severity() == 3)
        return take_challenge(reply);
    const auto dialogue = std::exchange(dialogue_, nullptr);
    if (reply.severity() != 2) {
        auto outcome = outcome_of(Stage::login, reply, config_->limits.outcome_text_bytes);
        return give_up({.why = Why::site_trouble, .trouble = std::move(outcome)});
    }
    if (!dialogue->is_complete())
        return cannot_log_in("the host did not prove that it knows the password");
    phase_ = Phase::ready;
}

void ClientSession::take_challenge(const RemoteReply& reply)
{
    const auto challenge =
        reply.code == 334 && reply.lines.size() == 1 && ++challenges_ <= config_->limits.challenges
            ? mail::decode_base64(reply.lines[0])
            : std::nullopt;
    const auto answer = challenge ? dialogue_->answer(*challenge) : std::nullopt;
    if (answer)
        return command(mail::base64(*answer), {Expect::login});
    dialogue_.reset();
    cannot_log_in("the host's challenge makes no sense, or it does not know the password itself");
    output_.insert(0, "*\r\n"); // RFC 4954 §4: the way out of the dialogue.
}

void ClientSession::cannot_log_in(std::string text)
{
    dialogue_.reset();
    give_up(
        {.why = Why::site_trouble,
         .trouble = outcome_of(Stage::login, Cause::cannot_log_in, {4, 7, 0}, std::move(text))});
}

} // namespace posthouse::smtp
