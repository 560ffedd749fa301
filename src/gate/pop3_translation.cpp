// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_translation.hpp"

namespace posthouse::gate {

pop3::Maildrop maildrop_of(const wire::Maildrop& maildrop)
{
    pop3::Maildrop made{.validity = maildrop.uid_validity()};
    made.messages.reserve(static_cast<std::size_t>(maildrop.messages_size()));
    for (const auto& message : maildrop.messages())
        made.messages.push_back({.octets = message.bytes(), .uid = message.uid()});
    return made;
}

pop3::LoginAnswer login_answer_of(const SaslDialogue::Answer& answer)
{
    if (const auto* challenge = std::get_if<SaslDialogue::Challenge>(&answer))
        return pop3::LoginChallenge{challenge->bytes};
    if (const auto* accepted = std::get_if<SaslDialogue::Accepted>(&answer))
        return pop3::LoginAccepted{accepted->last_words};
    using wire::SaslAnswer;
    switch (std::get<SaslDialogue::Refused>(answer).why) {
    case SaslAnswer::NONE:
        return pop3::LoginRefused::unavailable;
    case SaslAnswer::BRAKED:
        return pop3::LoginRefused::braked;
    case SaslAnswer::NO_MECHANISM:
    case SaslAnswer::NEEDS_TLS:
        return pop3::LoginRefused::not_offered;
    case SaslAnswer::MALFORMED:
        return pop3::LoginRefused::malformed;
    default: // Which of them it was is nobody's business but the log's.
        return pop3::LoginRefused::wrong;
    }
}

} // namespace posthouse::gate
