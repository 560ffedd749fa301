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
            .authenticated = false,
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
