// SPDX-License-Identifier: Apache-2.0
#include "gate/smtp_translation.hpp"

#include <algorithm>

namespace posthouse::gate {

smtp::Reply refusal_of(wire::Failure failure)
{
    if (failure == wire::Failure::no_space)
        return {452, "4.3.1 Insufficient system storage"};
    return {451, "4.3.0 Try again later"};
}

smtp::Verdict verdict_of(const wire::Verdict& verdict)
{
    const auto code = verdict.code();
    if (code / 100 == 2)
        return {};
    if ((code / 100 != 4 && code / 100 != 5) || verdict.text().empty())
        return std::unexpected(refusal_of(wire::Failure::invalid));
    return std::unexpected(smtp::Reply(static_cast<int>(code), verdict.text()));
}

smtp::Reply etrn_reply_of(const wire::EtrnAnswer& answer)
{
    const auto code = answer.code();
    if (code < 250 || code > 559 || code / 100 == 3 || answer.text().empty())
        return refusal_of(wire::Failure::invalid);
    return {static_cast<int>(code), answer.text()};
}

smtp::LoginAnswer smtp_login_answer_of(const SaslDialogue::Answer& answer)
{
    if (const auto* challenge = std::get_if<SaslDialogue::Challenge>(&answer))
        return smtp::LoginChallenge{challenge->bytes};
    const auto* refused = std::get_if<SaslDialogue::Refused>(&answer);
    using wire::SaslAnswer;
    switch (refused != nullptr ? refused->why : SaslAnswer::NONE) { // RFC 4954 §6
    case SaslAnswer::NONE:
        return smtp::Reply(454, "4.7.0 Temporary authentication failure");
    case SaslAnswer::BRAKED:
        return smtp::Reply(454, "4.7.0 Too many logins have failed: try again later");
    case SaslAnswer::NO_MECHANISM:
        return smtp::Reply(504, "5.5.4 Mechanism not on offer");
    case SaslAnswer::NEEDS_TLS:
        return smtp::Reply(538, "5.7.11 Say STARTTLS first");
    case SaslAnswer::MALFORMED:
        return smtp::Reply(535, "5.7.8 The login's message makes no sense");
    default: // Which of them it was is nobody's business but the log's.
        return smtp::Reply(535, "5.7.8 Wrong name or password");
    }
}

void add_terms(wire::Accept& accept, const smtp::ServerEnvelope& envelope)
{
    accept.set_ret(std::string(mail::return_text(envelope.parameters.ret)));
    accept.set_envelope_id(envelope.parameters.envelope_id);
    if (std::ranges::all_of(envelope.terms,
                            [](const auto& terms) { return terms == mail::RecipientTerms{}; }))
        return;
    for (const auto& terms : envelope.terms) {
        auto& added = *accept.add_terms();
        added.set_notify(terms.notify);
        added.set_original(terms.original);
    }
}

mail::Transmission transmission_of(const smtp::ServerPeer& peer,
                                   const smtp::MailParameters& parameters)
{
    using Greeting = mail::Transmission::Greeting;
    return {.greeting = peer.lmtp       ? Greeting::lhlo
                        : peer.extended ? Greeting::ehlo
                                        : Greeting::helo,
            .tls = peer.tls,
            .authenticated = !peer.login.empty(),
            .utf8 = parameters.smtputf8};
}

std::string_view body_type_name(smtp::BodyType type)
{
    switch (type) {
    case smtp::BodyType::seven_bit:
        return "7BIT";
    case smtp::BodyType::eight_bit_mime:
        return "8BITMIME";
    case smtp::BodyType::binary_mime:
        return "BINARYMIME";
    }
    return {};
}

} // namespace posthouse::gate
