// SPDX-License-Identifier: Apache-2.0
#include "gate/sasl_dialogue.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "gate/events.hpp"

#include <cstring>
#include <utility>

namespace posthouse::gate {

using wire::Method;
using wire::SaslAnswer;

namespace {

void wipe(std::string& bytes)
{
    ::explicit_bzero(bytes.data(), bytes.size());
    bytes.clear();
}

} // namespace

config::LoginChannel LoginSite::channel() const
{
    return {.tls = tls,
            .binding = !exporter.empty() || !end_point.empty(),
            .certificate = !certificate_address.empty(),
            .clear = clear};
}

SaslDialogue::~SaslDialogue()
{
    cancel();
}

Task<SaslDialogue::Answer> SaslDialogue::start(std::shared_ptr<wire::Link> clerk, LoginSite site,
                                               std::string mechanism, std::optional<Secret> initial)
{
    expects(dialogue_ == 0);
    clerk_ = std::move(clerk);
    site_ = std::move(site);
    mechanism_ = std::move(mechanism);
    wire::SaslStart request;
    request.set_mechanism(mechanism_);
    request.set_has_initial(initial.has_value());
    if (initial)
        request.set_initial(std::string(initial->reveal()));
    request.set_client_address(site_.client_address);
    request.set_protocol(site_.protocol);
    request.set_tls(site_.tls);
    request.set_clear(site_.clear);
    request.set_channel_binding_exporter(site_.exporter);
    request.set_channel_binding_end_point(site_.end_point);
    request.set_certificate_identity(site_.certificate_address);
    request.set_hostname(site_.hostname);
    request.set_session(site_.session);
    request.set_listener(site_.listener);
    auto bytes = request.SerializeAsString();
    wipe(*request.mutable_initial());
    co_return co_await ask(Method::sasl_start, std::move(bytes));
}

Task<SaslDialogue::Answer> SaslDialogue::proceed(Secret response)
{
    wire::SaslContinue request;
    request.set_dialogue(std::exchange(dialogue_, 0));
    request.set_response(std::string(response.reveal()));
    auto bytes = request.SerializeAsString();
    wipe(*request.mutable_response());
    co_return co_await ask(Method::sasl_continue, std::move(bytes));
}

void SaslDialogue::cancel()
{
    if (dialogue_ == 0)
        return;
    wire::SaslAbort request;
    request.set_dialogue(std::exchange(dialogue_, 0));
    if (clerk_ && clerk_->is_open())
        clerk_->notify(Method::sasl_abort, request);
    refused(SaslAnswer::ABORTED, describe(SaslAnswer::ABORTED));
}

Task<SaslDialogue::Answer> SaslDialogue::ask(Method method, std::string request)
{
    if (!clerk_) {
        wipe(request);
        co_return refused(SaslAnswer::NONE, wire::describe(wire::Failure::closed));
    }
    auto answer = co_await clerk_->call(method, std::move(request));
    co_return answer_of(std::move(answer));
}

SaslDialogue::Answer SaslDialogue::answer_of(wire::Result<wire::Answer> response)
{
    SaslAnswer answer;
    if (!response)
        return refused(SaslAnswer::NONE, wire::describe(response.error()));
    if (!answer.ParseFromString(response->message))
        return refused(SaslAnswer::NONE, wire::describe(wire::Failure::invalid));
    switch (answer.what()) {
    case SaslAnswer::CHALLENGE:
        if (answer.dialogue() == 0)
            break;
        dialogue_ = answer.dialogue();
        return Challenge{std::move(*answer.mutable_data())};
    case SaslAnswer::ACCEPTED:
        if (answer.ticket().empty() || answer.user().empty())
            break;
        log::info(event::login_accepted, {{"session", site_.session},
                                          {"client", site_.client},
                                          {"protocol", site_.protocol},
                                          {"user", answer.user()},
                                          {"mechanism", mechanism_}});
        return Accepted{.ticket = std::move(*answer.mutable_ticket()),
                        .user = std::move(*answer.mutable_user()),
                        .last_words = std::move(*answer.mutable_data())};
    case SaslAnswer::REFUSED:
        return refused(answer.reason(), describe(answer.reason()));
    case SaslAnswer::UNAVAILABLE:
        return refused(SaslAnswer::NONE, wire::describe(wire::Failure::unavailable));
    default:
        break;
    }
    return refused(SaslAnswer::NONE, wire::describe(wire::Failure::invalid));
}

SaslDialogue::Answer SaslDialogue::refused(SaslAnswer::Reason why, std::string_view words)
{
    log::info(event::login_refused, {{"session", site_.session},
                                     {"client", site_.client},
                                     {"protocol", site_.protocol},
                                     {"mechanism", mechanism_},
                                     {"reason", words}});
    return Refused{why};
}

std::string_view describe(SaslAnswer::Reason reason)
{
    switch (reason) {
    case SaslAnswer::WRONG:
        return "wrong";
    case SaslAnswer::BRAKED:
        return "braked";
    case SaslAnswer::EXPIRED:
        return "expired";
    case SaslAnswer::DISABLED:
        return "disabled";
    case SaslAnswer::NO_MECHANISM:
        return "no such mechanism";
    case SaslAnswer::PROTOCOL_NOT_ALLOWED:
        return "not for this protocol";
    case SaslAnswer::MALFORMED:
        return "malformed";
    case SaslAnswer::ABORTED:
        return "given up";
    case SaslAnswer::NEEDS_TLS:
        return "needs TLS";
    default:
        return "not found out";
    }
}

} // namespace posthouse::gate
