// SPDX-License-Identifier: Apache-2.0
#include "clerk/desk.hpp"

#include "base/log.hpp"
#include "directory/password.hpp"
#include "wire/parse.hpp"

#include <cstring>

namespace posthouse::clerk {
namespace {

void wipe(std::string& bytes)
{
    ::explicit_bzero(bytes.data(), bytes.size());
    bytes.clear();
}

/// Moves the password out of a message and leaves no copy there.
Secret take_password(wire::Authenticate& request)
{
    Secret password(request.password());
    wipe(*request.mutable_password());
    return password;
}

wire::Authenticated refusal(std::string_view reason)
{
    wire::Authenticated answer;
    answer.set_reason(std::string(reason));
    return answer;
}

void log_login(const wire::Authenticate& request, const wire::Authenticated& answer)
{
    const log::Field user("user", request.user());
    const log::Field client("client", request.client_address());
    const log::Field protocol("protocol", request.protocol());
    if (answer.ok())
        log::info("login.ok", {user, client, protocol});
    else
        log::warning("login.failed", {user, client, protocol, {"reason", answer.reason()}});
}

} // namespace

Task<wire::Result<wire::Answer>> Desk::serve(wire::Frame frame)
{
    if (frame.head.method != wire::Method::authenticate) {
        wipe(frame.message);
        co_return std::unexpected(wire::Failure::refused);
    }
    auto request = wire::parse<wire::Authenticate>(frame.message);
    wipe(frame.message);
    if (!request)
        co_return std::unexpected(wire::Failure::invalid);
    if (request->client_address().size() > Limits::client_bytes) {
        take_password(*request);
        co_return std::unexpected(wire::Failure::invalid);
    }
    const auto answer = co_await authenticate(std::move(*request));
    // Our own trouble is no answer: a client that takes it for a wrong password asks its user.
    if (answer.reason() == "busy")
        co_return std::unexpected(wire::Failure::busy);
    if (answer.reason() == "unavailable")
        co_return std::unexpected(wire::Failure::unavailable);
    co_return wire::answer_with(answer);
}

Task<wire::Authenticated> Desk::authenticate(wire::Authenticate request)
{
    auto password = take_password(request);
    const auto client = request.client_address();
    wire::Authenticated answer;
    const auto place = checker_.take(client);
    if (brake_.holds(client, std::chrono::steady_clock::now()))
        answer = refusal("braked");
    else if (!place)
        answer = refusal("busy");
    else
        answer = co_await check(request, std::move(password));
    if (answer.reason() == "wrong")
        brake_.failed(client, std::chrono::steady_clock::now());
    log_login(request, answer);
    co_return answer;
}

Task<wire::Authenticated> Desk::check(wire::Authenticate request, Secret password)
{
    const bool fits = !request.user().empty() && request.user().size() <= Limits::user_bytes &&
                      !password.empty() && password.reveal().size() <= directory::password_bytes;
    if (!fits) // Whoever exists: nothing is told by the time it takes.
        co_return refusal("wrong");
    const auto keeper = keeper_;
    if (!keeper)
        co_return refusal("unavailable");
    wire::FindVerifier question;
    question.set_user(request.user());
    const auto found = co_await keeper->call<wire::Verifier>(wire::Method::find_verifier, question);
    if (!found)
        co_return refusal("unavailable");
    const bool known = found->message.found();
    const bool right = co_await checker_.verify(std::move(password),
                                                known ? found->message.verifier() : std::string());
    if (!known || !right)
        co_return refusal("wrong");

    wire::Vouch vouch;
    vouch.set_account(found->message.account());
    const auto ticket = co_await keeper->call<wire::Ticket>(wire::Method::vouch, vouch);
    if (!ticket || ticket->message.ticket().empty())
        co_return refusal("unavailable");
    wire::Authenticated answer;
    answer.set_ok(true);
    answer.set_ticket(ticket->message.ticket());
    co_return answer;
}

} // namespace posthouse::clerk
