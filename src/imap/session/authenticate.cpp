// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"
#include "mail/base64.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

namespace {

Reply refusal_of(LoginAnswer::Reason reason)
{
    using Reason = LoginAnswer::Reason;
    switch (reason) {
    case Reason::wrong:
        return Reply::no("AUTHENTICATIONFAILED", "Authentication failed");
    case Reason::braked:
        return Reply::no("LIMIT", "Too many failed logins; try again later");
    case Reason::expired:
        return Reply::no("EXPIRED", "The credentials have expired");
    case Reason::disabled:
        return Reply::no("CONTACTADMIN", "This account is disabled");
    case Reason::no_mechanism:
        return Reply::no("CANNOT", "Unsupported authentication mechanism");
    case Reason::protocol_not_allowed:
        return Reply::no("AUTHORIZATIONFAILED", "IMAP is not allowed for these credentials");
    case Reason::malformed:
        return Reply::bad("Malformed authentication response");
    case Reason::aborted:
        return Reply::bad("Authentication aborted");
    case Reason::needs_tls:
        return Reply::no("PRIVACYREQUIRED", "Passwords are not taken on an unprotected connection");
    }
    return Reply::no("AUTHENTICATIONFAILED", "Authentication failed");
}

/// Others are mistakes of programs that try what there is, and cost nothing.
bool is_guess(LoginAnswer::Reason reason)
{
    using Reason = LoginAnswer::Reason;
    return reason != Reason::aborted && reason != Reason::no_mechanism &&
           reason != Reason::needs_tls;
}

Reply conclude(Dialogue& dialogue, LoginAnswer answer)
{
    if (answer.what == LoginAnswer::What::accepted && answer.backend) {
        dialogue.user = std::move(answer.user);
        dialogue.take_backend(std::move(answer.backend));
        dialogue.framer.trust();
        dialogue.failed_logins = 0;
        return Reply::ok("CAPABILITY " + capabilities(dialogue), "Logged in");
    }
    if (answer.what != LoginAnswer::What::refused)
        return Reply::no("UNAVAILABLE", "Logins are not possible now; try again later");
    if (is_guess(answer.reason))
        ++dialogue.failed_logins;
    return refusal_of(answer.reason);
}

/// Says what came of it, and sends away who fails too often.
Reply finish(Dialogue& dialogue, LoginAnswer answer, std::string_view command)
{
    dialogue.say_tagged(conclude(dialogue, std::move(answer)), command);
    if (dialogue.failed_logins >= dialogue.settings.limits.failed_logins)
        dialogue.say_bye("Too many failed logins");
    return Reply::said();
}

} // namespace

/// RFC 9051 §6.2.3
Task<Reply> carry_out(Dialogue& dialogue, const command::Login& command)
{
    if (!dialogue.may_login_plainly())
        co_return Reply::no("PRIVACYREQUIRED",
                            "Passwords are not taken on an unprotected connection");
    std::string plain;
    plain += '\0';
    plain += command.user;
    plain += '\0';
    plain += command.password.reveal();
    Secret response(std::move(plain));
    auto answer = co_await dialogue.login.start("PLAIN", std::move(response));
    if (answer.what == LoginAnswer::What::challenge) {
        dialogue.login.cancel(); // PLAIN has none.
        answer.what = LoginAnswer::What::unavailable;
    }
    co_return finish(dialogue, std::move(answer), "LOGIN");
}

/// RFC 9051 §6.2.2, RFC 4959
Task<Reply> carry_out(Dialogue& dialogue, const command::Authenticate& command)
{
    auto answer = co_await dialogue.login.start(command.mechanism, command.initial_response);
    // What the mechanism says last is a challenge too, with an empty response.
    while (answer.what == LoginAnswer::What::challenge ||
           (answer.what == LoginAnswer::What::accepted && !answer.data.empty())) {
        dialogue.out << "+ " << mail::base64(answer.data) << "\r\n";
        dialogue.framer.expect_line(dialogue.settings.limits.framing.stranger_bytes * 2);
        auto heard = co_await dialogue.hear();
        if (!heard) {
            dialogue.login.cancel();
            co_return Reply::said();
        }
        const auto* line = std::get_if<frame::Line>(&*heard);
        if (answer.what == LoginAnswer::What::accepted) {
            answer.data.clear(); // Whatever was said: it is decided.
            continue;
        }
        if (!line || line->text == "*") {
            dialogue.login.cancel();
            co_return line ? Reply::bad("Authentication aborted")
                           : Reply::bad("Authentication response too long");
        }
        auto decoded = mail::decode_base64(line->text);
        if (!decoded) {
            dialogue.login.cancel();
            co_return Reply::bad("That is not base64");
        }
        answer = co_await dialogue.login.respond(Secret(std::move(*decoded)));
    }
    co_return finish(dialogue, std::move(answer), "AUTHENTICATE");
}

} // namespace posthouse::imap
